"""Forms of field apps, and the lists that come with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.domain.visit_course import AHEAD
from inspections.store.rows import Row
from inspections.store.scope import PLACES_SEEN
from inspections.store.tables import ChecklistRow, FieldFormRow

# A place that takes no bookings is not visited by round; one that is confidential is on no device.
VISITS = text(
    "select visit.id, visit.scheduled_at, accommodation.id as accommodation_id, "  # noqa: S608 - ours
    "accommodation.name, accommodation.city, room_draw.rooms, room_draw.size "
    "from visit join accommodation on accommodation.id = visit.accommodation_id "
    "left join room_draw on room_draw.visit_id = visit.id "
    "where visit.scheduled_at >= :since and visit.scheduled_at < :until "
    "and visit.state = any(:ahead) and :inspector = any(visit.inspector_ids) "
    "and accommodation.contract_state <> 'suspended' and not accommodation.confidential_address "
    f"and accommodation.merged_into is null and {PLACES_SEEN} "
    "order by visit.scheduled_at, visit.id"
)
OPEN = text(
    "select visit.id as visit, anomaly.id as anomaly, anomaly.item, anomaly.room, "
    "anomaly.severity, anomaly.last_seen_at "
    "from visit join anomaly on anomaly.accommodation_id = visit.accommodation_id "
    "where visit.id = any(:visits) and anomaly.item = any(:items) "
    "and anomaly.state not in ('verified', 'accepted_risk') "
    "order by visit.id, anomaly.severity desc, anomaly.item, anomaly.room, anomaly.id"
)


@dataclass(frozen=True, slots=True)
class Tour:
    """Whose visits, between which moments; no territories means all."""

    inspector: UUID
    territories: Sequence[str]
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class TourVisit:
    """A visit of a tour; `rooms_to_see` are labels in the order drawn, none before its day."""

    id: UUID
    scheduled_at: datetime
    accommodation_id: UUID
    name: str
    city: str
    rooms_to_see: Sequence[str]


@dataclass(frozen=True, slots=True)
class OpenFinding:
    """Something open at the place of a visit."""

    visit: UUID
    anomaly: UUID
    item: str
    room: str | None
    severity: int
    last_seen_at: datetime


async def fillable(session: AsyncSession) -> list[ChecklistRow]:
    """List the newest version of each checklist that may be filled in."""
    row = ChecklistRow
    statement = (
        select(row).where(col(row.retired_at).is_(None)).order_by(col(row.code), col(row.version))
    )
    return list({it.code: it for it in (await session.execute(statement)).scalars()}.values())


async def find(session: AsyncSession, code: str, version: str) -> FieldFormRow | None:
    """Find a form that was made."""
    statement = select(FieldFormRow).where(
        col(FieldFormRow.code) == code, col(FieldFormRow.version) == version
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def keep(session: AsyncSession, values: Row) -> FieldFormRow:
    """Keep a form, and give the one that is kept: somebody may have made it meanwhile."""
    await session.execute(insert(FieldFormRow).values(values).on_conflict_do_nothing())
    statement = select(FieldFormRow).where(
        col(FieldFormRow.code) == values["code"], col(FieldFormRow.version) == values["version"]
    )
    return (await session.execute(statement)).scalar_one()


async def visits_of(session: AsyncSession, tour: Tour) -> list[TourVisit]:
    """List the visits of a tour that are to come."""
    found = await session.execute(
        VISITS,
        {
            "inspector": tour.inspector,
            "territories": list(tour.territories),
            "since": tour.since,
            "until": tour.until,
            "ahead": list(AHEAD),
        },
    )
    return [
        TourVisit(
            it.id,
            it.scheduled_at,
            it.accommodation_id,
            it.name,
            it.city,
            _to_see(it.rooms, it.size),
        )
        for it in found
    ]


async def open_findings(
    session: AsyncSession, visits: Sequence[UUID], items: Sequence[str]
) -> list[OpenFinding]:
    """List what is open at the places of visits and can be answered by these items."""
    found = await session.execute(OPEN, {"visits": list(visits), "items": list(items)})
    return [OpenFinding(*it) for it in found]


def _to_see(rooms: Sequence[dict[str, object]] | None, size: int | None) -> list[str]:
    return [str(it["label"]) for it in (rooms or [])[:size] if it["label"] is not None]
