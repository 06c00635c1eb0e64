"""What every service's database has, as steps of its first migrations.

A step, once released, is never edited: a change is another step, called by a new revision.
"""

from importlib.resources import files
from typing import Protocol

# In a subquery, which is asked once a statement; without it the setting is read and parsed once a
# row, which was half the time of a read of all findings.
ORGANISATION = "organisation = (select nullif(current_setting('app.organisation', true), '')::uuid)"


class Operations(Protocol):
    """The part of Alembic's `op` that the steps use."""

    def execute(self, sqltext: str) -> None:
        """Run a statement."""
        ...

    def get_bind(self) -> object:
        """Return the connection."""
        ...


def create_platform(op: Operations, database: str) -> None:
    """Step 1: grants, the event feed, jobs with their queue, and feed cursors."""
    grants(op, database)
    _create_events(op, database)
    _create_jobs(op, database)
    op.execute(
        "create table feed_cursor (provider text primary key, position bigint not null, "
        "updated_at timestamptz not null default now())"
    )


def grants(op: Operations, database: str) -> None:
    """Let the serving role use what the owner will create."""
    for role in (database, f"{database}_system"):
        op.execute(f"grant usage on schema public to {role}")
    op.execute(
        "alter default privileges in schema public "
        f"grant select, insert, update, delete on tables to {database}"
    )
    op.execute(
        f"alter default privileges in schema public grant usage, select on sequences to {database}"
    )
    # Made before the first revision, so before the grants above; readiness reads it.
    op.execute(f"grant select on alembic_version to {database}")


def secure(op: Operations, table: str) -> None:
    """Keep the rows of `table` to their organisation, from everybody, its owner included."""
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(
        f"create policy organisation on {table} using ({ORGANISATION}) with check ({ORGANISATION})"
    )


def _create_events(op: Operations, database: str) -> None:
    op.execute(
        "create table event (position bigint generated always as identity primary key, "
        "organisation uuid not null, kind text not null, subject_id uuid not null, "
        "occurred_at timestamptz not null, recorded_at timestamptz not null default now(), "
        "data jsonb not null)"
    )
    op.execute("create index event_organisation on event (organisation, position)")
    secure(op, "event")
    op.execute(f"revoke update, delete on event from {database}")
    op.execute(f"create policy system on event for select to {database}_system using (true)")
    op.execute(f"grant select on event to {database}_system")


def _create_jobs(op: Operations, database: str) -> None:
    driver = op.get_bind().connection.driver_connection  # type: ignore[attr-defined] # psycopg's
    driver.execute(files("shared").joinpath("procrastinate_3_10.sql").read_text())
    op.execute(files("shared").joinpath("job_schema.sql").read_text())
    secure(op, "job")
    op.execute(f"create policy system on job for select to {database}_system using (true)")
    op.execute(f"grant select on job to {database}_system")


def create_outbox(op: Operations, database: str) -> None:
    """Step 2: the outbox of mails; the cross-organisation reader sees when one is due, no more."""
    op.execute(
        "create table mail (id uuid primary key, organisation uuid not null, "
        "recipient text not null, subject text not null, body text not null, "
        "about uuid not null, key text not null, state text not null default 'waiting' "
        "check (state in ('waiting', 'sent', 'failed', 'kept')), "
        "attempts integer not null default 0, due_at timestamptz not null default now(), "
        "last_error text, created_at timestamptz not null default now(), sent_at timestamptz, "
        "unique (organisation, key))"
    )
    op.execute("create index mail_due on mail (organisation, due_at) where state = 'waiting'")
    op.execute("create index mail_about on mail (organisation, about)")
    secure(op, "mail")
    op.execute(f"create policy system on mail for select to {database}_system using (true)")
    op.execute(f"grant select (organisation, state, due_at) on mail to {database}_system")


def ask_organisation_once(op: Operations) -> None:
    """Step 3: let the policies of tables made before ask for the organisation once a statement."""
    written = ORGANISATION.replace("'", "''")
    op.execute(
        "do $$ declare name text; begin "  # noqa: S608 - our own constant
        "for name in select tablename from pg_policies "
        "where schemaname = current_schema and policyname = 'organisation' loop "
        f"execute format('alter policy organisation on %I using ({written}) "
        f"with check ({written})', name); end loop; end $$"
    )


NEWEST_CHANGE = """
    create table newest_change (
        organisation uuid not null,
        kind varchar collate "C" not null,
        subject_id uuid not null,
        changed_at timestamptz not null,
        removed boolean not null default false,
        primary key (organisation, kind, subject_id)
    )
"""
# Under a lock held to the commit, so that moments are in the order of commits and no two
# transactions of an organisation have the same: whoever knows one knows all before it.
NOTE_ONE_CHANGE = """
create function note_one_change(what varchar, whose uuid, id uuid, gone boolean) returns void
language plpgsql as $$
declare
    setting text := 'app.changed_' || what;
    stamp timestamptz := nullif(current_setting(setting, true), '')::timestamptz;
begin
    if stamp is null then
        perform pg_advisory_xact_lock(hashtextextended('changes:' || what || ':' || whose, 0));
        select greatest(clock_timestamp(), max(changed_at) + interval '1 microsecond') into stamp
        from newest_change where organisation = whose and kind = what;
        perform set_config(setting, stamp::text, true);
    end if;
    insert into newest_change as it (organisation, kind, subject_id, changed_at, removed)
    values (whose, what, id, stamp, gone)
    on conflict (organisation, kind, subject_id)
    do update set changed_at = excluded.changed_at, removed = excluded.removed or it.removed;
end $$
"""
NOTE_CHANGE = """
create function note_change() returns trigger language plpgsql as $$
begin
    perform note_one_change(tg_argv[0], new.organisation,
        (to_jsonb(new) ->> tg_argv[1])::uuid, coalesce(tg_argv[2], '') = 'removed');
    return null;
end $$
"""


def create_changes(op: Operations) -> None:
    """Step 4: when each record last changed, in the order of commits, for who keeps a copy."""
    op.execute(NEWEST_CHANGE)
    op.execute(
        "create index newest_change_in_order "
        "on newest_change (organisation, kind, changed_at, subject_id)"
    )
    secure(op, "newest_change")


def note_changes(op: Operations) -> None:
    """Step 5: the functions by which tables without revisions of their own note changes."""
    op.execute(NOTE_ONE_CHANGE)
    op.execute(NOTE_CHANGE)


def note_changes_of(
    op: Operations, table: str, when: str, *, kind: str, subject: str, removed: bool = False
) -> None:
    """Note from now on, at the commit, that rows of a table changed `when` they do.

    `subject` is the column of the id of what changed; `removed`, that it is gone for its readers.
    """
    gone = ", 'removed'" if removed else ""
    event, _, condition = when.partition(" when ")
    op.execute(
        f"create constraint trigger note_{kind}_change after {event} on {table} "
        f"deferrable initially deferred for each row {condition and f'when ({condition}) '}"
        f"execute function note_change('{kind}', '{subject}'{gone})"
    )


def trace_jobs(op: Operations) -> None:
    """Step 6: the span a job was asked for in; an index by which those that wait are counted."""
    op.execute("alter table job add column traceparent text")
    op.execute(
        "create index job_open on job (kind, state) where state in ('queued', 'running', 'failed')"
    )
