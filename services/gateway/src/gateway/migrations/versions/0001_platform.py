"""Create what every service has: its feed, its jobs and their queue."""

from alembic import op

from shared.migrate import database_name
from shared.schema import create_platform

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Apply the revision."""
    create_platform(op, database_name())
