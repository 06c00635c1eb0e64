"""Draws of rooms, and what the record knows of the rooms of a place."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.domain.calendar import local_day
from inspections.domain.room_draw import METHOD, Room, RoomPast
from inspections.domain.room_visits import Draw
from inspections.store.rows import Row, among, insert_rows
from inspections.store.tables import InspectionRoomRow, RoomDrawRow

PASTS = text(
    "select room, max(seen_at) as seen_at, coalesce(max(worst), 0) as worst, "
    "coalesce(bool_or(critical), false) as critical from ("
    "select room, occurred_at as seen_at, 0 as worst, false as critical from inspection_room "
    "where accommodation_id = :place and outcome = 'seen' "
    "union all "
    "select room, last_seen_at, severity, critical from anomaly "
    "where accommodation_id = :place and scope = 'room' and room is not null "
    "and state <> 'verified') as past group by room order by room"
)


@dataclass(frozen=True, slots=True)
class NewDraw:
    """A draw to keep: `rooms` in their order, the first `size` to be seen."""

    visit_id: UUID
    accommodation_id: UUID
    seed: str
    size: int
    rooms: Sequence[Room]
    drawn_by: str


async def of_visit(session: AsyncSession, visit_id: UUID) -> RoomDrawRow | None:
    """Find the draw of a visit."""
    statement = select(RoomDrawRow).where(col(RoomDrawRow.visit_id) == visit_id)
    return (await session.execute(statement)).scalar_one_or_none()


async def of_visits(session: AsyncSession, visit_ids: Iterable[UUID]) -> dict[UUID, Draw]:
    """Find the draws of visits, by visit."""
    row = RoomDrawRow
    statement = select(col(row.visit_id), col(row.rooms), col(row.size)).where(
        among(col(row.visit_id), visit_ids)
    )
    return {
        it.visit_id: Draw([room["label"] for room in it.rooms], it.size)
        for it in await session.execute(statement)
    }


async def pasts(session: AsyncSession, accommodation_id: UUID) -> dict[str, RoomPast]:
    """Tell what is known of the rooms of a place that were seen, or where something is wrong."""
    found = await session.execute(PASTS, {"place": accommodation_id})
    return {it.room: RoomPast(local_day(it.seen_at), it.worst, it.critical) for it in found}


async def create(session: AsyncSession, organisation: UUID, draw: NewDraw) -> RoomDrawRow:
    """Keep a draw."""
    statement = (
        insert(RoomDrawRow)
        .values(
            organisation=organisation,
            id=uuid4(),
            visit_id=draw.visit_id,
            accommodation_id=draw.accommodation_id,
            method=METHOD,
            seed=draw.seed,
            size=draw.size,
            rooms=[_stored(room) for room in draw.rooms],
            drawn_by=draw.drawn_by,
        )
        .returning(RoomDrawRow)
    )
    return (await session.execute(statement)).scalar_one()


def _stored(room: Room) -> dict[str, object]:
    last_seen_on = room.past.last_seen_on
    return {
        "label": room.label,
        "ordinal": room.ordinal,
        "why": room.why,
        "last_seen_on": None if last_seen_on is None else last_seen_on.isoformat(),
        "worst": room.past.worst,
        "critical": room.past.critical,
    }


async def insert_visited(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Insert what became of rooms."""
    await insert_rows(session, InspectionRoomRow, rows)


async def visited(
    session: AsyncSession, inspection_ids: Iterable[UUID]
) -> Mapping[UUID, list[InspectionRoomRow]]:
    """Find what became of rooms, by inspection, in the order of the draw and then of labels."""
    row = InspectionRoomRow
    statement = (
        select(row)
        .where(among(col(row.inspection_id), inspection_ids))
        .order_by(col(row.drawn), col(row.room))
    )
    found: dict[UUID, list[InspectionRoomRow]] = {}
    for it in (await session.execute(statement)).scalars():
        found.setdefault(it.inspection_id, []).append(it)
    return found
