"""Checklists in the database.

Each organisation has its own. The default checklist is copied into an organisation the first time
it is asked for, so that its inspections keep their grid whatever later releases recommend.
"""

from importlib.resources import files
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.domain.checklist import Checklist, Item, Scope, parse_checklist
from inspections.store.tables import ChecklistRow

DEFAULT = ("default", 1)


async def find(
    session: AsyncSession, organisation: UUID, code: str, version: int
) -> ChecklistRow | None:
    """Find a version of a checklist; the default one is always there."""
    statement = select(ChecklistRow).where(
        col(ChecklistRow.code) == code, col(ChecklistRow.version) == version
    )
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is None and (code, version) == DEFAULT:
        await _copy_default(session, organisation)
        row = (await session.execute(statement)).scalar_one()
    return row


def checklist_of(row: ChecklistRow) -> Checklist:
    """Read a stored checklist."""
    items = {str(item["code"]): _item(item) for item in row.items}
    return Checklist(code=row.code, version=row.version, items=items)


def _item(stored: dict[str, object]) -> Item:
    return Item(**stored | {"scope": Scope(str(stored["scope"]))})  # type: ignore[arg-type] # as written by `_copy_default`


async def _copy_default(session: AsyncSession, organisation: UUID) -> None:
    text = files("inspections.store").joinpath("default_checklist.csv").read_text("utf-8")
    checklist = parse_checklist(text, *DEFAULT)
    await session.execute(
        insert(ChecklistRow)
        .values(
            organisation=organisation,
            id=uuid4(),
            code=checklist.code,
            version=checklist.version,
            items=[_stored(item) for item in checklist.items.values()],
        )
        .on_conflict_do_nothing(constraint="checklist_code_version")
    )


def _stored(item: Item) -> dict[str, object]:
    return {name: getattr(item, name) for name in Item.__dataclass_fields__}
