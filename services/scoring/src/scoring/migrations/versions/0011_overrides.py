"""Keep what people changed in plans by hand, and whether the plan was driven so."""

from alembic import op

from shared.schema import secure

revision = "0011"
down_revision = "0010"

OVERRIDE = """
    organisation uuid not null,
    plan_id uuid not null,
    revision integer not null,
    accommodation_id uuid not null,
    change varchar not null check (change in ('dropped', 'added')),
    occurred_at timestamptz not null,
    accepted boolean not null,
    primary key (organisation, plan_id, accommodation_id, revision)
"""


def upgrade() -> None:
    """Apply the revision."""
    op.execute(f"create table plan_override ({OVERRIDE})")
    secure(op, "plan_override")
