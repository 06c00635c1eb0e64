"""Draw the rooms a visit sees, on its day and once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.calendar import local_day
from inspections.domain.room_draw import chance_of_a_bad_one, draw_size, ordered, rooms_of
from inspections.domain.visit_course import AHEAD
from inspections.store import accommodations, room_draws, visits
from inspections.store import rooms as declared_rooms
from inspections.store.room_draws import NewDraw
from inspections.store.tables import RoomDrawRow
from shared.contracts.inspections.room_draws import DrawnRoom, RoomDraw
from shared.contracts.message import Label
from shared.problems import conflict, not_found

# Ours, to be calibrated with the teams: no text read asks for a number.
SIZE_SOURCE = Label(
    fr="1,5 × la racine carrée du nombre de chambres, trois au moins, et toute chambre où subsiste "
    "un danger ; règle de Ronde, à caler avec les équipes",
    en="1.5 × the square root of the number of rooms, three at least, and every room where a "
    "danger stands; Ronde's own rule, to be calibrated with the teams",
)


@dataclass(frozen=True, slots=True)
class Drawer:
    """Who draws, when, and with which seed; no territories means all."""

    organisation: UUID
    subject: str
    territories: Sequence[str]
    now: datetime
    seed: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A draw, and whether it was made just now."""

    row: RoomDrawRow
    created: bool


async def draw_rooms(session: AsyncSession, drawer: Drawer, visit_id: UUID) -> Drawn:
    """Draw the rooms of a visit; what was drawn stays drawn.

    Raises
    ------
    Problem : 404 unknown, 409 before its day or after its end
    """
    visit = await visits.by_id(session, visit_id, drawer.territories, lock=True)
    if visit is None:
        raise not_found("visit")
    known = await room_draws.of_visit(session, visit_id)
    if known is not None:
        return Drawn(known, created=False)
    if visit.state not in AHEAD:
        raise conflict(f"the visit is {visit.state}; rooms are drawn before they are seen")
    day = local_day(visit.scheduled_at)
    if local_day(drawer.now) < day:
        raise conflict(f"rooms are drawn on the day of the visit, {day}, so that nobody prepares")
    place = await accommodations.by_id(session, visit.accommodation_id, ())
    if place is None:
        raise not_found("visit")
    declared = [room.label for room in await declared_rooms.of_place(session, place.id)]
    rooms = rooms_of(place.rooms, declared, await room_draws.pasts(session, place.id))
    draw = NewDraw(
        visit_id=visit_id,
        accommodation_id=place.id,
        seed=drawer.seed,
        size=draw_size(rooms),
        rooms=ordered(rooms, drawer.seed),
        drawn_by=drawer.subject,
    )
    return Drawn(await room_draws.create(session, drawer.organisation, draw), created=True)


def room_draw(row: RoomDrawRow) -> RoomDraw:
    """Write a draw."""
    return RoomDraw(
        visit_id=row.visit_id,
        accommodation_id=row.accommodation_id,
        method=row.method,
        seed=row.seed,
        rooms_total=len(row.rooms),
        size=row.size,
        size_source=SIZE_SOURCE,
        chance_of_a_bad_one=round(chance_of_a_bad_one(len(row.rooms), row.size), 4),
        drawn_at=row.drawn_at,
        rooms=[
            DrawnRoom.model_validate(
                room | {"number": n, "room": room["label"], "to_see": n <= row.size}
            )
            for n, room in enumerate(row.rooms, 1)
        ],
    )
