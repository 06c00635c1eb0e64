"""The rooms of a place over HTTP."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import col

from inspections.api.copies import CopyQuery, Stands, as_it_is, goes_on
from inspections.api.lists import written_values
from inspections.api.reach import moved
from inspections.store import changes, rooms
from inspections.store.scope import at_places_in
from inspections.store.tables import RoomRow
from inspections.use_cases.list_rooms import declare_rooms
from shared.auth import Manager, Reader
from shared.contracts.inspections.places import PlacedRoom, Room, RoomList
from shared.db import Session
from shared.paging import Page, decode, encode
from shared.problems import invalid, responses
from shared.sync import MOVED, UNCHANGED, CopiedPage

router = APIRouter(prefix="/v1/accommodations/{id}/rooms", tags=["rooms"])

every = APIRouter(prefix="/v1/rooms", tags=["rooms"])

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


@every.get(
    "",
    operation_id="listAllRooms",
    response_model=CopiedPage[PlacedRoom],
    responses=responses(403, 422) | UNCHANGED,
)
async def list_all(
    session: Session, caller: Reader, *, query: Annotated[CopyQuery, Query()], stands: Stands
) -> Response:
    """List the rooms of all places, those no longer in use too, by place and label."""
    names, limit, after = tuple(PlacedRoom.model_fields), query.limit + 1, goes_on(query)
    if after is not None:
        conditions = [at_places_in(col(RoomRow.accommodation_id), caller.territories)]
        found = await changes.page(session, (RoomRow, names), conditions, after=after, limit=limit)
        return stands.changes(found, query, as_it_is)
    key = None if query.cursor is None else label_key(query.cursor)
    found = await rooms.page(session, names, caller.territories, after=key, limit=limit)
    return stands.answer(
        written_values(
            found,
            query.limit,
            show=as_it_is,
            cursor=lambda it: encode(str(it["accommodation_id"]), str(it["label"])),
        )
    )


def label_key(cursor: str) -> tuple[UUID, str]:
    """Read which room a cursor names."""
    place, label = decode(cursor, 2)
    try:
        return UUID(place), label
    except ValueError as error:
        raise invalid("query: cursor", "This cursor belongs to another list.") from error


def _page(rows: Sequence[RoomRow]) -> Page[Room]:
    return Page(items=[Room.model_validate(row, from_attributes=True) for row in rows])
