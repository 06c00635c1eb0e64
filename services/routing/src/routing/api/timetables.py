"""Timetables of public transport over HTTP, and journeys by the one that serves."""

import asyncio
from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query, Request, Response
from pydantic import Field

from routing.api.uploads import is_file, message_in, stored_body
from routing.store import timetables
from routing.store.active_roads import ActiveRoads
from routing.store.active_timetable import ActiveTimetable
from routing.store.tables import TimetableRow
from routing.use_cases.find_journeys import find_journeys
from routing.use_cases.request_import import TIMETABLE_KIND, check_path
from shared.auth import Admin, Reader
from shared.contracts.message import Input, JobState, Text
from shared.contracts.routing.transit import JourneyRequest, Journeys, Timetable, TimetableRequest
from shared.db import Session
from shared.jobs import Jobs
from shared.paging import Cursor, Limit, Page, moment_cursor, moment_key
from shared.problems import conflict, not_found, responses

router = APIRouter(prefix="/v1/timetables", tags=["timetables"])
journeys = APIRouter(prefix="/v1/journeys", tags=["travel"])

FEED_TYPES = ("application/zip", "application/octet-stream")
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": TimetableRequest.model_json_schema(),
                "example": {"path": "IDFM-gtfs.zip", "name": "Île-de-France"},
            },
            **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in FEED_TYPES},
        },
    }
}
JOURNEY = {
    "origin": {"lon": 2.3601, "lat": 48.8621},
    "target": {"lon": 2.3722, "lat": 48.8663},
    "departs_at": "2026-12-02T08:30:00+01:00",
}


class FeedQuery(Input):
    """What is told in the address when the feed itself is sent."""

    name: Text = Field(default="timetable", description="Of the timetable, when a feed is sent.")


@router.post(
    "",
    operation_id="importTimetable",
    status_code=202,
    responses=responses(403, 413, 415, 422),
    openapi_extra=BODY,
)
async def import_timetable(
    request: Request,
    response: Response,
    caller: Admin,
    *,
    told: Annotated[FeedQuery, Query()],
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> JobState:
    """Take in a GTFS feed: a file of the import folder, or the zip in the body.

    The timetable that serves now goes on until the new one is ready. A feed that cannot be read
    fails, and says by file, line and field why. The new timetable has the id of the job.
    """
    arguments: dict[str, object]
    if is_file(request, FEED_TYPES, "a GTFS feed"):
        blob = await stored_body(request, "the feed")
        arguments = {"name": told.name, "path": "the file sent", "blob": blob}
    else:
        wanted = await message_in(request, TimetableRequest)
        check_path(wanted.path, request.app.state.settings.import_dir, "region-gtfs.zip")
        arguments = {"name": wanted.name, "path": wanted.path, "blob": None}
    jobs: Jobs = request.app.state.jobs
    # Opened after the body has come: a slow upload must not hold a transaction open.
    async with request.app.state.database.session(caller.organisation) as session:
        job = await jobs.enqueue(
            session,
            organisation=caller.organisation,
            subject=caller.subject,
            kind=TIMETABLE_KIND,
            key=idempotency_key,
            arguments=arguments,
        )
    response.headers["Location"] = f"/v1/routing/jobs/{job.id}"
    return job


@router.get("", operation_id="listTimetables", responses=responses(403, 422))
async def list_timetables(
    session: Session, _caller: Reader, limit: Limit = 100, cursor: Cursor = None
) -> Page[Timetable]:
    """List the versions of the timetable, newest first."""
    rows = await timetables.page(session, before=moment_key(cursor), limit=limit + 1)
    given = rows[:limit]
    more = len(rows) > limit
    last = moment_cursor(given[-1].created_at, given[-1].id) if more else None
    return Page(items=[_message(row) for row in given], next_cursor=last)


@router.get("/{id}", operation_id="getTimetable", responses=responses(403, 404))
async def get_timetable(session: Session, _caller: Reader, id: UUID) -> Timetable:
    """Get a version of the timetable."""
    return _message(await _row(session, id))


@router.post("/{id}/activation", operation_id="activateTimetable", responses=responses(403, 404))
async def activate_timetable(session: Session, _caller: Admin, id: UUID) -> Timetable:
    """Let an earlier version of the timetable serve again; a repeat changes nothing."""
    row = await _row(session, id)
    await timetables.activate(session, row)
    return _message(row)


@journeys.post("", operation_id="findJourneys", responses=responses(403, 409, 422))
async def find(
    request: Request,
    _caller: Reader,
    wanted: Annotated[JourneyRequest, Body(examples=[JOURNEY])],
) -> Journeys:
    """Find how to get from place to place by public transport, from a moment on.

    All that no other betters in arrival and number of vehicles. Times are those of the timetable:
    nothing is known of delays.
    """
    roads: ActiveRoads = request.app.state.roads
    active: ActiveTimetable = request.app.state.timetable
    async with request.app.state.database.plain_session() as session:
        streets = (await roads.current(session, "walk")).roads
        current = await active.current(session, streets)
    if current is None:
        raise conflict("No timetable is loaded: an administrator imports one at /v1/timetables.")
    return await asyncio.to_thread(find_journeys, current, wanted)


async def _row(session: Session, id: UUID) -> TimetableRow:
    row = await timetables.by_id(session, id)
    if row is None:
        raise not_found("timetable")
    return row


def _message(row: TimetableRow) -> Timetable:
    state = cast("Literal['active', 'retired']", row.state)
    return Timetable(**row.model_dump(exclude={"state", "bundle"}), state=state)
