"""Keep versions of the timetable of public transport; as road graphs, they are everybody's."""

from alembic import op

revision = "0012"
down_revision = "0011"

TIMETABLE = """
    create table timetable (
        id uuid primary key,
        name varchar not null,
        state varchar not null check (state in ('active', 'retired')),
        bundle varchar not null,
        source_sha256 varchar not null,
        timezone varchar not null,
        first_day date not null,
        last_day date not null,
        stops integer not null,
        lines integer not null,
        trips integer not null,
        times integer not null,
        lone_stops integer not null,
        created_at timestamptz not null default now()
    )
"""


def upgrade() -> None:
    """Apply the revision."""
    op.execute(TIMETABLE)
    op.execute("create unique index timetable_active on timetable (state) where state = 'active'")
    op.execute("create index timetable_by_age on timetable (created_at, id)")
