"""Keep complaints, the ends of a score's interval with its rank, and the cards of models."""

from alembic import op

from shared.schema import secure

revision = "0003"
down_revision = "0002"

TABLES = {
    "complaint": """
        organisation uuid not null,
        id uuid not null,
        verified boolean not null,
        accommodation_id uuid not null,
        source varchar not null,
        severity integer not null,
        occurred_at timestamptz not null,
        known_at timestamptz not null,
        primary key (organisation, id, verified)
    """,
}


def upgrade() -> None:
    """Apply the revision."""
    for table, columns in TABLES.items():
        op.execute(f"create table {table} ({columns})")
        secure(op, table)
    # Empty for what was written before, and by code of before.
    op.execute("alter table score add column low double precision")
    op.execute("alter table score add column high double precision")
    op.execute("alter table score add column rank_when_computed integer")
    op.execute("alter table model add column card jsonb")
