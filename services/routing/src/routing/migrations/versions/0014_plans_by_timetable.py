"""Keep with a plan the timetable that its teams by public transport ride by."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Apply the revision."""
    op.execute("alter table plan add column timetable_id uuid references timetable (id)")
