"""Keep each week's look for outbreaks, and what it raised."""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0010"
down_revision = "0009"

LOOK = """
    organisation uuid not null,
    week date not null check (extract(isodow from week) = 1),
    series integer not null,
    weeks_known jsonb not null,
    looked_at timestamptz not null,
    primary key (organisation, week)
"""
ALERT = """
    organisation uuid not null,
    id uuid not null,
    week date not null,
    territory varchar not null,
    category varchar not null,
    began_in date not null,
    weeks integer not null,
    visits integer not null,
    found integer not null,
    expected double precision not null,
    chance double precision not null,
    adjusted_chance double precision not null,
    neighbours boolean not null,
    looked_at timestamptz not null,
    primary key (organisation, id),
    unique (organisation, week, territory, category),
    foreign key (organisation, week) references outbreak_look (organisation, week)
"""


def upgrade() -> None:
    """Apply the revision."""
    for table, definition in (("outbreak_look", LOOK), ("outbreak_alert", ALERT)):
        op.execute(f"create table {table} ({definition})")
        secure(op, table)
        op.execute(f"revoke update, delete on {table} from {database_name()}")
