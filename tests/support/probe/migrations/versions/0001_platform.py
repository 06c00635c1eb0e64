"""Create the platform's tables."""

from alembic import op

from shared.migrate import database_name
from shared.schema import create_platform, trace_jobs

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply the revision."""
    create_platform(op, database_name())
    trace_jobs(op)
