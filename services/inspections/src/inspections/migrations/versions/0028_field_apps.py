"""Speak to field apps: the forms they fetch, and what they sent."""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0028"
down_revision = "0027"

FORM = """
create table field_form (
    organisation uuid not null,
    code varchar not null,
    version varchar not null,
    xform bytea not null,
    md5 varchar not null,
    created_at timestamptz not null default now(),
    primary key (organisation, code, version)
)
"""
SUBMISSION = """
create table field_submission (
    organisation uuid not null,
    id uuid not null,
    instance_id uuid not null,
    digest varchar not null,
    deprecated_id uuid,
    form varchar not null,
    sent_by varchar not null,
    received_at timestamptz not null default now(),
    visit_id uuid,
    accommodation_id uuid,
    inspection_id uuid,
    conflict_id uuid,
    xml varchar,
    problem varchar,
    decision varchar,
    decided_by varchar,
    decided_at timestamptz,
    reason varchar,
    primary key (organisation, id),
    constraint field_submission_sent unique (organisation, instance_id, digest),
    constraint field_submission_held check (xml is null or problem is not null),
    constraint field_submission_decided check (
        num_nulls(decision, decided_by, decided_at, reason) in (0, 4)),
    foreign key (organisation, accommodation_id) references accommodation (organisation, id)
)
"""
ATTACHMENT = """
create table field_attachment (
    organisation uuid not null,
    submission_id uuid not null,
    name varchar not null,
    item varchar,
    room varchar,
    state varchar not null default 'awaited',
    sha256 varchar,
    photo_id uuid,
    problem varchar,
    primary key (organisation, submission_id, name),
    constraint field_attachment_state check (state in ('awaited', 'held', 'kept', 'refused')),
    foreign key (organisation, submission_id) references field_submission (organisation, id)
)
"""


def upgrade() -> None:
    """Apply the revision."""
    for table, statement in (
        ("field_form", FORM),
        ("field_submission", SUBMISSION),
        ("field_attachment", ATTACHMENT),
    ):
        op.execute(statement)
        secure(op, table)
    op.execute(
        "create index field_submission_by_time on field_submission (organisation, received_at, id)"
    )
    op.execute(
        "create index field_submission_edited on field_submission "
        "(organisation, deprecated_id) where deprecated_id is not null"
    )
    # A form that somebody may have on a device never changes.
    op.execute(f"revoke update, delete on field_form from {database_name()}")
