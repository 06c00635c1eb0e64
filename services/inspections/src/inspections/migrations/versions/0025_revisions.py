"""Keep every change of every record: what it became, by whom and why, in a chain of digests.

Triggers keep them, so that no statement of the service is left out. What is personal, or written
freely, lies apart (`personal_value`) and may be forgotten: a revision holds its salted digest.
A transaction is one change; when it commits, its digest is chained to that of the change before.
Rows of before are kept when they are first changed. What the owner of the tables does outside any
organisation, in migrations, is not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from alembic import op

from shared.migrate import database_name
from shared.schema import secure

revision = "0025"
down_revision = "0024"

TABLES = {
    "record_change": """
        organisation uuid not null,
        number bigint not null,
        id uuid not null,
        author varchar not null,
        reason varchar not null,
        recorded_at timestamptz not null,
        digest bytea not null,
        primary key (organisation, number),
        constraint record_change_id unique (organisation, id)
    """,
    "revision": """
        organisation uuid not null,
        subject_kind varchar collate "C" not null,
        subject_id varchar collate "C" not null,
        number integer not null,
        change_id uuid not null,
        action varchar not null check (action in ('found', 'created', 'changed', 'removed')),
        content jsonb not null,
        salt bytea not null,
        digest bytea not null,
        primary key (organisation, subject_kind, subject_id, number)
    """,
    "personal_value": """
        organisation uuid not null,
        subject_kind varchar collate "C" not null,
        subject_id varchar collate "C" not null,
        number integer not null,
        field varchar not null,
        value jsonb not null,
        salt bytea not null,
        primary key (organisation, subject_kind, subject_id, number, field),
        foreign key (organisation, subject_kind, subject_id, number)
            references revision (organisation, subject_kind, subject_id, number)
    """,
}


@dataclass(frozen=True, slots=True)
class Kept:
    """How the rows of a table are kept: their key, what lies apart, and what is no change.

    `noted` is a list of answers; their notes lie apart.
    """

    key: Sequence[str] = ("id",)
    apart: Sequence[str] = ()
    ignored: Sequence[str] = ()
    noted: str = ""


RECORDS = {
    "accommodation": Kept(
        apart=("reception_phone", "access_notes"),
        ignored=("occupied_on", "rooms_booked", "people", "children_under_three"),
    ),
    "operator": Kept(apart=("email", "phone", "address")),
    "room": Kept(),
    "occupancy": Kept(key=("accommodation_id", "day")),
    "external_identifier": Kept(key=("system", "external_id")),
    "zone": Kept(),
    "checklist": Kept(),
    "checklist_draft": Kept(),
    "visit": Kept(apart=("reason",)),
    "room_draw": Kept(),
    "inspection": Kept(apart=("answers.note",), noted="answers"),
    "inspection_room": Kept(key=("inspection_id", "room"), apart=("reason",)),
    "finding": Kept(apart=("note",), ignored=("anomaly_id",)),
    "inspection_flag": Kept(key=("inspection_id", "code")),
    "inspection_review": Kept(apart=("reason",)),
    "form_conflict": Kept(apart=("form", "reason")),
    "anomaly": Kept(),
    "anomaly_step": Kept(apart=("reason",)),
    "deadline_choice": Kept(),
    "reinspection": Kept(),
    "sanction": Kept(apart=("grounds", "reply", "decision")),
    "charter": Kept(),
    "charter_acceptance": Kept(),
    "notice": Kept(apart=("content",)),
    "notice_step": Kept(apart=("text",)),
    "complaint": Kept(apart=("place", "text", "reason")),
    "alert": Kept(ignored=("next_page_at",)),
    "alert_step": Kept(apart=("note",)),
    "on_call_shift": Kept(apart=("name", "email", "phone")),
    "authority_contact": Kept(apart=("name", "phone", "email", "note")),
    "photo": Kept(),
    "photo_deletion": Kept(apart=("reason",)),
    "access_grant": Kept(),
    "retention_rule": Kept(key=("kind",)),
    "purge": Kept(apart=("reason",)),
}
NO_CHANGE = ("organisation", "created_at", "updated_at", "revision")

# The row with the notes of its answers beside them, by their place in the list.
NOTES_APART = """
create function notes_apart(told jsonb, noted text) returns jsonb language sql immutable as $$
    select told || jsonb_build_object(
        noted, coalesce(jsonb_agg(it - 'note' order by n), '[]'),
        noted || '.note', jsonb_object_agg(n - 1, it -> 'note')
            filter (where coalesce(it ->> 'note', '') <> ''))
    from jsonb_array_elements(told -> noted) with ordinality as answer (it, n)
