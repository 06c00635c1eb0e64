"""Import people's own tables: files, mappings, runs, and the lines that were not taken."""

from alembic import op

from shared.schema import secure

revision = "0021"
down_revision = "0020"

TABLES = {
    "import_file": """
        organisation uuid not null,
        id uuid not null,
        name varchar not null,
        size_bytes integer not null,
        blob varchar,
        sent_by varchar not null,
        created_at timestamptz not null default now(),
        primary key (organisation, id)
    """,
    "import_mapping": """
        organisation uuid not null,
        id uuid not null,
        name varchar collate "C" not null,
        kind varchar not null,
        mapping jsonb not null,
        revision integer not null default 1,
        updated_by varchar not null,
        updated_at timestamptz not null default now(),
        primary key (organisation, id),
        constraint import_mapping_name unique (organisation, name)
    """,
    "import_run": """
        organisation uuid not null,
        id uuid not null,
        file_id uuid not null,
        source varchar not null,
        mapping jsonb not null,
        dry_run boolean not null,
        started_by varchar not null,
        territories jsonb not null,
        keeper boolean not null,
        batches varchar,
        batch_count integer,
        batches_done integer not null default 0,
        rows integer,
        created integer not null default 0,
        updated integer not null default 0,
        unchanged integer not null default 0,
        rejected integer not null default 0,
        noticed jsonb not null default '{}',
        examples jsonb not null default '[]',
        created_at timestamptz not null default now(),
        finished_at timestamptz,
        primary key (organisation, id),
        foreign key (organisation, file_id) references import_file (organisation, id)
    """,
    "import_batch": """
        organisation uuid not null,
        run_id uuid not null,
        number integer not null,
        primary key (organisation, run_id, number),
        foreign key (organisation, run_id) references import_run (organisation, id)
    """,
    "import_problem": """
        organisation uuid not null,
        run_id uuid not null,
        line integer not null,
        number integer not null,
        column_name varchar not null,
        value varchar not null,
        code varchar not null,
        reason varchar not null,
        primary key (organisation, run_id, line, number),
        foreign key (organisation, run_id) references import_run (organisation, id)
    """,
}


def upgrade() -> None:
    for table, columns in TABLES.items():
        op.execute(f"create table {table} ({columns})")
        secure(op, table)
    op.execute("create index import_file_by_time on import_file (organisation, created_at, id)")
    op.execute("create index import_run_by_time on import_run (organisation, created_at, id)")
