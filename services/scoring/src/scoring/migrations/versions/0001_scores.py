"""Create what scoring keeps: its copy of the record, scores, models."""

from alembic import op

from shared.migrate import database_name
from shared.schema import create_platform, secure

revision = "0001"
down_revision = None

TABLES = {
    "accommodation": """
        organisation uuid not null,
        id uuid not null,
        kind varchar not null,
        territory varchar not null,
        sector varchar not null,
        lon double precision,
        lat double precision,
        rooms integer not null,
        capacity integer,
        operator varchar not null,
        contract_state varchar not null,
        opened_on date,
        position bigint not null,
        stale boolean not null,
        primary key (organisation, id)
    """,
    "visit": """
        organisation uuid not null,
        inspection_id uuid not null,
        accommodation_id uuid not null,
        kind varchar not null,
        outcome varchar not null,
        origin varchar,
        occurred_at timestamptz not null,
        known_at timestamptz not null,
        inspector_ids uuid[] not null,
        next_due_on date,
        primary key (organisation, inspection_id)
    """,
    "finding": """
        organisation uuid not null,
        inspection_id uuid not null,
        number integer not null,
        item varchar not null,
        category varchar not null,
        severity integer not null,
        critical boolean not null,
        primary key (organisation, inspection_id, number),
        foreign key (organisation, inspection_id) references visit (organisation, inspection_id)
    """,
    "score": """
        organisation uuid not null,
        id uuid not null,
        accommodation_id uuid not null,
        as_of timestamptz not null,
        computed_at timestamptz not null,
        method varchar not null,
        model_id varchar,
        probability double precision not null,
        average_rate double precision not null,
        visits_known integer not null,
        reasons jsonb not null,
        primary key (organisation, id),
        check (probability between 0 and 1)
    """,
    "latest_score": """
        organisation uuid not null,
        accommodation_id uuid not null,
        score_id uuid not null,
        computed_at timestamptz not null,
        primary key (organisation, accommodation_id),
        foreign key (organisation, score_id) references score (organisation, id)
    """,
    "model": """
        organisation uuid not null,
        id varchar not null,
        created_at timestamptz not null default now(),
        state varchar not null,
        data_cutoff date not null,
        visits integer not null,
        positives integer not null,
        seed integer not null,
        features varchar[] not null,
        feature_schema varchar not null,
        windows jsonb not null,
        auc jsonb not null,
        verdict jsonb not null,
        primary key (organisation, id),
        check (state in ('candidate', 'active', 'refused', 'retired'))
    """,
}
INDEXES = (
    "create index accommodation_stale on accommodation (organisation) where stale",
    "create index visit_by_place on visit (organisation, accommodation_id, occurred_at)",
    "create index score_by_place on score (organisation, accommodation_id, computed_at, id)",
    "create unique index model_active on model (organisation) where state = 'active'",
)
# What the worker may look for across organisations: whose scores are to be computed.
WATCHED = ("accommodation", "latest_score")


def upgrade() -> None:
    """Apply the revision."""
    database = database_name()
    create_platform(op, database)
    for table, columns in TABLES.items():
        op.execute(f"create table {table} ({columns})")
        secure(op, table)
    for index in INDEXES:
        op.execute(index)
    op.execute(f"revoke update, delete on score from {database}")
    for table in WATCHED:
        op.execute(f"create policy system on {table} for select to {database}_system using (true)")
        op.execute(f"grant select on {table} to {database}_system")
