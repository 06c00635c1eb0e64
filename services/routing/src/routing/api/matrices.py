"""Travel times and routes over HTTP."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request, Response

from routing.store.active_roads import CurrentRoads
from routing.use_cases.measure_travel import measure_matrix, measure_route
from shared.auth import Reader
from shared.contracts.routing import Matrix, MatrixRequest, Route, RouteRequest
from shared.problems import responses

router = APIRouter(prefix="/v1/matrices", tags=["travel"])
routes = APIRouter(prefix="/v1/routes", tags=["travel"])

MATRIX = {
    "sources": [{"lon": 2.3601, "lat": 48.8621}],
    "targets": [{"lon": 2.3722, "lat": 48.8663}, {"lon": 2.3655, "lat": 48.8640}],
}
ROUTE = {"positions": [{"lon": 2.3601, "lat": 48.8621}, {"lon": 2.3722, "lat": 48.8663}]}


async def current_roads(request: Request) -> CurrentRoads:
    """Give the roads that serve now; the connection is given back before the work begins."""
    async with request.app.state.database.plain_session() as session:
        current: CurrentRoads = await request.app.state.roads.current(session)
    return current


Roads = Annotated[CurrentRoads, Depends(current_roads)]


@router.post(
    "",
    operation_id="measureMatrix",
    responses=responses(403, 422),
    response_model=Matrix,
)
async def measure(
    _caller: Reader, roads: Roads, wanted: Annotated[MatrixRequest, Body(examples=[MATRIX])]
) -> Response:
    """Measure the seconds of driving from every source to every target."""
    body = await asyncio.to_thread(measure_matrix, roads, wanted)
    return Response(body, media_type="application/json")


@routes.post("", operation_id="findRoute", responses=responses(403, 409, 422))
async def find_route(
    _caller: Reader, roads: Roads, wanted: Annotated[RouteRequest, Body(examples=[ROUTE])]
) -> Route:
    """Find the way through points in the order given, with its line on the ground."""
    return await asyncio.to_thread(measure_route, roads, wanted)
