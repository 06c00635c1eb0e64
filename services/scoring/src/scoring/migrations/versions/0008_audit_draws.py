"""Keep which places were drawn for audit, how likely each was, and what was believed of them."""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0008"
down_revision = "0007"

DRAW = """
    organisation uuid not null,
    territory varchar not null,
    week date not null check (extract(isodow from week) = 1),
    places integer not null,
    expected double precision not null,
    seed bigint not null,
    policy_version integer not null,
    drawn_by varchar not null,
    drawn_at timestamptz not null default now(),
    primary key (organisation, territory, week)
"""
PICK = """
    organisation uuid not null,
    territory varchar not null,
    week date not null,
    accommodation_id uuid not null,
    stratum varchar not null,
    propensity double precision not null check (propensity > 0 and propensity <= 1),
    score_id uuid not null,
    probability double precision not null,
    priority_points double precision not null,
    targeted boolean not null,
    primary key (organisation, territory, week, accommodation_id),
    foreign key (organisation, territory, week)
        references audit_draw (organisation, territory, week)
"""


def upgrade() -> None:
    """Apply the revision."""
    for table, definition in (("audit_draw", DRAW), ("audit_pick", PICK)):
        op.execute(f"create table {table} ({definition})")
        secure(op, table)
        op.execute(f"revoke update, delete on {table} from {database_name()}")
