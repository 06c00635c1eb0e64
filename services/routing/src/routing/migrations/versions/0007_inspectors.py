"""Create the register of inspectors; where they live is in it and nowhere else."""

from alembic import op

from shared.schema import secure

revision = "0007"
down_revision = "0006"

INSPECTOR = """
    create table inspector (
        organisation uuid not null,
        id uuid not null,
        facts jsonb not null,
        home_lon double precision,
        home_lat double precision,
        updated_by varchar not null,
        updated_at timestamptz not null default now(),
        primary key (organisation, id)
    )
"""


def upgrade() -> None:
    """Apply the revision."""
    op.execute(INSPECTOR)
    secure(op, "inspector")
