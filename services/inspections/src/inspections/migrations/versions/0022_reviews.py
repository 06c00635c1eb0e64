"""Flag what looks wrong with inspections; let reviewers approve, send back or void them.

What was sent back or voided stays, but the database hides it from every read that does not ask
for it: grades, anomalies, histories and exports need not know.
"""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0022"
down_revision = "0021"

TABLES = {
    "inspection_flag": """
        organisation uuid not null,
        inspection_id uuid not null,
        code varchar not null,
        detail varchar not null,
        raised_at timestamptz not null default now(),
        primary key (organisation, inspection_id, code),
        foreign key (organisation, inspection_id) references inspection (organisation, id)
    """,
    "inspection_review": """
        organisation uuid not null,
        id uuid not null,
        inspection_id uuid not null,
        state varchar not null check (state in ('approved', 'sent_back', 'voided')),
        reason varchar not null,
        decided_by varchar not null,
        decided_at timestamptz not null default now(),
        primary key (organisation, id),
        foreign key (organisation, inspection_id) references inspection (organisation, id)
    """,
    "inspection_draft": """
        organisation uuid not null,
        instance_id uuid not null,
        form jsonb not null,
        saved_by varchar not null,
        saved_at timestamptz not null default now(),
        primary key (organisation, instance_id)
    """,
}
HIDDEN = "voided_at is null or current_setting('app.voided', true) = 'seen'"


def upgrade() -> None:
    """Apply the revision."""
    role = database_name()
    for table, columns in TABLES.items():
        op.execute(f"create table {table} ({columns})")
        secure(op, table)
    op.execute(f"revoke update, delete on inspection_review from {role}")
    op.execute(
        "create index inspection_review_by_inspection "
        "on inspection_review (organisation, inspection_id, decided_at)"
    )
    for table in ("inspection", "finding"):
        op.execute(f"alter table {table} add column voided_at timestamptz")
        op.execute(f"create policy voided on {table} as restrictive for select using ({HIDDEN})")
    op.execute(f"grant update (voided_at) on inspection to {role}")
    op.execute("alter table inspection drop constraint inspection_visit_id")
    op.execute(
        "create unique index inspection_visit_id on inspection (organisation, visit_id) "
        "where voided_at is null"
    )
    op.execute("create index photo_by_content on photo (organisation, sha256)")
