"""Continue what is found across visits: anomalies, what happens to them, their deadlines.

Findings recorded before get their anomaly from the worker (`link_findings`), as do those that
older code records while both run.
"""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0004"
down_revision = "0003"

TABLES = {
    "anomaly": """
        organisation uuid not null,
        id uuid not null,
        accommodation_id uuid not null,
        item varchar not null,
        room varchar,
        category varchar not null,
        scope varchar not null,
        responsibility varchar not null,
        state varchar not null,
        state_since timestamptz not null,
        severity integer not null check (severity between 1 and 4),
        critical boolean not null,
        first_seen_at timestamptz not null,
        last_seen_at timestamptz not null check (last_seen_at >= first_seen_at),
        known_at timestamptz not null,
        sightings integer not null,
        due_at timestamptz not null,
        deadline_policy varchar not null,
        false_claims integer not null,
        review_on date,
        repeat_of uuid,
        repeats integer not null,
        overdue_told_at timestamptz,
        revision integer not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (organisation, id),
        foreign key (organisation, accommodation_id) references accommodation (organisation, id)
    """,
    "anomaly_step": """
        organisation uuid not null,
        id uuid not null,
        anomaly_id uuid not null,
        kind varchar not null,
        occurred_at timestamptz not null,
        recorded_at timestamptz not null default now(),
        done_by varchar,
        inspection_id uuid,
        notice_id uuid,
        reason varchar,
        proofs jsonb not null,
        sent_as varchar,
        primary key (organisation, id),
        constraint anomaly_step_sent_as unique (organisation, anomaly_id, sent_as),
        foreign key (organisation, anomaly_id) references anomaly (organisation, id)
    """,
    "deadline_choice": """
        organisation uuid not null,
        id uuid not null,
        policy varchar not null,
        chosen_by varchar not null,
        chosen_at timestamptz not null default now(),
        primary key (organisation, id)
    """,
}
INDEXES = (
    "index anomaly_by_place on anomaly (organisation, accommodation_id, item, room)",
    """unique index anomaly_active on anomaly (organisation, accommodation_id, item, room)
    nulls not distinct where state <> 'verified'""",
    "index anomaly_by_time on anomaly (organisation, last_seen_at, id)",
    """index anomaly_by_deadline on anomaly (organisation, due_at, id)
    where state in ('open', 'notified', 'reopened')""",
    "index anomaly_step_by_anomaly on anomaly_step (organisation, anomaly_id, recorded_at)",
    "index deadline_choice_by_time on deadline_choice (organisation, chosen_at)",
    "index finding_by_anomaly on finding (organisation, anomaly_id)",
    "index finding_unlinked on finding (organisation, inspection_id) where anomaly_id is null",
)


def upgrade() -> None:
    for table, columns in TABLES.items():
        op.execute(f"create table {table} ({columns})")
        secure(op, table)
    op.execute("alter table finding add column anomaly_id uuid")
    for index in INDEXES:
        op.execute(f"create {index}")
    # What happened is never edited.
    for table in ("anomaly_step", "deadline_choice"):
        op.execute(f"revoke update, delete on {table} from {database_name()}")
