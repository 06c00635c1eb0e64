"""Draft a checklist, publish it, and retire what is published: once published, never edited."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.checklist import Item, Scope, twice
from inspections.store import checklists
from inspections.store.checklists import Words
from inspections.store.tables import ChecklistDraftRow, ChecklistRow
from inspections.use_cases.checklist_messages import checklist_changed
from shared import feed
from shared.contracts.inspections.checklists import ChecklistInput, ItemInput
from shared.problems import Problem, conflict, invalid, not_found

CHECKLIST_VERSION = "checklist version"


@dataclass(frozen=True, slots=True)
class Named:
    """A version of a checklist of an organisation."""

    organisation: UUID
    code: str
    version: int


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft, and whether it was made just now."""

    row: ChecklistDraftRow
    created: bool


def words_of(sent: ChecklistInput) -> Words:
    """Read what a draft is to say.

    Raises
    ------
    Problem : 422 when an item is given twice
    """
    again = twice([it.code for it in sent.items])
    if again is not None:
        raise invalid(f"/items/{again}/code", "is given twice; keep one item of it")
    return Words(sent.title.fr, sent.title.en, tuple(_item(it) for it in sent.items))


async def find(session: AsyncSession, it: Named) -> ChecklistRow | ChecklistDraftRow:
    """Find a version, whatever its state.

    Raises
    ------
    Problem : 404 when there is none
    """
    row = await checklists.find(session, it.organisation, it.code, it.version)
    if row is not None:
        return row
    draft = await checklists.draft(session, it.code)
    if draft is None or draft.version != it.version:
        raise not_found(CHECKLIST_VERSION)
    return draft


async def draft_checklist(
    session: AsyncSession, organisation: UUID, code: str, words: Words
) -> Drafted:
    """Begin the next version of a checklist; the same words again are the same draft.

    Raises
    ------
    Problem : 409 when the checklist has another draft
    """
    version = await _next_version(session, organisation, code)
    row = await checklists.create_draft(
        session, organisation, code=code, version=version, words=words
    )
    if row is not None:
        # The draft before may have been published while this one waited for it to go; while
        # there is this one, no other can be.
        version = await _next_version(session, organisation, code)
        numbered = (
            row if row.version == version else await checklists.renumber(session, row, version)
        )
        return Drafted(numbered, created=True)
    known = await checklists.draft(session, code)
    if known is None:
        raise conflict(f"the draft of {code!r} was published or deleted meanwhile; send it again")
    if not _says(known, words):
        raise conflict(
            f"{code!r} has a draft that says otherwise; edit it with PUT "
            f"/v1/checklists/{code}/versions/{known.version}, or delete it"
        )
    return Drafted(known, created=False)


async def _next_version(session: AsyncSession, organisation: UUID, code: str) -> int:
    newest = await checklists.latest(session, organisation, code)
    return 1 if newest is None else newest.version + 1


async def rewrite_draft(
    session: AsyncSession, it: Named, words: Words, *, revision: int | None
) -> ChecklistDraftRow:
    """Replace what a draft says, if it still says what `revision` said.

    Raises
    ------
    Problem : 404 unknown, 409 published already, 412 changed meanwhile
    """
    row = await _draft(session, it, revision=revision)
    return row if _says(row, words) else await checklists.rewrite(session, row, words)


async def delete_draft(session: AsyncSession, it: Named, *, revision: int | None) -> None:
    """Throw a draft away, if it still says what `revision` said.

    Raises
    ------
    Problem : 404 unknown, 409 published already, 412 changed meanwhile
    """
    await checklists.delete_draft(session, await _draft(session, it, revision=revision))


async def publish_draft(session: AsyncSession, it: Named, *, revision: int | None) -> ChecklistRow:
    """Publish a draft, if it still says what `revision` said; one published already stays so.

    Raises
    ------
    Problem : 404 unknown, 412 changed meanwhile
    """
    row = await checklists.draft(session, it.code, lock=True)
    if row is None or row.version != it.version:
        published = await checklists.find(session, it.organisation, it.code, it.version)
        if published is None:
            raise not_found(CHECKLIST_VERSION)
        return published
    _check_revision(row, revision)
    published = await checklists.publish(session, row)
    await feed.append(session, it.organisation, [checklist_changed(published)])
    return published


async def retire_version(session: AsyncSession, it: Named, reason: str) -> ChecklistRow:
    """Let a version be filled in no more; forms filled in before are still taken.

    Raises
    ------
    Problem : 404 unknown, 409 a draft, or retired for another reason
    """
    row = await checklists.find(session, it.organisation, it.code, it.version, lock=True)
    if row is None:
        draft = await checklists.draft(session, it.code)
        if draft is None or draft.version != it.version:
            raise not_found(CHECKLIST_VERSION)
        raise conflict("this version is a draft; delete it instead")
    if row.retired_at is None:
        retired = await checklists.retire(session, row, reason)
        await feed.append(session, it.organisation, [checklist_changed(retired)])
        return retired
    if row.retired_because != reason:
        raise conflict("this version is retired already, for another reason, which stays")
    return row


async def _draft(session: AsyncSession, it: Named, *, revision: int | None) -> ChecklistDraftRow:
    row = await checklists.draft(session, it.code, lock=True)
    if row is None or row.version != it.version:
        if await checklists.find(session, it.organisation, it.code, it.version) is None:
            raise not_found(CHECKLIST_VERSION)
        raise conflict(
            "this version is published and never changes; draft the next one with POST "
            f"/v1/checklists/{it.code}/versions"
        )
    _check_revision(row, revision)
    return row


def _check_revision(row: ChecklistDraftRow, revision: int | None) -> None:
    if row.revision != revision:
        raise Problem(
            412,
            "precondition-failed",
            "The draft changed since you read it; read it again and send its new ETag.",
        )


def _says(row: ChecklistDraftRow, words: Words) -> bool:
    return all(getattr(row, name) == value for name, value in words.columns().items())


def _item(it: ItemInput) -> Item:
    return Item(
        code=it.code,
        category=it.category,
        scope=Scope(it.scope),
        label_fr=it.label.fr,
        label_en=it.label.en,
        weight=it.weight,
        danger_at=it.danger_at,
        photo_from=it.photo_from,
        references=it.references,
    )
