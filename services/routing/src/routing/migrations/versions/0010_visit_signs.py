"""Create the table of signs of life of who is on a visit; when, never where."""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0010"
down_revision = "0009"

SIGN = """
    create table visit_sign (
        organisation uuid not null,
        plan_id uuid not null references plan (id),
        accommodation_id uuid not null,
        opened_at timestamptz not null,
        seen_at timestamptz not null,
        alerted_at timestamptz,
        primary key (organisation, plan_id, accommodation_id)
    )
"""


def upgrade() -> None:
    """Apply the revision; the cross-organisation reader sees where a sign is due, no more."""
    name = database_name()
    op.execute(SIGN)
    op.execute("create index visit_sign_seen on visit_sign (seen_at) where alerted_at is null")
    secure(op, "visit_sign")
    op.execute(f"create policy system on visit_sign for select to {name}_system using (true)")
    op.execute(f"grant select (organisation, seen_at, alerted_at) on visit_sign to {name}_system")
