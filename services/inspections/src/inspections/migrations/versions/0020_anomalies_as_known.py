"""Keep how anomalies stood as far as was known, so that a day is answered from it exactly.

What was kept before are the states and when each was known: of times before this revision,
severity and deadline are told as they stand now.
"""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0020"
down_revision = "0019"

PAST = """
    create table anomaly_past (
        organisation uuid not null,
        anomaly_id uuid not null,
        known_from timestamptz not null,
        known_until timestamptz not null check (known_until > known_from),
        accommodation_id uuid not null,
        state varchar not null,
        state_since timestamptz not null,
        severity integer not null,
        critical boolean not null,
        first_seen_at timestamptz not null,
        due_at timestamptz not null,
        responsibility varchar not null,
        repeat_of uuid,
        primary key (organisation, anomaly_id, known_from),
        foreign key (organisation, anomaly_id) references anomaly (organisation, id),
        foreign key (organisation, accommodation_id)
            references accommodation (organisation, id)
    )
"""
# A step of an inspection was known when that was, one of a person when it was recorded.
STEPS_KNOWN = """
    update anomaly_step set severity = anomaly.severity,
        known_at = coalesce(inspection.known_at, step.recorded_at)
    from anomaly_step as step
    join anomaly on anomaly.organisation = step.organisation and anomaly.id = step.anomaly_id
    left join inspection on inspection.organisation = step.organisation
        and inspection.id = step.inspection_id
    where anomaly_step.organisation = step.organisation and anomaly_step.id = step.id
"""
STOOD = """
    insert into anomaly_past (organisation, anomaly_id, known_from, known_until, accommodation_id,
        state, state_since, severity, critical, first_seen_at, due_at, responsibility, repeat_of)
    select organisation, anomaly_id, moved.known_at, until, accommodation_id, kind,
        occurred_at, anomaly.severity, critical, first_seen_at, due_at,
        coalesce(moved.responsibility, anomaly.responsibility), repeat_of
    from (select organisation, anomaly_id, kind, occurred_at, known_at, responsibility,
            lead(known_at) over (partition by organisation, anomaly_id
                order by known_at, recorded_at, occurred_at) as until
        from anomaly_step where kind not in ('assigned', 'overdue')) as moved
    join anomaly using (organisation)
    where anomaly.id = anomaly_id and until > moved.known_at
"""
STANDS = """
    update anomaly set known_from = coalesce(
        (select max(known_at) from anomaly_step as step
            where step.organisation = anomaly.organisation and step.anomaly_id = anomaly.id
            and kind not in ('assigned', 'overdue')),
        known_at)
"""
READ = ("anomaly", "anomaly_step", "inspection")


def upgrade() -> None:
    """Apply the revision."""
    op.execute(PAST)
    op.execute("alter table anomaly add column known_from timestamptz not null default now()")
    op.execute(
        "alter table anomaly_step add column known_at timestamptz not null default now(), "
        "add column severity integer"
    )
    for table in READ:
        op.execute(f"alter table {table} no force row level security")
    for statement in (STEPS_KNOWN, STOOD, STANDS):
        op.execute(statement)
    for table in READ:
        op.execute(f"alter table {table} force row level security")
    op.execute("create index anomaly_past_by_time on anomaly_past (organisation, known_until)")
    op.execute(
        "create index anomaly_past_by_place on anomaly_past (organisation, accommodation_id)"
    )
    secure(op, "anomaly_past")
    # What was known is never edited; but a place may be merged.
    role = database_name()
    op.execute(f"revoke update, delete on anomaly_past from {role}")
    op.execute(f"grant update (accommodation_id) on anomaly_past to {role}")
