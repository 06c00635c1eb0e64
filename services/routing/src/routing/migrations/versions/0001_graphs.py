"""Create the platform's tables and the versions of the road graph."""

from alembic import op

from shared.migrate import database_name
from shared.schema import create_platform

revision = "0001"
down_revision = None

GRAPH = """
    create table graph (
        id uuid primary key,
        name varchar not null,
        state varchar not null check (state in ('active', 'retired')),
        bundle varchar not null,
        source_sha256 varchar not null,
        osm_timestamp varchar,
        nodes integer not null,
        arcs integer not null,
        length_km double precision not null,
        component_share double precision not null,
        missing_nodes integer not null,
        cut_ways integer not null,
        west double precision not null,
        south double precision not null,
        east double precision not null,
        north double precision not null,
        attribution varchar not null,
        created_at timestamptz not null default now()
    )
"""


def upgrade() -> None:
    """Apply the revision."""
    create_platform(op, database_name())
    op.execute(GRAPH)
    op.execute("create unique index graph_active on graph (state) where state = 'active'")
    op.execute("create index graph_by_age on graph (created_at, id)")
