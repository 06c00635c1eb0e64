"""What planning needs to know of each place, in one query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Text,
    and_,
    case,
    cast,
    exists,
    func,
    inspect,
    select,
    text,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.selectable import FromClause, LateralFromClause
from sqlmodel import col

from inspections.domain.anomaly import UNDONE, Responsibility
from inspections.domain.visit_course import AHEAD
from inspections.store.scope import in_territories
from inspections.store.tables import (
    AccommodationRow,
    AnomalyRow,
    InspectionRow,
    ReinspectionRow,
    VisitRow,
)

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
    is the earliest deadline of the critical findings that no graded visit has followed. Of what
    stands against the operator, `danger` tells whether some is one, `worst` and `worst_late` are
    the highest severities, of all and of what is past its deadline. `visit_hours` are in JSON.
    """

    id: UUID
    name: str
    territory: str
    sector: str
    lon: float | None
    lat: float | None
    rooms: int
    visit_hours: str
    skills: list[str]
    people: int | None
    children_under_three: int | None
    visited_at: datetime | None
    grade: str | None
    reinspect_by: date | None
    see_again_by: date | None
    danger: bool | None
    worst: int | None
    worst_late: int | None


async def bookable(
    session: AsyncSession, territories: Sequence[str], first: datetime, end: datetime
) -> list[Bookable]:
    """List the places under contract that have no visit planned from `first` to `end`, by id."""
    place = AccommodationRow
    parts = (_last_visit(), _duty(), _again(), _standing(first))
    hidden = col(place.confidential_address)
    statement = (
        # Columns, not rows: objects of the session would take twice the time.
        select(
            col(place.id),
            col(place.name),
            col(place.territory),
            col(place.sector),
            # Plans and maps are read by many: a confidential place is as if it had no position.
            case((~hidden, col(place.lon))).label("lon"),
            case((~hidden, col(place.lat))).label("lat"),
            col(place.rooms),
            cast(col(place.visit_hours), Text),
            col(place.skills),
            col(place.people),
            col(place.children_under_three),
            *(column for part in parts for column in part.c),
        )
        .select_from(_beside(place, parts))
        .where(
            col(place.contract_state) == "active",
            in_territories(territories),
            ~_planned(first, end),
        )
        .order_by(col(place.id))
    )
    return [Bookable(*tuple(row)) for row in await session.execute(statement)]


def _beside(place: type[AccommodationRow], parts: Sequence[LateralFromClause]) -> FromClause:
    joined: FromClause = inspect(place).local_table
    for part in parts:
        joined = joined.join(part, true(), isouter=True)
    return joined


def _planned(first: datetime, end: datetime) -> ColumnElement[bool]:
    return exists().where(
        col(VisitRow.organisation) == AccommodationRow.organisation,
        col(VisitRow.accommodation_id) == AccommodationRow.id,
        col(VisitRow.state).in_(AHEAD),
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
    # Never null: a bound that stands alone is read by the index, also under row-level security,
    # for which "or" and "coalesce" around it count as leaky.
    never = text("timestamptz '-infinity'")
    seen = (
        select(func.coalesce(func.max(col(InspectionRow.occurred_at)), never))
        .where(HERE, DONE, GRADED)
        .correlate(AccommodationRow)
        .scalar_subquery()
    )
    return (
        select(func.min(col(InspectionRow.reinspect_by)).label("reinspect_by"))
        .where(HERE, GRADED, col(InspectionRow.occurred_at) >= seen)
        .correlate(AccommodationRow)
        .lateral("duty")
    )


def _again() -> LateralFromClause:
    """Find the day of a re-inspection that is proposed: at most one is open."""
    row = ReinspectionRow
    return (
        select(col(row.see_by).label("see_again_by"))
        .where(
            col(row.organisation) == AccommodationRow.organisation,
            col(row.accommodation_id) == AccommodationRow.id,
            col(row.closed_at).is_(None),
        )
        .correlate(AccommodationRow)
        .lateral("again")
    )


def _standing(at: datetime) -> LateralFromClause:
    """Sum up what stands against the operator at a moment; there is always one row."""
    row = AnomalyRow
    late = and_(col(row.state).in_(UNDONE), col(row.due_at) < at)
    return (
        select(
            func.bool_or(col(row.critical)).label("danger"),
            func.max(col(row.severity)).label("worst"),
            func.max(col(row.severity)).filter(late).label("worst_late"),
        )
        .where(
            col(row.organisation) == AccommodationRow.organisation,
            col(row.accommodation_id) == AccommodationRow.id,
            # A literal, in which the planner recognises the index on what stands.
            text("anomaly.state <> 'verified'"),
            col(row.responsibility) == Responsibility.operator,
        )
        .correlate(AccommodationRow)
        .lateral("standing")
    )
