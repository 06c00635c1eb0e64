"""What other systems call our places, in the database."""

from collections.abc import Iterable, Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.store.rows import Row, among, insert_rows
from inspections.store.scope import at_located_places, at_places_in
from inspections.store.tables import ExternalIdentifierRow

Key = tuple[str, str]
KEY = (col(ExternalIdentifierRow.system), col(ExternalIdentifierRow.external_id))


async def by_keys(session: AsyncSession, keys: Iterable[Key]) -> dict[Key, UUID]:
    """Give the places of identifiers that are known."""
    statement = select(ExternalIdentifierRow).where(tuple_(*KEY).in_(sorted(set(keys))))
    rows = (await session.execute(statement)).scalars()
    return {(row.system, row.external_id): row.accommodation_id for row in rows}


async def among_these(
    session: AsyncSession,
    system: str,
    wanted: tuple[str, Iterable[object]],
    territories: Sequence[str],
    *,
    keeper: bool,
) -> list[ExternalIdentifierRow]:
    """List the identifiers of a system by one of two columns, `wanted` with its values."""
    name, values = wanted
    place = col(ExternalIdentifierRow.accommodation_id)
    statement = (
        select(ExternalIdentifierRow)
        .where(
            col(ExternalIdentifierRow.system) == system,
            among(col(getattr(ExternalIdentifierRow, name)), values),
            at_places_in(place, territories),
            at_located_places(place, keeper=keeper),
        )
        .order_by(*KEY)
    )
    return list((await session.execute(statement)).scalars())


async def insert_new(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Insert identifiers."""
    await insert_rows(session, ExternalIdentifierRow, rows)


async def page(
    session: AsyncSession,
    wanted: Mapping[str, object],
    territories: Sequence[str],
    *,
    keeper: bool,
    after: Key | None,
    limit: int,
) -> list[ExternalIdentifierRow]:
    """List identifiers by system; `wanted` narrows by column, None keeping everything.

    Registers that anybody may read tell where a place is by its identifier there, so those of
    confidential places are for keepers.
    """
    place = col(ExternalIdentifierRow.accommodation_id)
    statement = (
        select(ExternalIdentifierRow)
        .where(at_places_in(place, territories), at_located_places(place, keeper=keeper))
        .order_by(*KEY)
        .limit(limit)
    )
    for name, value in wanted.items():
        if value is not None:
            statement = statement.where(getattr(ExternalIdentifierRow, name) == value)
    if after is not None:
        statement = statement.where(tuple_(*KEY) > tuple_(*after))
    return list((await session.execute(statement)).scalars())


async def remove(session: AsyncSession, key: Key, territories: Sequence[str]) -> bool:
    """Forget an identifier; tell whether there was one."""
    statement = (
        delete(ExternalIdentifierRow)
        .where(
            tuple_(*KEY) == tuple_(*key),
            at_places_in(col(ExternalIdentifierRow.accommodation_id), territories),
        )
        .returning(col(ExternalIdentifierRow.system))
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None
