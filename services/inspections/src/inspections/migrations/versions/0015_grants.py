"""Create grants, and the door through which granted places are read.

The serving role keeps its one policy on places: it costs nothing and admits nobody new. Granted
places are read as the cross-organisation reader, whom these policies show what is granted to the
organisation of its session, in the columns that can be granted, and nothing else.
"""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0015"
down_revision = "0014"

GRANT = """
    create table access_grant (
        organisation uuid not null,
        id uuid not null,
        grantee uuid not null,
        fields varchar[] not null check (cardinality(fields) > 0),
        accommodation_ids uuid[],
        territory varchar,
        until timestamptz not null,
        sent_as varchar,
        request_digest varchar not null,
        created_by varchar not null,
        created_at timestamptz not null default now(),
        revoked_by varchar,
        revoked_at timestamptz,
        primary key (organisation, id),
        constraint access_grant_sent_as unique (organisation, sent_as),
        check ((accommodation_ids is null) <> (territory is null)),
        check (grantee <> organisation)
    )
"""
STANDS = (
    "grantee = nullif(current_setting('app.organisation', true), '')::uuid "
    "and revoked_at is null and until > now()"
)
# The reader sees of grants only those that stand, by the policy of that table. The two lists are
# read once for a query, not once for a row.
GRANTED = """
    not confidential_address and merged_into is null and (
        (organisation, id) in (
            select g.organisation, unnest(g.accommodation_ids) from access_grant g
        )
        or (organisation, territory) in (select g.organisation, g.territory from access_grant g)
    )
"""
COLUMNS = (
    "organisation, id, name, kind, address, postcode, city, territory, sector, lon, lat, rooms, "
    "capacity, operator, contract_state, visit_hours, skills, confidential_address, opened_on, "
    "merged_into"
)


def upgrade() -> None:
    """Apply the revision."""
    reader = f"{database_name()}_system"
    op.execute(GRANT)
    secure(op, "access_grant")
    op.execute(f"revoke delete on access_grant from {database_name()}")
    op.execute("create index access_grant_by_grantee on access_grant (grantee)")
    # How the door finds the places of a granted territory, by id, without the others.
    op.execute(
        "create index accommodation_by_territory on accommodation (organisation, territory, id)"
    )
    op.execute(f"create policy granted on access_grant for select to {reader} using ({STANDS})")
    op.execute(f"create policy granted on accommodation for select to {reader} using ({GRANTED})")
    op.execute(f"grant select on access_grant to {reader}")
    op.execute(f"grant select ({COLUMNS}) on accommodation to {reader}")
