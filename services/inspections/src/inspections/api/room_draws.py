"""Draws of rooms over HTTP."""

import secrets
from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Response

from inspections.api.reach import sees_surprises
from inspections.store import room_draws, visits
from inspections.use_cases.draw_rooms import Drawer, draw_rooms, room_draw
from shared.api_document import sent_before
from shared.auth import Inspector, Reader
from shared.contracts.inspections.room_draws import RoomDraw
from shared.db import Session
from shared.problems import not_found, responses

router = APIRouter(prefix="/v1/visits", tags=["visits"])


@router.post(
    "/{id}/room-draw",
    operation_id="drawRooms",
    status_code=201,
    responses=responses(403, 404, 409) | sent_before(RoomDraw),
)
async def draw(session: Session, caller: Inspector, id: UUID, response: Response) -> RoomDraw:
    """Draw the rooms a visit sees, on arrival; what was drawn already is answered, with 200."""
    drawer = Drawer(
        organisation=caller.organisation,
        subject=caller.subject,
        territories=caller.territories,
        now=datetime.now(UTC),
        seed=secrets.token_hex(16),
    )
    drawn = await draw_rooms(session, drawer, id)
    response.status_code = 201 if drawn.created else 200
    return room_draw(drawn.row)


@router.get("/{id}/room-draw", operation_id="getRoomDraw", responses=responses(403, 404))
async def get_draw(session: Session, caller: Reader, id: UUID) -> RoomDraw:
    """Get the rooms drawn for a visit."""
    visit = await visits.by_id(session, id, caller.territories, surprises=sees_surprises(caller))
    row = None if visit is None else await room_draws.of_visit(session, id)
    if row is None:
        raise not_found("draw of rooms")
    return room_draw(row)