$$
"""
REVISION_DIGEST = """
create function revision_digest(salt bytea, kind text, id text, number integer, action text,
    content jsonb) returns bytea language sql immutable as $$
    select sha256(salt || convert_to(
        kind || '/' || id || '/' || number || '/' || action || '/' || content::text, 'UTF8'))
$$
"""
VALUE_DIGEST = """
create function value_digest(salt bytea, value jsonb) returns text language sql immutable as $$
    select encode(sha256(salt || convert_to(value::text, 'UTF8')), 'hex')
$$
"""
CHANGE_DIGEST = """
create function change_digest(before bytea, number bigint, id uuid, author text, reason text,
    recorded_at timestamptz, revisions bytea) returns bytea language sql immutable as $$
    select sha256(before || convert_to(number || '/' || id || '/' || author || '/' || reason || '/'
        || date_part('epoch', recorded_at), 'UTF8') || revisions)
$$
"""
# Rows of one statement, by subject: what each was and what it is, one of both null.
SEEN = """
    select coalesce(fresh.subject, stale.subject) as subject,
        fresh.told as told, stale.told as before
    from {fresh} full join {stale} using (subject)
    where fresh.told - ignored is distinct from stale.told - ignored
"""
ROWS = """(
        select case when noted = '' then to_jsonb(it) else notes_apart(to_jsonb(it), noted) end
            as told, to_jsonb(it) ->> keys[1]
            || coalesce('/' || (to_jsonb(it) ->> keys[2]), '') as subject
        from {table} as it) as {name}"""
NONE = "(select null::jsonb as told, null::text as subject where false) as {name}"
KEEP = """
    with seen as materialized ({seen}),
    numbered as materialized (
        select seen.*, coalesce(last.number, 0) as last from seen left join lateral (
            select number from revision where organisation = ours and subject_kind = tg_table_name
            and subject_id = subject order by number desc limit 1) as last on true),
    versions as (
        select subject, 1 as number, 'found' as action, before as told
        from numbered where last = 0 and before is not null
        union all select subject,
            case when last = 0 and before is not null then 2 else last + 1 end,
            case when told is null then 'removed' when before is null then 'created'
                else 'changed' end, told
        from numbered),
    parted as materialized (
        select subject, number, action, coalesce(told - ignored, '{{}}') as plain,
            (select jsonb_object_agg(field, jsonb_build_object('value', told -> field, 'salt',
                encode(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), 'hex')))
            from unnest(apart) as field
            where told -> field not in ('null', '""', '[]', '{{}}')) as personal
        from versions),
    whole as materialized (
        select subject, number, action, personal, uuid_send(gen_random_uuid()) as salt,
            case when personal is null then plain else plain || (
                select jsonb_object_agg(key, jsonb_build_object('apart',
                    value_digest(decode(value ->> 'salt', 'hex'), value -> 'value')))
                from jsonb_each(personal)) end as content
        from parted),
    kept as (
        insert into revision (organisation, subject_kind, subject_id, number, change_id, action,
            content, salt, digest)
        select ours, tg_table_name, subject, number, change, action, content, salt,
            revision_digest(salt, tg_table_name, subject, number, action, content)
        from whole)
    insert into personal_value (organisation, subject_kind, subject_id, number, field, value, salt)
    select ours, tg_table_name, subject, number, key, value -> 'value',
        decode(value ->> 'salt', 'hex')
    from whole cross join lateral jsonb_each(personal) where personal is not null;
