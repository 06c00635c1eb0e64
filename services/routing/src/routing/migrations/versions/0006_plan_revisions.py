"""Create the table of revisions of plans."""

from alembic import op

from shared.schema import secure

revision = "0006"
down_revision = "0005"

REVISION = """
    create table plan_revision (
        id uuid primary key,
        organisation uuid not null,
        plan_id uuid not null references plan (id),
        job_id uuid not null references job (id),
        based_on integer not null,
        author varchar not null,
        reason varchar not null,
        edits jsonb not null,
        created_at timestamptz not null default now(),
        -- Null until the edits have been found to hold.
        number integer,
        standing jsonb,
        answer jsonb,
        shapes jsonb,
        diff jsonb,
        -- Why they do not.
        refusal jsonb,
        unique (plan_id, number)
    )
"""


def upgrade() -> None:
    """Apply the revision; what was accepted so far was the plan as it was solved."""
    op.execute(REVISION)
    op.execute("create index plan_revision_job on plan_revision (job_id)")
    secure(op, "plan_revision")
    op.execute("alter table plan add column revision integer not null default 0")
    op.execute("alter table plan add column accepted_revision integer")
    # The policy keeps even the owner from other organisations' rows.
    op.execute("alter table plan no force row level security")
    op.execute("update plan set accepted_revision = 0 where accepted_at is not null")
    op.execute("alter table plan force row level security")
