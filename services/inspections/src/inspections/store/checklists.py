"""Checklists in the database.

Each organisation has its own. The default checklist is copied into an organisation the first time
it is asked for, so that its inspections keep their grid whatever later releases recommend.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.resources import files
from uuid import UUID, uuid4

from sqlalchemy import Select, case, func, literal, null, select, tuple_, update
from sqlalchemy import delete as delete_rows
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.domain.checklist import Checklist, Item, Scope
from inspections.domain.checklist_file import parse_items
from inspections.store.tables import ChecklistDraftRow, ChecklistRow

DEFAULT = ("default", 1)
DEFAULT_TITLE = {"title_fr": "Grille de salubrité", "title_en": "Salubrity checklist"}


@dataclass(frozen=True, slots=True)
class ChecklistFilter:
    """What to list; None keeps everything."""

    code: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """A version of a checklist without its items."""

    id: UUID
    code: str
    version: int
    title_fr: str
    title_en: str
    item_count: int
    state: str
    published_at: datetime | None
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class Words:
    """What a draft says."""

    title_fr: str
    title_en: str
    items: tuple[Item, ...]

    def columns(self) -> dict[str, object]:
        """Give it as its columns."""
        return {
            "title_fr": self.title_fr,
            "title_en": self.title_en,
            "items": [asdict(item) for item in self.items],
        }


async def find(
    session: AsyncSession, organisation: UUID, code: str, version: int, *, lock: bool = False
) -> ChecklistRow | None:
    """Find a published version of a checklist; the default one is always there."""
    statement = select(ChecklistRow).where(
        col(ChecklistRow.code) == code, col(ChecklistRow.version) == version
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is None and (code, version) == DEFAULT:
        await copy_default(session, organisation)
        row = (await session.execute(statement)).scalar_one()
    return row


async def draft(
    session: AsyncSession, code: str, *, lock: bool = False
) -> ChecklistDraftRow | None:
    """Find the draft of a checklist, if it has one."""
    statement = select(ChecklistDraftRow).where(col(ChecklistDraftRow.code) == code)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(statement)).scalar_one_or_none()


async def latest(session: AsyncSession, organisation: UUID, code: str) -> ChecklistRow | None:
    """Find the published version of a checklist with the highest number."""
    if code == DEFAULT[0]:
        await copy_default(session, organisation)
    statement = (
        select(ChecklistRow)
        .where(col(ChecklistRow.code) == code)
        .order_by(col(ChecklistRow.version).desc())
        .limit(1)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def in_use(session: AsyncSession, code: str) -> list[int]:
    """Give the versions of a checklist that may be filled in."""
    statement = (
        select(col(ChecklistRow.version))
        .where(col(ChecklistRow.code) == code, col(ChecklistRow.retired_at).is_(None))
        .order_by(col(ChecklistRow.version))
    )
    return list((await session.execute(statement)).scalars())


async def page(
    session: AsyncSession,
    wanted: ChecklistFilter,
    *,
    after: tuple[str, int] | None,
    limit: int,
) -> list[Summary]:
    """List versions by code and number, drafts among them, after the one that `after` names."""
    published, drafted = ChecklistRow, ChecklistDraftRow
    use = case((col(published.retired_at).is_(None), "published"), else_="retired")
    every = (
        _told(published)
        .add_columns(use, col(published.published_at), col(published.retired_at))
        .union_all(_told(drafted).add_columns(literal("draft"), null(), null()))
        .subquery()
    )
    _, code, version, _, _, _, state, _, _ = every.c
    statement = select(every).order_by(code.collate("C"), version).limit(limit)
    if wanted.code is not None:
        statement = statement.where(code == wanted.code)
    if wanted.state is not None:
        statement = statement.where(state == wanted.state)
    if after is not None:
        statement = statement.where(tuple_(code.collate("C"), version) > tuple_(*after))
    return [Summary(*row) for row in await session.execute(statement)]


def _told(table: type[ChecklistRow | ChecklistDraftRow]) -> Select[*tuple[object, ...]]:
    return select(
        col(table.id),
        col(table.code),
        col(table.version),
        col(table.title_fr),
        col(table.title_en),
        func.jsonb_array_length(col(table.items)),
    )


async def create_draft(
    session: AsyncSession, organisation: UUID, *, code: str, version: int, words: Words
) -> ChecklistDraftRow | None:
    """Insert a draft; None when the checklist has one."""
    statement = (
        insert(ChecklistDraftRow)
        .values(
            organisation=organisation,
            id=uuid4(),
            code=code,
            version=version,
            revision=1,
            **words.columns(),
        )
        .on_conflict_do_nothing(constraint="checklist_draft_code")
        .returning(ChecklistDraftRow)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def renumber(
    session: AsyncSession, row: ChecklistDraftRow, version: int
) -> ChecklistDraftRow:
    """Give a draft another number."""
    statement = (
        update(ChecklistDraftRow)
        .where(col(ChecklistDraftRow.id) == row.id)
        .values(version=version)
        .returning(ChecklistDraftRow)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()


async def rewrite(session: AsyncSession, row: ChecklistDraftRow, words: Words) -> ChecklistDraftRow:
    """Give a draft other words and a new revision."""
    statement = (
        update(ChecklistDraftRow)
        .where(col(ChecklistDraftRow.id) == row.id)
        .values(revision=row.revision + 1, updated_at=func.now(), **words.columns())
        .returning(ChecklistDraftRow)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()


async def publish(session: AsyncSession, row: ChecklistDraftRow) -> ChecklistRow:
    """Make a draft a published version, and no draft any more."""
    names = ("organisation", "id", "code", "version", "title_fr", "title_en", "items", "created_at")
    statement = (
        insert(ChecklistRow)
        .values(**{name: getattr(row, name) for name in names})
        .returning(ChecklistRow)
    )
    published = (await session.execute(statement)).scalar_one()
    await delete_draft(session, row)
    return published


async def delete_draft(session: AsyncSession, row: ChecklistDraftRow) -> None:
    """Remove a draft."""
    statement = delete_rows(ChecklistDraftRow).where(col(ChecklistDraftRow.id) == row.id)
    await session.execute(statement)


async def retire(session: AsyncSession, row: ChecklistRow, reason: str) -> ChecklistRow:
    """Mark a published version as not to be filled in any more."""
    statement = (
        update(ChecklistRow)
        .where(col(ChecklistRow.id) == row.id)
        .values(retired_at=func.now(), retired_because=reason)
        .returning(ChecklistRow)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()


def items_of(row: ChecklistRow | ChecklistDraftRow) -> tuple[Item, ...]:
    """Read the items of a stored checklist."""
    return tuple(_item(item) for item in row.items)


def checklist_of(row: ChecklistRow | ChecklistDraftRow) -> Checklist:
    """Read a stored checklist."""
    return Checklist(row.code, row.version, {item.code: item for item in items_of(row)})


def _item(stored: dict[str, object]) -> Item:
    return Item(**stored | {"scope": Scope(str(stored["scope"]))})  # type: ignore[arg-type] # as written by `Words`


async def copy_default(session: AsyncSession, organisation: UUID) -> None:
    """Give an organisation the default checklist, unless it has it."""
    code, version = DEFAULT
    known = select(ChecklistRow.id).where(  # type: ignore[call-overload] # SQLModel types it as its value
        col(ChecklistRow.code) == code, col(ChecklistRow.version) == version
    )
    if (await session.execute(known)).first() is not None:
        return
    content = files("inspections.store").joinpath("default_checklist.csv").read_bytes()
    words = Words(**DEFAULT_TITLE, items=parse_items(content))
    await session.execute(
        insert(ChecklistRow)
        .values(
            organisation=organisation, id=uuid4(), code=code, version=version, **words.columns()
        )
        .on_conflict_do_nothing(constraint="checklist_code_version")
    )
