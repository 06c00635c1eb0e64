"""Keep with each plan when its search was asked to end with the best found so far."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Apply the revision; nobody has asked before."""
    op.execute("alter table plan add column stop_asked_at timestamptz")
