"""Create the table of plans."""

from alembic import op

from shared.schema import secure

revision = "0002"
down_revision = "0001"

PLAN = """
    create table plan (
        id uuid primary key,
        organisation uuid not null,
        job_id uuid not null references job (id),
        -- The roads are pinned when the plan is asked for; null: as the crow flies.
        graph_id uuid references graph (id),
        starts_on date not null,
        days integer not null,
        territories varchar[] not null,
        request jsonb not null,
        answer jsonb,
        shapes jsonb,
        created_by varchar not null,
        created_at timestamptz not null default now(),
        accepted_by varchar,
        accepted_at timestamptz
    )
"""


def upgrade() -> None:
    """Apply the revision."""
    op.execute(PLAN)
    op.execute("create index plan_by_age on plan (organisation, created_at, id)")
    op.execute("create index plan_job on plan (job_id)")
    secure(op, "plan")
