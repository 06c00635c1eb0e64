"""Create webhooks, their secrets and the messages on their way to them.

A worker finds what is due in all organisations as the system role, which sees of a message when
and for whom it is due, no more.
"""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0008"
down_revision = "0007"

TABLES = """
    create table webhook (
        id uuid primary key,
        organisation uuid not null,
        url varchar not null,
        name varchar not null,
        kinds varchar[] not null,
        state varchar not null check (state in ('active', 'paused')),
        paused_because varchar,
        failures integer not null default 0,
        failing_since timestamptz,
        quiet_until timestamptz,
        revision integer not null,
        created_by varchar not null,
        created_at timestamptz not null default now(),
        constraint webhook_url unique (organisation, url)
    );
    create table webhook_secret (
        id uuid primary key,
        organisation uuid not null,
        webhook_id uuid not null references webhook (id) on delete cascade,
        sealed varchar not null,
        created_at timestamptz not null default now(),
        until timestamptz
    );
    create index webhook_secret_webhook on webhook_secret (webhook_id);
    create table webhook_delivery (
        id uuid primary key,
        organisation uuid not null,
        webhook_id uuid not null references webhook (id) on delete cascade,
        source varchar not null,
        position bigint not null,
        kind varchar not null,
        subject_id uuid not null,
        body varchar not null,
        state varchar not null default 'waiting' check (state in ('waiting', 'delivered', 'dead')),
        attempts integer not null default 0,
        queued_at timestamptz not null default now(),
        due_at timestamptz not null default now(),
        claimed_until timestamptz,
        settled_at timestamptz,
        told jsonb not null default '[]',
        constraint webhook_delivery_event unique (webhook_id, source, position)
    );
    create index webhook_delivery_due on webhook_delivery (organisation, webhook_id, due_at)
        where state = 'waiting';
    create index webhook_delivery_order
        on webhook_delivery (webhook_id, source, subject_id, position) where state = 'waiting';
    create index webhook_delivery_age on webhook_delivery (webhook_id, state, queued_at, id)
"""


def upgrade() -> None:
    """Apply the revision."""
    for statement in TABLES.split(";"):
        op.execute(statement)
    reader = f"{database_name()}_system"
    for table in ("webhook", "webhook_secret", "webhook_delivery"):
        secure(op, table)
    op.execute(f"create policy system on webhook_delivery for select to {reader} using (true)")
    op.execute(
        f"grant select (organisation, webhook_id, state, due_at) on webhook_delivery to {reader}"
    )
