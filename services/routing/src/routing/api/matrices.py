"""Travel times and routes over HTTP."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Body, Request, Response

from routing.store.active_roads import ActiveRoads, CurrentRoads
from routing.use_cases.find_route import find_route
from routing.use_cases.matrix_arrow import MEDIA_TYPE as ARROW
from routing.use_cases.measure_travel import check_size, measure_matrix, measure_matrix_as_arrow
from shared.auth import Reader
from shared.contracts.routing.roads import Matrix, MatrixRequest, Profile, Route, RouteRequest
from shared.problems import responses

router = APIRouter(prefix="/v1/matrices", tags=["travel"])
routes = APIRouter(prefix="/v1/routes", tags=["travel"])

MATRIX = {
    "sources": [{"lon": 2.3601, "lat": 48.8621}],
    "targets": [{"lon": 2.3722, "lat": 48.8663}, {"lon": 2.3655, "lat": 48.8640}],
    "profile": "drive",
    "departs_at": "2026-03-02T08:30:00+01:00",
}
ROUTE = {"positions": [{"lon": 2.3601, "lat": 48.8621}, {"lon": 2.3722, "lat": 48.8663}]}
AS_ARROW: dict[int | str, dict[str, object]] = {
    200: {"content": {ARROW: {"schema": {"type": "string", "format": "binary"}}}}
}


@router.post(
    "",
    operation_id="measureMatrix",
    responses=responses(403, 422) | AS_ARROW,
    response_model=Matrix,
)
async def measure(
    request: Request, _caller: Reader, wanted: Annotated[MatrixRequest, Body(examples=[MATRIX])]
) -> Response:
    """Measure the seconds of travel from every source to every target.

    Large ones are best asked for with `Accept: application/vnd.apache.arrow.stream`: one row for
    each source, a list of one figure for each target.
    """
    check_size(wanted)
    roads = await _current_roads(request, wanted.profile)
    if ARROW in request.headers.get("accept", ""):
        body = await asyncio.to_thread(measure_matrix_as_arrow, roads, wanted)
        return Response(body, media_type=ARROW)
    body = await asyncio.to_thread(measure_matrix, roads, wanted)
    return Response(body, media_type="application/json")


@routes.post("", operation_id="findRoute", responses=responses(403, 409, 422))
async def route(
    request: Request, _caller: Reader, wanted: Annotated[RouteRequest, Body(examples=[ROUTE])]
) -> Route:
    """Find the way through points in the order given: its line, its streets and its turns."""
    roads = await _current_roads(request, wanted.profile)
    return await asyncio.to_thread(find_route, roads, wanted)


async def _current_roads(request: Request, profile: Profile) -> CurrentRoads:
    """Give the roads that serve now; the connection is given back before the work begins."""
    roads: ActiveRoads = request.app.state.roads
    async with request.app.state.database.plain_session() as session:
        return await roads.current(session, profile)
