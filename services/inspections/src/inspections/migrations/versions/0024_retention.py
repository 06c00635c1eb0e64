"""Forget by rule: rules, runs and what was purged, so that a restore does it again."""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0024"
down_revision = "0023"

TABLES = {
    "retention_rule": """
        organisation uuid not null,
        kind varchar not null,
        days integer not null check (days between 1 and 3650),
        changed_by varchar not null,
        changed_at timestamptz not null default now(),
        primary key (organisation, kind)
    """,
    "retention_run": """
        organisation uuid not null,
        id uuid not null,
        dry_run boolean not null,
        started_by varchar not null,
        counts jsonb not null,
        ran_at timestamptz not null default now(),
        primary key (organisation, id)
    """,
    "purge": """
        organisation uuid not null,
        id uuid not null,
        kind varchar not null,
        subject_id uuid not null,
        reason varchar not null,
        purged_by varchar not null,
        counts jsonb not null,
        purged_at timestamptz not null default now(),
        primary key (organisation, id)
    """,
}


def upgrade() -> None:
    """Apply the revision."""
    for table, columns in TABLES.items():
        op.execute(f"create table {table} ({columns})")
        secure(op, table)
    op.execute("create index retention_run_by_time on retention_run (organisation, ran_at, id)")
    for table in ("retention_run", "purge"):
        op.execute(f"revoke update, delete on {table} from {database_name()}")
