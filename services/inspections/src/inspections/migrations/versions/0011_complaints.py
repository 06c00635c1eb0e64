"""Take in complaints; keep how to reach their authors apart."""

from alembic import op

from shared.schema import secure

revision = "0011"
down_revision = "0010"

TABLES = {
    "complaint": """
        organisation uuid not null,
        id uuid not null,
        accommodation_id uuid,
        place varchar not null,
        territory varchar,
        source varchar not null,
        category varchar,
        item varchar,
        room varchar,
        finding_id uuid,
        severity smallint not null check (severity between 1 and 4),
        text varchar not null,
        occurred_at timestamptz not null,
        known_at timestamptz not null,
        state varchar not null,
        verdict varchar,
        judged_at timestamptz,
        duplicate_of uuid,
        reason varchar,
        sent_as varchar,
        sent_digest varchar,
        revision integer not null default 1,
        created_at timestamptz not null default now(),
        updated_at timestamptz not null default now(),
        primary key (organisation, id),
        constraint complaint_sent_as unique (organisation, sent_as),
        foreign key (organisation, accommodation_id) references accommodation (organisation, id),
        foreign key (organisation, finding_id) references finding (organisation, id),
        foreign key (organisation, duplicate_of) references complaint (organisation, id)
    """,
    "complaint_contact": """
        organisation uuid not null,
        complaint_id uuid not null,
        name varchar not null,
        phone varchar not null,
        email varchar not null,
        purge_on date not null,
        created_at timestamptz not null default now(),
        primary key (organisation, complaint_id),
        foreign key (organisation, complaint_id) references complaint (organisation, id)
    """,
}
INDEXES = {
    "complaint_by_time": "complaint (organisation, occurred_at, id)",
    "complaint_by_place": "complaint (organisation, accommodation_id, occurred_at)",
    "complaint_by_group": "complaint (organisation, duplicate_of) where duplicate_of is not null",
    "complaint_contact_by_day": "complaint_contact (organisation, purge_on)",
}


def upgrade() -> None:
    for table, columns in TABLES.items():
        op.execute(f"create table {table} ({columns})")
        secure(op, table)
    for index, columns in INDEXES.items():
        op.execute(f"create index {index} on {columns}")
