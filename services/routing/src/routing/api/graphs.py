"""Road graphs over HTTP: building, versions, and the lodgings the map knows."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Annotated, Literal, cast
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import Field

from routing.api.uploads import is_file, message_in, stored_body
from routing.domain.lodgings import LODGING_KINDS
from routing.domain.profiles import PROFILES
from routing.domain.road_network import degrees
from routing.store import graphs
from routing.store.active_roads import ActiveRoads
from routing.store.bundle import LICENCE, read_lodgings
from routing.store.graphs import age_days
from routing.store.tables import GraphRow
from routing.use_cases.activate_graph import activate_graph
from routing.use_cases.request_import import ImportOrder, order_from_folder, request_import
from shared import paging
from shared.auth import Admin, Reader
from shared.contracts.message import Input, JobState, Position, Text
from shared.contracts.routing.roads import Country, Graph, GraphRequest, Lodging, ProfileRoads
from shared.db import Session
from shared.paging import Cursor, Limit, Page, moment_cursor, moment_key
from shared.problems import invalid, not_found, responses

router = APIRouter(prefix="/v1/graphs", tags=["graphs"])

_PLACE = re.compile("[0-9]{1,9}")
MAP_TYPES = ("application/octet-stream", "application/vnd.openstreetmap.data")
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": GraphRequest.model_json_schema(),
                "example": {"path": "ile-de-france-latest.osm.pbf", "name": "Île-de-France"},
            },
            **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in MAP_TYPES},
        },
    }
}


class UploadQuery(Input):
    """What is told in the address when the map file itself is sent."""

    name: Text = Field(default="roads", description="Of the graph, when a map file is sent.")
    replace: bool = Field(
        default=False, description="Serve it even if too unlike the last, when a file is sent."
    )
    country: Country = Field(
        default="FR", description="Whose law limits speeds, when a map file is sent."
    )


@router.post(
    "",
    operation_id="importGraph",
    status_code=202,
    responses=responses(403, 413, 415, 422),
    openapi_extra=BODY,
)
async def import_graph(
    request: Request,
    response: Response,
    caller: Admin,
    *,
    told: Annotated[UploadQuery, Query()],
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> JobState:
    """Build a road graph from a file of the import folder, or from the map file in the body.

    The graph that serves now goes on until the new one is ready and sound. A map of the same land
    with less than four fifths of its junctions or turn restrictions fails, unless `replace` is
    asked for: it may be cut short. So does one on which more than a quarter of 100 sampled
    journeys take a quarter more or less. The new graph has the id of the job.
    """
    order = await _order(request, told)
    # Opened after the body has come: a slow upload must not hold a transaction open.
    async with request.app.state.database.session(caller.organisation) as session:
        job = await request_import(
            session, request.app.state.jobs, caller, order, key=idempotency_key
        )
    response.headers["Location"] = f"/v1/routing/jobs/{job.id}"
    return job


@router.get("", operation_id="listGraphs", responses=responses(403, 422))
async def list_graphs(
    session: Session, _caller: Reader, limit: Limit = 100, cursor: Cursor = None
) -> Page[Graph]:
    """List the versions of the road graph, newest first."""
    rows = await graphs.page(session, before=moment_key(cursor), limit=limit + 1)
    given = rows[:limit]
    more = len(rows) > limit
    last = moment_cursor(given[-1].created_at, given[-1].id) if more else None
    return Page(items=[_message(row) for row in given], next_cursor=last)


@router.get("/{id}", operation_id="getGraph", responses=responses(403, 404))
async def get_graph(session: Session, _caller: Reader, id: UUID) -> Graph:
    """Get a version of the road graph."""
    return _message(await _row(session, id))


@router.post("/{id}/activation", operation_id="activateGraph", responses=responses(403, 404, 409))
async def activate(request: Request, session: Session, _caller: Admin, id: UUID) -> Graph:
    """Let an earlier version of the road graph serve again; a repeat changes nothing."""
    row = await _row(session, id)
    await activate_graph(session, request.app.state.roads, row)
    return _message(row)


@router.get("/{id}/lodgings", operation_id="listLodgings", responses=responses(403, 404, 422))
async def list_lodgings(
    request: Request,
    session: Session,
    _caller: Reader,
    id: UUID,
    *,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[Lodging]:
    """List the hotels and hostels of the map: where and of what kind, never which."""
    roads: ActiveRoads = request.app.state.roads
    row = await _row(session, id)
    start = _place(cursor)
    items, more = await asyncio.to_thread(_lodgings, roads, row.bundle, start, start + limit)
    return Page(items=items, next_cursor=paging.encode(str(start + limit)) if more else None)


async def _order(request: Request, told: UploadQuery) -> ImportOrder:
    if is_file(request, MAP_TYPES, "a map file"):
        blob = await stored_body(request, "the map file")
        return ImportOrder(told.name, "the file sent", blob, told.replace, told.country)
    wanted = await message_in(request, GraphRequest)
    return order_from_folder(wanted, request.app.state.settings.import_dir)


async def _row(session: Session, id: UUID) -> GraphRow:
    row = await graphs.by_id(session, id)
    if row is None:
        raise not_found("graph")
    return row


def _message(row: GraphRow) -> Graph:
    return Graph(
        id=row.id,
        name=row.name,
        state=cast("Literal['active', 'retired']", row.state),
        created_at=row.created_at,
        source_sha256=row.source_sha256,
        nodes=row.nodes,
        arcs=row.arcs,
        length_km=row.length_km,
        component_share=row.component_share,
        missing_nodes=row.missing_nodes,
        bbox=(row.west, row.south, row.east, row.north),
        attribution=row.attribution,
        licence=LICENCE,
        osm_timestamp=row.osm_timestamp,
        age_days=age_days(row, datetime.now(UTC)),
        cut_ways=row.cut_ways,
        country=row.country,
        profile_sha256=row.profile_sha256,
        profiles=[
            ProfileRoads.model_validate({"profile": profile, **row.profiles[profile]})
            for profile in PROFILES
            if row.profiles and profile in row.profiles
        ],
        changed_share=row.changed_share,
    )


def _lodgings(roads: ActiveRoads, bundle: str, start: int, end: int) -> tuple[list[Lodging], bool]:
    seen = read_lodgings(roads.bundle_path(bundle))
    part = slice(start, end)
    rows = zip(
        degrees(seen.lodging_lon_e7[part]).tolist(),
        degrees(seen.lodging_lat_e7[part]).tolist(),
        seen.lodging_kind[part].tolist(),
        seen.lodging_rooms[part].tolist(),
        strict=True,
    )
    items = [
        Lodging(
            position=Position(lon=lon, lat=lat),
            kind=LODGING_KINDS[kind],
            rooms=rooms if rooms >= 0 else None,
        )
        for lon, lat, kind, rooms in rows
    ]
    return items, end < len(seen.lodging_kind)


def _place(cursor: str | None) -> int:
    if cursor is None:
        return 0
    (place,) = paging.decode(cursor, 1)
    if not _PLACE.fullmatch(place):
        raise invalid("query: cursor", "This cursor belongs to another list.")
    return int(place)
