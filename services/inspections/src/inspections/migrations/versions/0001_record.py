"""Create the record: accommodations, checklists, visits, inspections and findings."""

from alembic import op

from shared.migrate import database_name
from shared.schema import create_platform, secure

revision = "0001"
down_revision = None

TABLES = {
    "accommodation": """
        organisation uuid not null,
        id uuid not null,
        external_id varchar not null,
        name varchar collate "C" not null,
        kind varchar not null,
        address varchar not null,
        postcode varchar not null,
        city varchar not null,
        territory varchar not null,
        sector varchar not null,
        lon double precision,
        lat double precision,
        rooms integer not null,
        capacity integer,
        operator varchar not null,
        contract_state varchar not null,
        visit_hours jsonb not null,
        skills varchar[] not null,
        confidential_address boolean not null,
        opened_on date,
        revision integer not null,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (organisation, id),
        constraint accommodation_external_id unique (organisation, external_id),
        check ((lon is null) = (lat is null))
    """,
    "checklist": """
        organisation uuid not null,
        id uuid not null,
        code varchar not null,
        version integer not null,
        items jsonb not null,
        published_at timestamptz not null default now(),
        primary key (organisation, id),
        constraint checklist_code_version unique (organisation, code, version)
    """,
    "visit": """
        organisation uuid not null,
        id uuid not null,
        accommodation_id uuid not null,
        kind varchar not null,
        state varchar not null,
        origin varchar,
        scheduled_at timestamptz not null,
        scheduled_end_at timestamptz,
        announced boolean not null,
        inspector_ids uuid[] not null,
        round_id varchar,
        sequence integer,
        plan_id uuid,
        stop_id uuid,
        external_id varchar,
        sent_as varchar,
        score_snapshot jsonb,
        created_at timestamptz not null default now(),
        primary key (organisation, id),
        constraint visit_sent_as unique (organisation, sent_as),
        foreign key (organisation, accommodation_id) references accommodation (organisation, id)
    """,
    "inspection": """
        organisation uuid not null,
        id uuid not null,
        instance_id uuid not null,
        digest varchar not null,
        accommodation_id uuid not null,
        visit_id uuid not null,
        visit_kind varchar not null,
        outcome varchar not null,
        checklist varchar not null,
        checklist_version integer not null,
        occurred_at timestamptz not null,
        known_at timestamptz not null check (known_at >= occurred_at),
        known_at_stated boolean not null,
        recorded_at timestamptz not null default now(),
        inspector_ids uuid[] not null,
        rooms_seen integer not null,
        rooms_total integer not null,
        insalubrity_index double precision,
        coverage double precision not null,
        grade varchar,
        reinspect_by date,
        answers jsonb not null,
        primary key (organisation, id),
        constraint inspection_instance_id unique (organisation, instance_id),
        constraint inspection_visit_id unique (organisation, visit_id),
        foreign key (organisation, accommodation_id) references accommodation (organisation, id),
        foreign key (organisation, visit_id) references visit (organisation, id)
    """,
    "finding": """
        organisation uuid not null,
        id uuid not null,
        accommodation_id uuid not null,
        inspection_id uuid not null,
        item varchar not null,
        category varchar not null,
        room varchar,
        severity integer not null check (severity between 1 and 4),
        critical boolean not null,
        repeat boolean not null,
        due_on date,
        occurred_at timestamptz not null,
        known_at timestamptz not null,
        note varchar,
        primary key (organisation, id),
        foreign key (organisation, accommodation_id) references accommodation (organisation, id),
        foreign key (organisation, inspection_id) references inspection (organisation, id)
    """,
}
INDEXES = {
    "accommodation_by_name": "accommodation (organisation, name, id)",
    "visit_by_time": "visit (organisation, scheduled_at, id)",
    "visit_by_place": "visit (organisation, accommodation_id, scheduled_at)",
    "inspection_by_time": "inspection (organisation, occurred_at, id)",
    "inspection_by_place": "inspection (organisation, accommodation_id, occurred_at)",
    "finding_by_time": "finding (organisation, occurred_at, id)",
    "finding_by_place": "finding (organisation, accommodation_id, item, occurred_at)",
    "finding_by_inspection": "finding (organisation, inspection_id)",
}


def upgrade() -> None:
    create_platform(op, database_name())
    for table, columns in TABLES.items():
        op.execute(f"create table {table} ({columns})")
        secure(op, table)
    for index, columns in INDEXES.items():
        op.execute(f"create index {index} on {columns}")
    # What was found, and what was asked, is never edited.
    for table in ("checklist", "inspection"):
        op.execute(f"revoke update, delete on {table} from {database_name()}")
