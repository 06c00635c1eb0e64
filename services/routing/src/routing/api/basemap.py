"""The map under the points, over HTTP: tiles of our own roads, so that nobody else is asked."""

import asyncio
import gzip
from typing import Annotated

from fastapi import APIRouter, Header, Path, Request, Response

from routing.domain.basemap import MOST_ZOOM
from routing.store.active_roads import ActiveRoads
from routing.use_cases.draw_tile import packed_tile
from shared.auth import Reader
from shared.contracts.routing.roads import Tile
from shared.etags import is_known
from shared.problems import invalid, responses

router = APIRouter(prefix="/v1/basemap", tags=["basemap"])

DRAWING = 1
"""Raised when tiles of one graph are drawn otherwise, so that no browser keeps the old ones."""

Zoom = Annotated[int, Path(ge=0, le=MOST_ZOOM, description="0 is the whole world.")]
Place = Annotated[int, Path(ge=0, description="Counted from the north-west.")]


@router.get(
    "/{z}/{x}/{y}.json",
    operation_id="getBasemapTile",
    responses=responses(403, 404, 422) | {304: {"description": "As the `If-None-Match` sent."}},
    response_model=Tile,
)
async def get_tile(
    request: Request,
    _caller: Reader,
    *,
    z: Zoom,
    x: Place,
    y: Place,
    if_none_match: Annotated[str | None, Header()] = None,
    accept_encoding: Annotated[str, Header()] = "",
) -> Response:
    """Draw the roads of a square of the usual web map, smaller roads from nearer on.

    Without a road graph tiles are empty. `ETag` changes with the graph.
    """
    if max(x, y) >= 2**z:
        raise invalid("path", f"At zoom {z} columns and rows go up to {2**z - 1}.")
    roads: ActiveRoads = request.app.state.roads
    async with request.app.state.database.plain_session() as session:
        basemap, graph = await roads.basemap(session)
    etag = f'"{graph.graph_id or "none"}-{DRAWING}-{z}-{x}-{y}"'
    headers = {
        "ETag": etag,
        "Cache-Control": "private, max-age=300",
        "Vary": "Accept-Encoding, Authorization",
    }
    if is_known(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    tile = await asyncio.to_thread(packed_tile, basemap, graph, (z, x, y))
    if "gzip" in accept_encoding:
        headers["Content-Encoding"] = "gzip"
    else:
        tile = gzip.decompress(tile)
    return Response(tile, media_type="application/json", headers=headers)