"""


def _keep(fresh: str, stale: str) -> str:
    rows = {
        name: (ROWS if table else NONE).format(table=table, name=name)
        for name, table in (("fresh", fresh), ("stale", stale))
    }
    return KEEP.format(seen=SEEN.format(**rows))


KEEP_REVISIONS = f"""
create function keep_revisions() returns trigger language plpgsql set timezone = 'UTC' as $$
declare
    keys text[] := string_to_array(tg_argv[0], ',');
    apart text[] := string_to_array(tg_argv[1], ',');
    ignored text[] := string_to_array(tg_argv[2], ',');
    noted text := tg_argv[3];
    ours uuid := nullif(current_setting('app.organisation', true), '')::uuid;
    change uuid := nullif(current_setting('app.change', true), '')::uuid;
begin
    if ours is null then
        return null;
    end if;
    if change is null then
        change := gen_random_uuid();
        perform set_config('app.change', change::text, true);
    end if;
    if tg_op = 'INSERT' then {_keep("fresh_rows", "")}
    elsif tg_op = 'UPDATE' then {_keep("fresh_rows", "stale_rows")}
    else {_keep("", "stale_rows")}
    end if;
    return null;
end $$
"""
# At the commit: all revisions of the change are there, and whoever commits next waits.
CHAIN_CHANGE = """
create function chain_change() returns trigger language plpgsql as $$
declare
    last record;
    now_at timestamptz := clock_timestamp();
    why text := coalesce(nullif(current_setting('app.reason', true), ''), 'unattended');
    who text := coalesce(nullif(current_setting('app.author', true), ''), session_user);
begin
    if current_setting('app.chained', true) = new.change_id::text then
        return null;
    end if;
    perform pg_advisory_xact_lock(hashtextextended('revisions:' || new.organisation, 0));
    select number, digest into last from record_change where organisation = new.organisation
        order by number desc limit 1;
    insert into record_change (organisation, number, id, author, reason, recorded_at, digest)
    select new.organisation, coalesce(last.number, 0) + 1, new.change_id, who, why, now_at,
        change_digest(coalesce(last.digest, ''), coalesce(last.number, 0) + 1, new.change_id,
            who, why, now_at, string_agg(digest, '' order by subject_kind, subject_id, number))
    from revision where organisation = new.organisation and change_id = new.change_id;
    perform set_config('app.chained', new.change_id::text, true);
    return null;
end $$
"""
TRIGGERS = {
    "insert": "referencing new table as fresh_rows",
    "update": "referencing new table as fresh_rows old table as stale_rows",
    "delete": "referencing old table as stale_rows",
}


def upgrade() -> None:
    """Apply the revision."""
    role = database_name()
    for table, columns in TABLES.items():
        op.execute(f"create table {table} ({columns})")
        secure(op, table)
        op.execute(f"revoke update, delete on {table} from {role}")
    op.execute(f"grant delete on personal_value to {role}")
    op.execute("create index revision_by_change on revision (organisation, change_id)")
    for function in (
        NOTES_APART,
        REVISION_DIGEST,
        VALUE_DIGEST,
        CHANGE_DIGEST,
        KEEP_REVISIONS,
        CHAIN_CHANGE,
    ):
        op.execute(function)
    op.execute(
        "create constraint trigger chain_change after insert on revision "
        "deferrable initially deferred for each row execute function chain_change()"
    )
    for table, kept in RECORDS.items():
        keep_revisions_of(table, kept)


def keep_revisions_of(table: str, kept: Kept) -> None:
    """Keep what becomes of the rows of a table from now on."""
    ignored = (*NO_CHANGE, *kept.ignored)
    told = (kept.key, kept.apart, ignored)
    values = ", ".join(f"'{it}'" for it in (*(",".join(names) for names in told), kept.noted))
    for event, rows in TRIGGERS.items():
        op.execute(
            f"create trigger keep_revisions_{event} after {event} on {table} {rows} "
            f"for each statement execute function keep_revisions({values})"
        )
