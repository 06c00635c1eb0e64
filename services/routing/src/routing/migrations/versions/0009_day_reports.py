"""Keep with a revision what was reported of the day."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Apply the revision; nothing was reported before."""
    op.execute("alter table plan_revision add column day jsonb")
