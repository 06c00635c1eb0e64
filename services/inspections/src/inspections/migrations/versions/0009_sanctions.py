"""Sanctions on places, re-inspections the record proposes, and what is overdue and untold."""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0009"
down_revision = "0008"

TABLES = {
    "sanction": """
        organisation uuid not null,
        id uuid not null,
        accommodation_id uuid not null,
        step varchar not null,
        state varchar not null,
        grounds varchar not null,
        anomaly_ids uuid[] not null,
        notice_id uuid,
        proposed_by varchar not null,
        proposed_at timestamptz not null,
        reply_by timestamptz,
        replied_at timestamptz,
        reply varchar,
        reply_recorded_by varchar,
        decided_by varchar,
        decided_at timestamptz,
        decision varchar,
        sent_as varchar,
        primary key (organisation, id),
        constraint sanction_sent_as unique (organisation, sent_as),
        constraint sanction_two_people check (
            state <> 'decided' or step = 'reminder' or decided_by <> proposed_by
        ),
        foreign key (organisation, accommodation_id) references accommodation (organisation, id)
    """,
    "reinspection": """
        organisation uuid not null,
        id uuid not null,
        accommodation_id uuid not null,
        see_by date not null,
        reasons jsonb not null,
        proposed_at timestamptz not null,
        closed_at timestamptz,
        inspection_id uuid,
        primary key (organisation, id),
        foreign key (organisation, accommodation_id) references accommodation (organisation, id)
    """,
}
INDEXES = (
    "index sanction_by_time on sanction (organisation, proposed_at, id)",
    "index sanction_by_place on sanction (organisation, accommodation_id, decided_at)",
    """unique index sanction_proposed on sanction (organisation, accommodation_id, step)
    where state = 'proposed'""",
    """unique index reinspection_open on reinspection (organisation, accommodation_id)
    where closed_at is null""",
    "index reinspection_by_day on reinspection (organisation, see_by, id)",
    """index anomaly_overdue_untold on anomaly (organisation, due_at)
    where state in ('open', 'notified', 'reopened') and overdue_told_at is null""",
    """index anomaly_to_review on anomaly (organisation, review_on)
    where state = 'accepted_risk'""",
)


def upgrade() -> None:
    for table, columns in TABLES.items():
        op.execute(f"create table {table} ({columns})")
        secure(op, table)
        # Both go on after they are written, and neither ever goes away.
        op.execute(f"revoke delete on {table} from {database_name()}")
    for index in INDEXES:
        op.execute(f"create {index}")
