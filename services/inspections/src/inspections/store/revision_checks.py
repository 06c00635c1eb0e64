"""Whether revisions are as they were kept: every digest, and every record against its newest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

MOST_FAULTS = 100
# Times are written as they were when revisions were kept; a long history takes long to read.
SETTINGS = text(
    "select set_config('timezone', 'UTC', true), set_config('app.voided', 'seen', true), "
    "set_config('statement_timeout', '300000', true)"
)
HEAD = text(
    "select (select count(*) from record_change) as changes, "
    "(select count(*) from revision) as revisions, "
    "(select count(*) from personal_value) as values, "
    "coalesce(max(number), 0) as last_change, "
    "(select encode(digest, 'hex') from record_change order by number desc limit 1) as digest, "
    "(select id from record_change order by number desc limit 1) as change_id from record_change"
)
# A change is whole with the digests of its revisions and that of the change before it.
CHANGES = text(
    "with chained as (select change.*, lag(digest, 1, '') over (order by number) as before, "
    "row_number() over (order by number) as expected from record_change as change), "
    "held as (select change_id, string_agg(digest, '' order by subject_kind, subject_id, number) "
    "as digests from revision group by change_id) "
    "select number from chained left join held on held.change_id = chained.id "
    "where number <> expected or held.digests is null or digest <> change_digest(before, number, "
    "id, author, reason, recorded_at, held.digests) order by number limit :most"
)
REVISIONS = text(
    "select subject_kind, subject_id, number from revision where digest <> "
    "revision_digest(salt, subject_kind, subject_id, number, action, content) "
    "or not exists (select from record_change as change "
    "where change.organisation = revision.organisation and change.id = revision.change_id) "
    "limit :most"
)
VALUES = text(
    "select subject_kind, subject_id, number from personal_value as it "
    "join revision using (organisation, subject_kind, subject_id, number) "
    "where content -> field ->> 'apart' is distinct from value_digest(it.salt, value) limit :most"
)
KEPT = text(
    "select tgrelid::regclass::text as kind, string_to_array(encode(tgargs, 'escape'), '\\000') "
    "as told from pg_trigger where tgname = 'keep_revisions_insert' order by 1"
)
# Rows as the triggers write them; a value that was forgotten can be compared no more.
RECORDS = (
    "with now as (select {told} as told, to_jsonb(it) ->> :key "
    "|| coalesce('/' || (to_jsonb(it) ->> :second_key), '') as subject from {kind} as it), "
    "newest as (select distinct on (subject_id) subject_id, number, action, content, "
    "array(select field from unnest(cast(:apart as text[])) as field "
    "where content -> field ? 'apart') as apart from revision "
    "where subject_kind = :kind order by subject_id, number desc) "
    "select newest.subject_id, newest.number from newest "
    "left join now on now.subject = newest.subject_id "
    "where (now.told is null) <> (action = 'removed') "
    "or now.told - cast(:ignored as text[]) - apart <> content - apart "
    "or exists (select from personal_value as it where it.subject_kind = :kind "
    "and it.subject_id = newest.subject_id and it.number = newest.number "
    "and it.value is distinct from now.told -> it.field) limit :most"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is not as it was kept."""

    what: str
    subject_kind: str | None
    subject_id: str | None
    number: int | None


async def head(session: AsyncSession) -> RowMapping:
    """Tell how much is kept, and where the chain ends."""
    await session.execute(SETTINGS)
    return (await session.execute(HEAD)).mappings().one()


async def faults(session: AsyncSession) -> list[Fault]:
    """Find what was altered: in the chain, in revisions and personal values, in records."""
    most = {"most": MOST_FAULTS}
    broken = [Fault("change", None, None, it.number) for it in await session.execute(CHANGES, most)]
    for what, statement in (("revision", REVISIONS), ("value", VALUES)):
        rows = await session.execute(statement, most)
        broken += [Fault(what, it.subject_kind, it.subject_id, it.number) for it in rows]
    for kind, told in (await session.execute(KEPT)).all():
        broken += await _altered(session, kind, told)
    return broken[:MOST_FAULTS]


async def _altered(session: AsyncSession, kind: str, told: Sequence[str]) -> list[Fault]:
    """Find the records of a table that are not as their newest revision says."""
    keys, apart, ignored = (list(_words(it)) for it in told[:3])
    noted = told[3]
    row = f"notes_apart(to_jsonb(it), '{noted}')" if noted else "to_jsonb(it)"
    values = {
        "key": keys[0],
        "second_key": keys[1] if len(keys) > 1 else "",
        "kind": kind,
        "ignored": ignored,
        "apart": apart,
        "most": MOST_FAULTS,
    }
    rows = await session.execute(text(RECORDS.format(kind=kind, told=row)), values)
    return [Fault("record", kind, it.subject_id, it.number) for it in rows]


def _words(told: str) -> Iterator[str]:
    return (it for it in told.split(",") if it)
