"""Create the tables of weekly plans."""

from alembic import op

from shared.schema import secure

revision = "0002"
down_revision = "0001"

WEEKLY_PLAN = """
    create table weekly_plan (
        organisation uuid not null,
        id uuid not null,
        job_id uuid not null references job (id),
        step varchar not null check (step in (
            'gathering', 'refused', 'asked', 'accepting', 'accepted', 'withdrawing', 'withdrawn'
        )),
        starts_on date not null,
        days integer not null,
        request jsonb not null,
        -- The Idempotency-Key towards routing, from which the plan has its id.
        routing_key varchar not null,
        asked_within varchar[] not null,
        territories varchar[],
        candidates integer,
        unplaced uuid[] not null,
        notices jsonb not null,
        refusal jsonb,
        acceptances integer not null,
        acceptance_job_id uuid references job (id),
        withdrawn_because varchar,
        created_by varchar not null,
        created_at timestamptz not null default now(),
        primary key (organisation, id)
    )
"""
KNOWN_SCORES = """
    create table known_scores (
        organisation uuid primary key,
        priorities jsonb not null,
        told_at timestamptz not null default now()
    )
"""


def upgrade() -> None:
    """Apply the revision."""
    op.execute(WEEKLY_PLAN)
    op.execute(KNOWN_SCORES)
    op.execute("create index weekly_plan_by_age on weekly_plan (organisation, created_at, id)")
    secure(op, "weekly_plan")
    secure(op, "known_scores")
