"""Operators in the database."""

from collections.abc import Iterable, Mapping
from uuid import UUID, uuid4

from sqlalchemy import func, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.store.tables import AccommodationRow, OperatorRow


async def page(
    session: AsyncSession, *, after: tuple[str, UUID] | None, limit: int
) -> list[OperatorRow]:
    """List operators by name, after the one that `after` names."""
    order = (col(OperatorRow.name), col(OperatorRow.id))
    statement = select(OperatorRow).order_by(*order).limit(limit)
    if after is not None:
        statement = statement.where(tuple_(*order) > tuple_(*after))
    return list((await session.execute(statement)).scalars())


async def by_id(session: AsyncSession, id: UUID, *, lock: bool = False) -> OperatorRow | None:
    """Find an operator."""
    statement = select(OperatorRow).where(col(OperatorRow.id) == id)
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def by_name(session: AsyncSession, name: str) -> OperatorRow | None:
    """Find the operator of a name."""
    statement = select(OperatorRow).where(col(OperatorRow.name) == name)
    return (await session.execute(statement)).scalar_one_or_none()


async def names_of(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, str]:
    """Give the names of operators that are known."""
    statement = select(col(OperatorRow.id), col(OperatorRow.name)).where(
        col(OperatorRow.id) == func.any(sorted(set(ids)))
    )
    return {row.id: row.name for row in await session.execute(statement)}


async def create(
    session: AsyncSession, organisation: UUID, values: Mapping[str, object]
) -> OperatorRow | None:
    """Insert an operator; None when its name is taken."""
    statement = (
        insert(OperatorRow)
        .values(organisation=organisation, id=uuid4(), revision=1, **values)
        .on_conflict_do_nothing(constraint="operator_name")
        .returning(OperatorRow)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def named(session: AsyncSession, organisation: UUID, names: Iterable[str]) -> dict[str, UUID]:
    """Give the operators of names, entering those not known yet."""
    wanted = sorted({name for name in names if name})
    if not wanted:
        return {}
    await session.execute(
        text(
            "insert into operator (organisation, id, name) "
            "select :organisation, gen_random_uuid(), it from unnest(cast(:names as varchar[])) it "
            "on conflict (organisation, name) do nothing"
        ),
        {"organisation": organisation, "names": wanted},
    )
    statement = select(col(OperatorRow.name), col(OperatorRow.id)).where(
        col(OperatorRow.name) == func.any(wanted)
    )
    return {row.name: row.id for row in await session.execute(statement)}


async def replace(
    session: AsyncSession, row: OperatorRow, values: Mapping[str, object]
) -> OperatorRow:
    """Give an operator new values and a new revision."""
    statement = (
        update(OperatorRow)
        .where(col(OperatorRow.id) == row.id)
        .values(revision=row.revision + 1, updated_at=func.now(), **values)
        .returning(OperatorRow)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()


async def rename_at_places(session: AsyncSession, id: UUID, name: str) -> list[AccommodationRow]:
    """Write an operator's new name at its places; return those."""
    statement = (
        update(AccommodationRow)
        .where(col(AccommodationRow.operator_id) == id)
        .values(operator=name, revision=col(AccommodationRow.revision) + 1, updated_at=func.now())
        .returning(AccommodationRow)
        .execution_options(populate_existing=True)
    )
    return list((await session.execute(statement)).scalars())
