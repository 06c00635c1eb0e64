"""What planning needs to know of each place, in one query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.selectable import LateralFromClause
from sqlmodel import col

from inspections.store.scope import in_territories
from inspections.store.tables import AccommodationRow, InspectionRow, VisitRow
from inspections.store.visits import PLANNED

HERE = and_(
    col(InspectionRow.organisation) == AccommodationRow.organisation,
    col(InspectionRow.accommodation_id) == AccommodationRow.id,
)
DONE = col(InspectionRow.outcome) == "done"
GRADED = col(InspectionRow.grade).is_not(None)


@dataclass(frozen=True, slots=True)
class Bookable:
    """A place under contract.

    `visited_at` and `grade` are of the last visit that was carried out, if any; `reinspect_by`
    is the earliest deadline of the critical findings that no graded visit has followed.
    """

    id: UUID
    name: str
    territory: str
    sector: str
    lon: float | None
    lat: float | None
    rooms: int
    visit_hours: list[dict[str, object]]
    skills: list[str]
    visited_at: datetime | None
    grade: str | None
    reinspect_by: date | None


async def bookable(
    session: AsyncSession, territories: Sequence[str], first: datetime, end: datetime
) -> list[Bookable]:
    """List the places under contract that have no visit planned from `first` to `end`, by id."""
    place, last, duty = AccommodationRow, _last_visit(), _duty()
    statement = (
        # Columns, not rows: objects of the session would take twice the time.
        select(
            col(place.id),
            col(place.name),
            col(place.territory),
            col(place.sector),
            col(place.lon),
            col(place.lat),
            col(place.rooms),
            col(place.visit_hours),
            col(place.skills),
            *last.c,
            *duty.c,
        )
        .select_from(place)
        .join(last, true(), isouter=True)
        .join(duty, true(), isouter=True)
        .where(
            col(place.contract_state) == "active",
            in_territories(territories),
            ~_planned(first, end),
        )
        .order_by(col(place.id))
    )
    return [Bookable(*row) for row in await session.execute(statement)]


def _planned(first: datetime, end: datetime) -> ColumnElement[bool]:
    return exists().where(
        col(VisitRow.organisation) == AccommodationRow.organisation,
        col(VisitRow.accommodation_id) == AccommodationRow.id,
        col(VisitRow.state) == PLANNED,
        col(VisitRow.scheduled_at) >= first,
        col(VisitRow.scheduled_at) < end,
    )


def _last_visit() -> LateralFromClause:
    return (
        select(col(InspectionRow.occurred_at), col(InspectionRow.grade))
        .where(HERE, DONE)
        .order_by(col(InspectionRow.occurred_at).desc())
        .limit(1)
        .lateral("last")
    )


def _duty() -> LateralFromClause:
    """Find the deadline that stands: only a visit that took place and saw something ends one."""
    seen = (
        select(func.max(col(InspectionRow.occurred_at)))
        .where(HERE, DONE, GRADED)
        .correlate(AccommodationRow)
        .scalar_subquery()
    )
    since: ColumnElement[bool] = or_(seen.is_(None), col(InspectionRow.occurred_at) >= seen)
    return (
        select(func.min(col(InspectionRow.reinspect_by)).label("reinspect_by"))
        .where(HERE, GRADED, since)
        .correlate(AccommodationRow)
        .lateral("duty")
    )
