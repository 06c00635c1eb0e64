"""Revisions in the database; triggers write them, nobody else does."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

LISTED = (
    "select revision.subject_kind, revision.subject_id, revision.number, revision.action, "
    "record_change.number as change, author, reason, recorded_at {more} from record_change "
    "join revision on revision.organisation = record_change.organisation "
    "and revision.change_id = record_change.id {where}"
)
NEWEST = (
    "{after} order by record_change.number desc, revision.subject_kind desc, "
    "revision.subject_id desc, revision.number desc limit :limit"
)
OF_SUBJECT = "revision.subject_kind = :kind and revision.subject_id = :id"
AFTER = (
    "(record_change.number, revision.subject_kind, revision.subject_id, revision.number) "
    "< (:change, :after_kind, :after_id, :after_number)"
)
# An identifier elsewhere is its own key, and may tell where a confidential place is.
TELLING = (
    "revision.subject_kind = 'external_identifier' and exists (select from accommodation "
    "where id = (content ->> 'accommodation_id')::uuid and confidential_address)"
)
VALUES = text(
    "select field, value from personal_value "
    "where subject_kind = :kind and subject_id = :id and number = :number"
)
LAST = text(
    "select coalesce(max(number), 0) from revision where subject_kind = :kind and subject_id = :id"
)
APART = {"apart"}
BECAUSE = text("select set_config('app.reason', :reason, true)")


@dataclass(frozen=True, slots=True)
class Subject:
    """A record that is kept: its table, and its key there."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a revision stands in the list of all."""

    change: int
    subject: Subject
    number: int


async def page(
    session: AsyncSession,
    subject: Subject | None,
    *,
    keeper: bool,
    after: Place | None,
    limit: int,
) -> list[dict[str, object]]:
    """List revisions, of a record or of all, newest first; a keeper sees those that tell places."""
    values: dict[str, object] = {"limit": limit}
    conditions = [] if keeper else [f"not ({TELLING})"]
    if subject is not None:
        conditions.append(OF_SUBJECT)
        values |= {"kind": subject.kind, "id": subject.id}
    if after is not None:
        conditions.append(AFTER)
        values |= {
            "change": after.change,
            "after_kind": after.subject.kind,
            "after_id": after.subject.id,
            "after_number": after.number,
        }
    where = "where " + " and ".join(conditions) if conditions else ""
    statement = LISTED.format(more="", where=where) + NEWEST.format(after="")
    found = await session.execute(text(statement), values)
    return [dict(it) for it in found.mappings()]


async def one(
    session: AsyncSession, subject: Subject, number: int, *, keeper: bool
) -> dict[str, object] | None:
    """Find a revision with its content, where personal values are digests."""
    hidden = "" if keeper else f" and not ({TELLING})"
    statement = LISTED.format(
        more=", content", where=f"where {OF_SUBJECT} and revision.number = :number{hidden}"
    )
    values = {"kind": subject.kind, "id": subject.id, "number": number}
    found = (await session.execute(text(statement), values)).mappings().one_or_none()
    return None if found is None else dict(found)


def content_of(revision: Mapping[str, object]) -> dict[str, object]:
    """Give the content of a revision that was found; nothing for none."""
    content = revision["content"]
    assert isinstance(content, dict)  # noqa: S101 - a column of objects
    return content


def apart(content: Mapping[str, object]) -> set[str]:
    """Name the fields whose values lie apart."""
    return {name for name, it in content.items() if isinstance(it, dict) and it.keys() == APART}


async def values_of(session: AsyncSession, subject: Subject, number: int) -> dict[str, object]:
    """Give the personal values of a revision that are still there."""
    values = {"kind": subject.kind, "id": subject.id, "number": number}
    return {it.field: it.value for it in await session.execute(VALUES, values)}


async def last_number(session: AsyncSession, subject: Subject) -> int:
    """Give the number of the newest revision of a record, 0 for none."""
    found = await session.execute(LAST, {"kind": subject.kind, "id": subject.id})
    return int(found.scalar_one())


async def because(session: AsyncSession, reason: str) -> None:
    """Say why the rest of a transaction changes what it does."""
    await session.execute(BECAUSE, {"reason": reason})
