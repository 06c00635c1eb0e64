"""Keep which rooms were drawn and what became of them, and the index of the parts of a place."""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0006"
down_revision = "0005"

TABLES = {
    "room_draw": """
        organisation uuid not null,
        id uuid not null,
        visit_id uuid not null,
        accommodation_id uuid not null,
        method varchar not null,
        seed varchar not null,
        size integer not null check (size >= 0),
        rooms jsonb not null,
        drawn_by varchar not null,
        drawn_at timestamptz not null default now(),
        primary key (organisation, id),
        constraint room_draw_visit_id unique (organisation, visit_id),
        foreign key (organisation, accommodation_id) references accommodation (organisation, id),
        foreign key (organisation, visit_id) references visit (organisation, id)
    """,
    "inspection_room": """
        organisation uuid not null,
        inspection_id uuid not null,
        room varchar not null,
        accommodation_id uuid not null,
        outcome varchar not null,
        drawn integer,
        instead_of integer,
        reason varchar,
        occurred_at timestamptz not null,
        primary key (organisation, inspection_id, room),
        foreign key (organisation, accommodation_id) references accommodation (organisation, id),
        foreign key (organisation, inspection_id) references inspection (organisation, id)
    """,
}


def upgrade() -> None:
    op.execute(
        "alter table inspection "
        "add column grading varchar not null default 'insalubrity-1', "
        "add column place_index double precision, "
        "add column rooms_mean_index double precision, "
        "add column rooms_worst_index double precision"
    )
    for table, columns in TABLES.items():
        op.execute(f"create table {table} ({columns})")
        secure(op, table)
        # What was drawn and what became of it is never edited.
        op.execute(f"revoke update, delete on {table} from {database_name()}")
    op.execute(
        "create index inspection_room_by_place "
        "on inspection_room (organisation, accommodation_id, room)"
    )
