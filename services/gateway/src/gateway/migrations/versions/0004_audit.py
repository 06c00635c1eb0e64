"""Create the audit: append-only, and dropped behind a checkpoint after twelve months."""

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0004"
down_revision = "0003"

BATCH = """
    create table audit_batch (
        organisation uuid not null,
        number bigint not null check (number > 0),
        previous varchar not null,
        digest varchar not null,
        lines jsonb not null,
        last_at timestamptz not null,
        recorded_at timestamptz not null default now(),
        primary key (organisation, number)
    )
"""
CHECKPOINT = """
    create table audit_checkpoint (
        organisation uuid not null,
        number bigint not null,
        digest varchar not null,
        dropped_at timestamptz not null default now(),
        primary key (organisation, number)
    )
"""
# The only way out of the table, and not for anything younger than twelve months. It runs as the
# owner, whom row-level security keeps to the caller's organisation too.
DROP = """
    create function audit_drop_old() returns bigint
    language plpgsql security definer set search_path = pg_catalog, public
    as $$
    declare last record; dropped bigint;
    begin
        select organisation, number, digest into last from audit_batch
            where last_at < now() - interval '12 months' order by number desc limit 1;
        if not found then
            return 0;
        end if;
        insert into audit_checkpoint (organisation, number, digest)
            values (last.organisation, last.number, last.digest);
        delete from audit_batch where number <= last.number;
        get diagnostics dropped = row_count;
        return dropped;
    end $$
"""


def upgrade() -> None:
    """Apply the revision."""
    name = database_name()
    for table, definition in (("audit_batch", BATCH), ("audit_checkpoint", CHECKPOINT)):
        op.execute(definition)
        secure(op, table)
        op.execute(f"revoke update, delete on {table} from {name}")
        op.execute(f"create policy system on {table} for select to {name}_system using (true)")
        op.execute(f"grant select on {table} to {name}_system")
    op.execute(f"revoke insert on audit_checkpoint from {name}")
    op.execute("create index audit_batch_lines on audit_batch using gin (lines)")
    op.execute("create index audit_batch_age on audit_batch (organisation, last_at)")
    op.execute(DROP)
    op.execute("revoke execute on function audit_drop_old() from public")
    op.execute(f"grant execute on function audit_drop_old() to {name}")
