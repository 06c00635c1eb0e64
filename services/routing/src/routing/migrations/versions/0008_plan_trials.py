"""Create the table of trials: changes of a plan's means that were tried, and not kept."""

from alembic import op

from shared.schema import secure

revision = "0008"
down_revision = "0007"

TRIAL = """
    create table plan_trial (
        id uuid primary key,
        organisation uuid not null,
        plan_id uuid not null references plan (id),
        job_id uuid not null references job (id),
        revision integer not null,
        changes jsonb not null,
        outcome jsonb,
        refusal jsonb,
        created_at timestamptz not null default now()
    )
"""


def upgrade() -> None:
    """Apply the revision."""
    op.execute(TRIAL)
    secure(op, "plan_trial")
