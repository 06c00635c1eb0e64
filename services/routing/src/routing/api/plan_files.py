"""Rounds as files over HTTP: CSV, GPX, pictures of the map, and calendars to subscribe to."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Request, Response

from routing.api.plans import refuse_inspectors
from routing.store import plans
from routing.store.active_roads import ActiveRoads
from routing.use_cases.draw_plan import plan_map
from routing.use_cases.plan_messages import plan_message
from routing.use_cases.round_calendar import Language, calendar_of
from routing.use_cases.round_files import rounds_csv, rounds_gpx
from shared.auth import Caller, Reader
from shared.contracts.message import Day
from shared.contracts.routing.driven import UnscoredRound
from shared.contracts.routing.plans import Plan, Round
from shared.db import Session
from shared.pictures import PICTURE, Written, picture
from shared.problems import conflict, not_found, responses
from shared.sync import IfNoneMatch

router = APIRouter(prefix="/v1", tags=["plan files"])

# Calendars show what was, for a while.
PAST = timedelta(days=35)
OfRound = Annotated[
    str | None, Query(max_length=300, description="One round only, by its `round_id`.")
]
RoundId = Annotated[str, Path(max_length=300)]


def _file(media_type: str) -> dict[int | str, dict[str, object]]:
    return {200: {"content": {media_type: {"schema": {"type": "string"}}}}}


@router.get(
    "/plans/{plan_id}/csv",
    operation_id="getPlanSheet",
    response_class=Response,
    responses=responses(403, 404, 409) | _file("text/csv"),
)
async def get_sheet(
    session: Session, caller: Reader, plan_id: UUID, round_id: OfRound = None
) -> Response:
    """Read the stops of a plan as a sheet: hours by the local clock, and why each was chosen."""
    refuse_inspectors(caller)
    plan = await _solved(session, caller, plan_id)
    zone = ZoneInfo(await plans.timezone(session, plan_id))
    text = rounds_csv(_rounds(plan, round_id), zone)
    # The mark has spreadsheets read UTF-8.
    return _answer("\ufeff".encode() + text.encode(), "text/csv; charset=utf-8", f"{plan_id}.csv")


@router.get(
    "/plans/{plan_id}/gpx",
    operation_id="getPlanGPX",
    response_class=Response,
    responses=responses(403, 404, 409) | _file("application/gpx+xml"),
)
async def get_gpx(
    session: Session, caller: Reader, plan_id: UUID, round_id: OfRound = None
) -> Response:
    """Read rounds for a navigation device: stops in order, and the streets between them.

    No score is in it, so inspectors may read it; the ways from and to the base are left out.
    """
    plan = await _solved(session, caller, plan_id)
    shapes = json.loads(await plans.shapes(session, plan_id, caller.territories) or "{}")
    content = rounds_gpx(_rounds(plan, round_id), shapes, plan.attribution)
    return _answer(content, "application/gpx+xml", f"{plan_id}.gpx")


@router.get(
    "/plans/{plan_id}/rounds/{round_id:path}",
    operation_id="getPlanRound",
    responses=responses(403, 404, 409),
)
async def get_round(
    session: Session, caller: Reader, plan_id: UUID, round_id: RoundId
) -> UnscoredRound:
    """Read a round as those who drive it may: stops and hours, no score and no reason."""
    plan = await _solved(session, caller, plan_id)
    (found,) = _rounds(plan, round_id)
    zone = await plans.timezone(session, plan_id)
    about = {"plan_id": plan_id, "timezone": zone, "attribution": plan.attribution}
    return UnscoredRound.model_validate({**found.model_dump(), **about, "revision": plan.revision})


@router.get(
    "/plans/{plan_id}/map.svg",
    operation_id="drawPlanMap",
    response_class=Response,
    responses=responses(403, 404, 409, 422) | PICTURE,
)
async def draw_map(  # noqa: PLR0913 - a route takes what it needs
    request: Request,
    session: Session,
    caller: Reader,
    plan_id: UUID,
    *,
    round_id: OfRound = None,
    language: Written = "fr",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Draw rounds on the greater roads: their ways, and their stops by number.

    No score is in it, so inspectors may see a round, though not a whole plan. Bases are left
    out, and the ways from and to them. A line in dashes is as the crow flies.
    """
    if round_id is None:
        refuse_inspectors(caller)
    plan = await _solved(session, caller, plan_id)
    rounds = _rounds(plan, round_id)
    roads: ActiveRoads = request.app.state.roads
    basemap, graph = await roads.basemap(session)
    drawn = await asyncio.to_thread(
        plan_map,
        plan,
        rounds,
        shapes=json.loads(await plans.shapes(session, plan_id, caller.territories) or "{}"),
        basemap=basemap,
        attribution=plan.attribution or graph.attribution,
        zone=ZoneInfo(await plans.timezone(session, plan_id)),
        language=language,
    )
    return picture(drawn, if_none_match)


@router.get(
    "/inspectors/{inspector_id}/calendar",
    operation_id="getInspectorCalendar",
    response_class=Response,
    responses=responses(403, 422) | _file("text/calendar"),
)
async def get_calendar(
    session: Session,
    caller: Reader,
    inspector_id: UUID,
    *,
    language: Annotated[Language, Query(description="Of the few words in it.")] = "fr",
    since: Annotated[
        Day | None, Query(description="Plans that start by then or later; default: 35 days ago.")
    ] = None,
) -> Response:
    """Read the visits of somebody's accepted rounds as a calendar to subscribe to.

    An unannounced visit is in it without its place. For a phone, ask the gateway for an address
    of this path (`POST /v1/url-tokens`).
    """
    first = since or (datetime.now(UTC) - PAST).date()
    driven = await plans.driven_by(session, inspector_id, first, caller.territories)
    content = calendar_of(inspector_id, driven, language)
    return _answer(content, "text/calendar; charset=utf-8", f"{inspector_id}.ics")


async def _solved(session: Session, caller: Caller, plan_id: UUID) -> Plan:
    stored = await plans.find(session, plan_id, caller.territories)
    if stored is None:
        raise not_found("plan")
    if stored.answer is None:
        raise conflict(f"The plan is {stored.job.state}; its files are there once it is done.")
    return plan_message(stored)


def _rounds(plan: Plan, round_id: str | None) -> list[Round]:
    chosen = [it for it in plan.rounds if round_id in {None, it.round_id}]
    if round_id is not None and not chosen:
        raise not_found("round")
    return chosen


def _answer(content: bytes, media_type: str, name: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "private, no-cache",
    }
    return Response(content, media_type=media_type, headers=headers)
