"""Let a job go on in the trace of who asked for it; count those that wait without a long read."""

from alembic import op

from shared.schema import trace_jobs

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Apply the revision."""
    trace_jobs(op)
