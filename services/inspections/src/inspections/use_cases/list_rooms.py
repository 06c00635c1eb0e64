"""Declare the rooms of a place."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store import accommodations, rooms
from inspections.store.tables import RoomRow
from shared.contracts.inspections.places import RoomList
from shared.problems import invalid, not_found


async def declare_rooms(
    session: AsyncSession, accommodation_id: UUID, territories: Sequence[str], declared: RoomList
) -> list[RoomRow]:
    """Make the rooms given those in use; one that comes back under its label has its old id.

    Raises
    ------
    Problem : 404 unknown place, 422 a label twice, or more rooms than the place has
    """
    place = await accommodations.by_id(session, accommodation_id, territories, lock=True)
    if place is None:
        raise not_found("accommodation")
    if len(declared.items) > place.rooms:
        raise invalid(
            "/items", f"{len(declared.items)} rooms, the place has {place.rooms}; change that first"
        )
    first: dict[str, int] = {}
    for number, room in enumerate(declared.items):
        if first.setdefault(room.label, number) != number:
            raise invalid(f"/items/{number}/label", f"is that of item {first[room.label]} too")
    await rooms.declare(
        session, place.organisation, place.id, [it.model_dump() for it in declared.items]
    )
    return await rooms.of_place(session, place.id)
