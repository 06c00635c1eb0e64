"""The rooms of a place over HTTP."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request
from fastapi.responses import RedirectResponse

from inspections.api.reach import MOVED, moved
from inspections.store import rooms
from inspections.store.tables import RoomRow
from inspections.use_cases.list_rooms import declare_rooms
from shared.auth import Manager, Reader
from shared.contracts.inspections.places import Room, RoomList
from shared.db import Session
from shared.paging import Page
from shared.problems import responses

router = APIRouter(prefix="/v1/accommodations/{id}/rooms", tags=["rooms"])

ROOMS = {"items": [{"label": "12", "floor": 1, "capacity": 3, "area_m2": 14.5}]}


@router.get(
    "",
    operation_id="listRooms",
    response_model=Page[Room],
    responses=MOVED | responses(403, 404),
)
async def list_rooms(
    session: Session,
    caller: Reader,
    *,
    id: UUID,
    request: Request,
    former: Annotated[bool, Query(description="Rooms no longer in use too.")] = False,
) -> Page[Room] | RedirectResponse:
    """List all rooms of a place by label, in one page; none where they were never declared."""
    elsewhere = await moved(session, caller, request, id)
    return elsewhere or _page(await rooms.of_place(session, id, in_use=None if former else True))


@router.put("", operation_id="replaceRooms", responses=responses(403, 404, 422))
async def replace_rooms(
    session: Session,
    caller: Manager,
    id: UUID,
    declared: Annotated[RoomList, Body(examples=[ROOMS])],
) -> Page[Room]:
    """Declare all rooms of a place; those left out are no longer in use, and keep their past."""
    return _page(await declare_rooms(session, id, caller.territories, declared))


def _page(rows: Sequence[RoomRow]) -> Page[Room]:
    return Page(items=[Room.model_validate(row, from_attributes=True) for row in rows])
