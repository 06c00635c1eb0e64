"""Visits in the database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.store.rows import Moment, Row, among, insert_rows, older_than
from inspections.store.scope import at_places_in
from inspections.store.tables import VisitRow

PLANNED = "planned"


@dataclass(frozen=True, slots=True)
class VisitFilter:
    """What to list; None and empty keep everything."""

    territories: Sequence[str] = ()
    accommodation_id: UUID | None = None
    state: str | None = None
    plan_id: UUID | None = None
    inspector_id: UUID | None = None
    scheduled_from: datetime | None = None
    scheduled_before: datetime | None = None

    def conditions(self) -> Iterable[ColumnElement[bool]]:
        """Yield what the rows must fulfil."""
        row = VisitRow
        yield at_places_in(col(row.accommodation_id), self.territories)
        if self.accommodation_id is not None:
            yield col(row.accommodation_id) == self.accommodation_id
        if self.state is not None:
            yield col(row.state) == self.state
        if self.plan_id is not None:
            yield col(row.plan_id) == self.plan_id
        if self.inspector_id is not None:
            yield col(row.inspector_ids).contains([self.inspector_id])
        if self.scheduled_from is not None:
            yield col(row.scheduled_at) >= self.scheduled_from
        if self.scheduled_before is not None:
            yield col(row.scheduled_at) < self.scheduled_before


async def page(
    session: AsyncSession, wanted: VisitFilter, *, after: Moment | None, limit: int
) -> list[VisitRow]:
    """List visits, newest first, after the one that `after` names."""
    order = (col(VisitRow.scheduled_at), col(VisitRow.id))
    statement = (
        select(VisitRow)
        .where(*wanted.conditions(), older_than(*order, after))
        .order_by(*(column.desc() for column in order))
        .limit(limit)
    )
    return list((await session.execute(statement)).scalars())


async def by_id(session: AsyncSession, id: UUID, territories: Sequence[str]) -> VisitRow | None:
    """Find a visit of a place of these territories."""
    statement = select(VisitRow).where(
        col(VisitRow.id) == id, at_places_in(col(VisitRow.accommodation_id), territories)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def locked(session: AsyncSession, ids: Iterable[UUID]) -> dict[UUID, VisitRow]:
    """Find visits and keep others from closing them until the transaction ends."""
    statement = (
        select(VisitRow)
        .where(among(col(VisitRow.id), ids))
        .order_by(col(VisitRow.id))
        .with_for_update()
        # A second attempt must not see a visit as the first one did.
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in (await session.execute(statement)).scalars()}


async def insert_new(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Insert visits."""
    await insert_rows(session, VisitRow, rows)


async def by_sent_as(session: AsyncSession, keys: Iterable[str]) -> dict[str, VisitRow]:
    """Find the visits already made of these sendings."""
    statement = select(VisitRow).where(among(col(VisitRow.sent_as), keys))
    return {str(row.sent_as): row for row in (await session.execute(statement)).scalars()}


async def close(session: AsyncSession, outcomes: dict[UUID, str]) -> None:
    """Give visits the state their inspections ended in."""
    if not outcomes:
        return
    await session.execute(
        text(
            "update visit set state = closed.state "
            "from unnest(cast(:ids as uuid[]), cast(:states as varchar[])) as closed (id, state) "
            "where visit.id = closed.id"
        ),
        {"ids": list(outcomes), "states": list(outcomes.values())},
    )
