"""Keep who answered for an anomaly after each step, so that a past day is judged as it was."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.execute("alter table anomaly_step add column responsibility varchar")
