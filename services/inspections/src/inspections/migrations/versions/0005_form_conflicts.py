"""Keep forms whose visit was over when they came, until somebody decides."""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0005"
down_revision = "0004"

TABLE = """
create table form_conflict (
    organisation uuid not null,
    id uuid not null,
    accommodation_id uuid not null,
    visit_id uuid not null,
    inspection_id uuid,
    instance_id uuid not null,
    digest varchar not null,
    form jsonb not null,
    sent_by varchar not null,
    occurred_at timestamptz not null,
    received_at timestamptz not null default now(),
    decision varchar,
    decided_by varchar,
    decided_at timestamptz,
    reason varchar,
    recorded_as uuid,
    primary key (organisation, id),
    constraint form_conflict_instance_id unique (organisation, instance_id),
    constraint form_conflict_decided check (
        num_nulls(decision, decided_by, decided_at, reason) in (0, 4)),
    foreign key (organisation, accommodation_id)
        references accommodation (organisation, id),
    foreign key (organisation, visit_id) references visit (organisation, id)
)
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(
        "create index form_conflict_by_time on form_conflict (organisation, received_at, id)"
    )
    op.execute("create index form_conflict_by_visit on form_conflict (organisation, visit_id)")
    secure(op, "form_conflict")
    # The form stays as it was sent: only the decision is written.
    op.execute(f"revoke update, delete on form_conflict from {database_name()}")
    op.execute(
        "grant update (decision, decided_by, decided_at, reason, recorded_as) "
        f"on form_conflict to {database_name()}"
    )
