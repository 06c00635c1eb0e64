"""Notify operators: charters with who accepted them, notices with receipt and answer."""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0008"
down_revision = "0007"

TABLES = {
    "charter": """
        organisation uuid not null,
        id uuid not null,
        code varchar not null,
        version varchar not null,
        title varchar not null,
        in_force_from date not null,
        articles jsonb not null,
        created_at timestamptz not null default now(),
        primary key (organisation, id),
        constraint charter_code_version unique (organisation, code, version)
    """,
    "charter_acceptance": """
        organisation uuid not null,
        id uuid not null,
        charter_id uuid not null,
        operator varchar not null,
        accepted_on date not null,
        recorded_by varchar not null,
        created_at timestamptz not null default now(),
        primary key (organisation, id),
        constraint charter_acceptance_once unique (organisation, charter_id, operator),
        foreign key (organisation, charter_id) references charter (organisation, id)
    """,
    "notice": """
        organisation uuid not null,
        id uuid not null,
        accommodation_id uuid not null,
        number varchar not null,
        anomaly_ids uuid[] not null,
        content jsonb not null,
        documents jsonb not null,
        issued_at timestamptz not null,
        issued_by varchar not null,
        sent_as varchar,
        request_digest varchar not null,
        primary key (organisation, id),
        constraint notice_number unique (organisation, number),
        constraint notice_sent_as unique (organisation, sent_as),
        foreign key (organisation, accommodation_id) references accommodation (organisation, id)
    """,
    "notice_step": """
        organisation uuid not null,
        id uuid not null,
        notice_id uuid not null,
        kind varchar not null,
        occurred_at timestamptz not null,
        recorded_at timestamptz not null default now(),
        means varchar not null,
        text varchar not null,
        done_by varchar not null,
        primary key (organisation, id),
        constraint notice_step_once unique (organisation, notice_id, kind),
        foreign key (organisation, notice_id) references notice (organisation, id)
    """,
}
INDEXES = (
    "charter_acceptance_by_operator on charter_acceptance (organisation, operator, accepted_on)",
    "notice_by_time on notice (organisation, issued_at, id)",
    "notice_by_place on notice (organisation, accommodation_id, issued_at)",
)


def upgrade() -> None:
    for table, columns in TABLES.items():
        op.execute(f"create table {table} ({columns})")
        secure(op, table)
        # What was promised, and what was notified, is never edited.
        op.execute(f"revoke update, delete on {table} from {database_name()}")
    for index in INDEXES:
        op.execute(f"create index {index}")
