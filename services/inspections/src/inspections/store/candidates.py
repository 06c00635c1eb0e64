"""What planning needs to know of each place, in one query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.store.scope import in_territories
from inspections.store.tables import AccommodationRow, InspectionRow


@dataclass(frozen=True, slots=True)
class LastVisit:
    """What the last visit that was carried out said of a place."""

    occurred_at: datetime
    grade: str | None
    reinspect_by: date | None


async def bookable(
    session: AsyncSession, territories: Sequence[str]
) -> list[tuple[AccommodationRow, LastVisit | None]]:
    """List the places under contract with their last visit, by id."""
    last = (
        select(
            col(InspectionRow.occurred_at),
            col(InspectionRow.grade),
            col(InspectionRow.reinspect_by),
        )
        .where(
            col(InspectionRow.organisation) == AccommodationRow.organisation,
            col(InspectionRow.accommodation_id) == AccommodationRow.id,
            col(InspectionRow.outcome) == "done",
        )
        .order_by(col(InspectionRow.occurred_at).desc())
        .limit(1)
        .lateral("last")
    )
    statement = (
        select(AccommodationRow, *last.c)
        .join(last, true(), isouter=True)
        .where(col(AccommodationRow.contract_state) == "active", in_territories(territories))
        .order_by(col(AccommodationRow.id))
    )
    rows = await session.execute(statement)
    return [(row, LastVisit(*told) if told[0] else None) for row, *told in rows]
