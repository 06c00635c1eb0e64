"""Visits in the database."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, text, true, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.domain.visit_course import AHEAD, CANCELLED
from inspections.store.listed import Listing, newest
from inspections.store.rows import (
    Moment,
    Row,
    among,
    insert_rows,
)
from inspections.store.scope import at_places_in
from inspections.store.tables import VisitRow


@dataclass(frozen=True, slots=True)
class VisitFilter:
    """What to list; None and empty keep everything.

    Without `surprises`, visits to come that are not announced are left out.
    """

    territories: Sequence[str] = ()
    accommodation_id: UUID | None = None
    state: str | None = None
    plan_id: UUID | None = None
    inspector_id: UUID | None = None
    scheduled_from: datetime | None = None
    scheduled_before: datetime | None = None
    announced: bool | None = None
    surprises: bool = True

    def conditions(self) -> Iterable[ColumnElement[bool]]:
        """Yield what the rows must fulfil."""
        row = VisitRow
        yield at_places_in(col(row.accommodation_id), self.territories)
        yield told(surprises=self.surprises)
        if self.accommodation_id is not None:
            yield col(row.accommodation_id) == self.accommodation_id
        if self.state is not None:
            yield col(row.state) == self.state
        if self.announced is not None:
            yield col(row.announced).is_(self.announced)
        if self.plan_id is not None:
            yield col(row.plan_id) == self.plan_id
        if self.inspector_id is not None:
            yield col(row.inspector_ids).contains([self.inspector_id])
        if self.scheduled_from is not None:
            yield col(row.scheduled_at) >= self.scheduled_from
        if self.scheduled_before is not None:
            yield col(row.scheduled_at) < self.scheduled_before


def told(*, surprises: bool) -> ColumnElement[bool]:
    """Keep the visits that may be told of: without `surprises`, none that is to be unannounced."""
    if surprises:
        return true()
    # One that was called off may be made anew, so it stays as unknown as it was.
    return or_(col(VisitRow.announced), col(VisitRow.state).not_in((*AHEAD, CANCELLED)))


async def page(
    session: AsyncSession,
    wanted: VisitFilter,
    names: Sequence[str],
    *,
    after: Moment | None,
    limit: int,
) -> list[dict[str, object]]:
    """List visits by the columns `names`, newest first, after the one that `after` names."""
    listing = Listing(VisitRow, names, by="scheduled_at")
    return await newest(session, listing, wanted.conditions(), after=after, limit=limit)


async def by_id(
    session: AsyncSession,
    id: UUID,
    territories: Sequence[str],
    *,
    surprises: bool = True,
    lock: bool = False,
) -> VisitRow | None:
    """Find a visit of a place of these territories."""
    statement = select(VisitRow).where(
        col(VisitRow.id) == id,
        at_places_in(col(VisitRow.accommodation_id), territories),
        told(surprises=surprises),
    )
    if lock:
        statement = statement.with_for_update()
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


@dataclass(frozen=True, slots=True)
class Closing:
    """How a visit ended: the state, and what its inspection told of times and rooms, if it did."""

    state: str
    rooms_seen: int
    started_at: datetime | None = None
    ended_at: datetime | None = None


async def close(session: AsyncSession, closings: Mapping[UUID, Closing]) -> None:
    """Give visits the state their inspections ended in; times told before stay unless told anew."""
    if not closings:
        return
    rows = [{"id": str(id)} | asdict(it) for id, it in closings.items()]
    await session.execute(
        text(
            "update visit set state = closed.state, rooms_seen = closed.rooms_seen, "
            "started_at = coalesce(closed.started_at, visit.started_at), "
            "ended_at = case when closed.started_at is null then visit.ended_at "
            "else closed.ended_at end, revision = visit.revision + 1, updated_at = now() "
            "from jsonb_populate_recordset(null::visit, cast(:rows as jsonb)) as closed "
            "where visit.id = closed.id"
        ),
        {"rows": json.dumps(rows, default=datetime.isoformat)},
    )


async def change(session: AsyncSession, row: VisitRow, values: Row) -> VisitRow:
    """Give a visit new values and a new revision."""
    statement = (
        update(VisitRow)
        .where(col(VisitRow.id) == row.id)
        .values(revision=row.revision + 1, updated_at=func.now(), **values)
        .returning(VisitRow)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()
