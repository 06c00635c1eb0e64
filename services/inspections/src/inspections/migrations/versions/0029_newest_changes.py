"""Know when each record last changed, in the order of commits, for who keeps a copy of ours.

`updated_at` is the clock of a transaction's beginning: one that commits late is older than what a
reader has seen by then. A change has its moment under the lock that chains it, held to the commit:
moments of an organisation grow with every change, and whoever has seen one has seen all before.
"""

from alembic import op

from shared.migrate import database_name
from shared.schema import create_changes

revision = "0029"
down_revision = "0028"

# What is copied, and the column that tells when a row of before changed last.
COPIED = {
    "accommodation": "updated_at",
    "operator": "updated_at",
    "room": "created_at",
    "visit": "updated_at",
    "inspection": "recorded_at",
    "finding": "known_at",
    "anomaly": "updated_at",
    "complaint": "updated_at",
    "sanction": "proposed_at",
    "notice": "issued_at",
}
FORGOTTEN = """
    insert into newest_change (organisation, kind, subject_id, changed_at, removed)
    select organisation, subject_kind, subject_id::uuid, now(), true from (
        select distinct on (organisation, subject_kind, subject_id)
            organisation, subject_kind, subject_id, action from revision
        where subject_kind = any(array['{kinds}'])
        order by organisation, subject_kind, subject_id, number desc) as last
    where action = 'removed'
"""
# What is shown with another record is a change of that one.
CHAIN_CHANGE = """
create or replace function chain_change() returns trigger language plpgsql as $$
declare
    last record;
    now_at timestamptz;
    why text := coalesce(nullif(current_setting('app.reason', true), ''), 'unattended');
    who text := coalesce(nullif(current_setting('app.author', true), ''), session_user);
begin
    if current_setting('app.chained', true) = new.change_id::text then
        return null;
    end if;
    perform pg_advisory_xact_lock(hashtextextended('revisions:' || new.organisation, 0));
    select number, digest, recorded_at into last from record_change
        where organisation = new.organisation order by number desc limit 1;
    now_at := greatest(clock_timestamp(), last.recorded_at + interval '1 microsecond');
    insert into record_change (organisation, number, id, author, reason, recorded_at, digest)
    select new.organisation, coalesce(last.number, 0) + 1, new.change_id, who, why, now_at,
        change_digest(coalesce(last.digest, ''), coalesce(last.number, 0) + 1, new.change_id,
            who, why, now_at, string_agg(digest, '' order by subject_kind, subject_id, number))
    from revision where organisation = new.organisation and change_id = new.change_id;
    insert into newest_change (organisation, kind, subject_id, changed_at, removed)
    select distinct on (kind, id) new.organisation, kind, id::uuid, now_at, removed from (
        select subject_kind as kind, subject_id as id, number,
            action = 'removed' or content ->> 'voided_at' is not null as removed
        from revision where organisation = new.organisation and change_id = new.change_id
            and subject_kind = any(array['{kinds}'])
        union all
        select case subject_kind when 'occupancy' then 'accommodation' else 'notice' end,
            content ->> case subject_kind when 'occupancy' then 'accommodation_id'
                else 'notice_id' end, 0, false
        from revision where organisation = new.organisation and change_id = new.change_id
            and subject_kind in ('occupancy', 'notice_step') and action <> 'removed') as it
    order by kind, id, number desc
    on conflict (organisation, kind, subject_id)
    do update set changed_at = excluded.changed_at, removed = excluded.removed;
    perform set_config('app.chained', new.change_id::text, true);
    return null;
end $$
"""


def upgrade() -> None:
    """Apply the revision."""
    create_changes(op)
    kinds = "', '".join(COPIED)
    read = (*COPIED, "revision")
    for table in (*read, "newest_change"):
        op.execute(f"alter table {table} no force row level security")
    for table, column in COPIED.items():
        removed = "voided_at is not null" if table in {"inspection", "finding"} else "false"
        op.execute(
            "insert into newest_change (organisation, kind, subject_id, changed_at, removed) "  # noqa: S608 - names of ours
            f"select organisation, '{table}', id, least({column}, now()), {removed} from {table}"
        )
    op.execute(FORGOTTEN.format(kinds=kinds))
    for table in (*read, "newest_change"):
        op.execute(f"alter table {table} force row level security")
    op.execute(CHAIN_CHANGE.format(kinds=kinds))
    op.execute(f"revoke delete on newest_change from {database_name()}")
