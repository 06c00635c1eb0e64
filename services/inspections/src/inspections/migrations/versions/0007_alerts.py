"""Page who is on call about dangers: alerts, shifts, contacts, and the outbox of mails."""

from alembic import op

from shared.migrate import database_name
from shared.schema import create_outbox, secure

revision = "0007"
down_revision = "0006"

TABLES = {
    "alert": """
        organisation uuid not null,
        id uuid not null,
        accommodation_id uuid not null,
        source varchar not null,
        source_id uuid not null,
        dangers jsonb not null,
        occurred_at timestamptz not null,
        raised_at timestamptz not null,
        state varchar not null,
        level integer not null check (level between 0 and 3),
        next_page_at timestamptz,
        primary key (organisation, id),
        constraint alert_source unique (organisation, source, source_id),
        foreign key (organisation, accommodation_id) references accommodation (organisation, id)
    """,
    "alert_step": """
        organisation uuid not null,
        id uuid not null,
        alert_id uuid not null,
        number integer not null,
        kind varchar not null,
        occurred_at timestamptz not null,
        recorded_at timestamptz not null default now(),
        level integer,
        shift_id uuid,
        done_by varchar,
        note varchar,
        primary key (organisation, id),
        foreign key (organisation, alert_id) references alert (organisation, id)
    """,
    "on_call_shift": """
        organisation uuid not null,
        id uuid not null,
        level integer not null check (level between 1 and 3),
        territory varchar,
        starts_at timestamptz not null,
        ends_at timestamptz not null check (ends_at > starts_at),
        name varchar not null,
        email varchar not null,
        phone varchar not null,
        created_at timestamptz not null default now(),
        primary key (organisation, id)
    """,
    "authority_contact": """
        organisation uuid not null,
        id uuid not null,
        territory varchar,
        kind varchar not null,
        name varchar not null,
        phone varchar not null,
        email varchar not null,
        note varchar not null,
        created_at timestamptz not null default now(),
        primary key (organisation, id)
    """,
}
INDEXES = (
    "alert_by_time on alert (organisation, raised_at, id)",
    "alert_unanswered on alert (organisation, next_page_at) where state = 'raised'",
    "alert_step_by_alert on alert_step (organisation, alert_id, number)",
    "on_call_shift_by_end on on_call_shift (organisation, ends_at, id)",
    "authority_contact_by_territory on authority_contact (organisation, territory)",
)


def upgrade() -> None:
    create_outbox(op, database_name())
    for table, columns in TABLES.items():
        op.execute(f"create table {table} ({columns})")
        secure(op, table)
    for index in INDEXES:
        op.execute(f"create index {index}")
    op.execute(f"revoke update, delete on alert_step from {database_name()}")
