"""Lists of what happened at places: newest first, page by page, as plain values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store.rows import Moment, columns, older_than, values_of
from inspections.store.scope import at_places_in
from inspections.store.tables import AlertRow, NoticeRow, SanctionRow, Table

Found = TypeVar("Found", AlertRow, NoticeRow, SanctionRow)


@dataclass(frozen=True, slots=True)
class AtPlaces:
    """What of places to list; None and empty keep everything."""

    territories: Sequence[str] = ()
    accommodation_id: UUID | None = None
    state: str | None = None

    def conditions(self, table: type[Table]) -> Iterable[ColumnElement[bool]]:
        """Yield what the rows must fulfil."""
        known = inspect(table).local_table.c
        yield at_places_in(known.accommodation_id, self.territories)
        if self.accommodation_id is not None:
            yield known.accommodation_id == self.accommodation_id
        if self.state is not None:
            yield known.state == self.state


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list reads: columns of a table, and the time by which it is sorted."""

    table: type[Table]
    names: Sequence[str]
    by: str


async def newest(
    session: AsyncSession,
    listing: Listing,
    conditions: Iterable[ColumnElement[bool]],
    *,
    after: Moment | None,
    limit: int,
) -> list[dict[str, object]]:
    """List rows that fulfil all conditions, newest first, after the one that `after` names."""
    known = inspect(listing.table).local_table.c
    order = (known[listing.by], known.id)
    statement = (
        columns(listing.table, listing.names)
        .where(*conditions, older_than(*order, after))
        .order_by(*(column.desc() for column in order))
        .limit(limit)
    )
    return await values_of(session, statement)


async def one(
    session: AsyncSession,
    table: type[Found],
    id: UUID,
    territories: Sequence[str],
    *,
    lock: bool = False,
) -> Found | None:
    """Find what happened at a place of these territories; `lock` keeps others from moving it."""
    known = inspect(table).local_table.c
    statement = select(table).where(
        known.id == id, at_places_in(known.accommodation_id, territories)
    )
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(statement)).scalar_one_or_none()
