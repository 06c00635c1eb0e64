"""Zones over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Response

from inspections.api.lists import ListQuery, page_of
from inspections.store import zones
from inspections.store.tables import ZoneRow
from inspections.use_cases.draw_zones import put_zone
from shared import paging
from shared.auth import Manager, Reader
from shared.contracts.inspections.places import Zone, ZoneInput
from shared.db import Session
from shared.paging import Page
from shared.preconditions import etag
from shared.problems import not_found, responses

router = APIRouter(prefix="/v1/zones", tags=["zones"])

ZONE = {
    "name": "Nord",
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[2.3, 48.9], [2.42, 48.9], [2.42, 48.97], [2.3, 48.97], [2.3, 48.9]]],
    },
    "postcodes": ["95200"],
}
Code = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$", examples=["nord"])]


@router.get("", operation_id="listZones", responses=responses(403, 422))
async def list_zones(
    session: Session, _caller: Reader, query: Annotated[ListQuery, Query()]
) -> Page[Zone]:
    """List zones by code; the places of one are `GET /v1/accommodations?zone=`."""
    after = None if query.cursor is None else paging.decode(query.cursor, 1)[0]
    rows = await zones.page(session, after=after, limit=query.limit + 1)
    return page_of([_message(row) for row in rows], query.limit, lambda it: paging.encode(it.code))


@router.get("/{code}", operation_id="getZone", responses=responses(403, 404))
async def get_zone(session: Session, _caller: Reader, code: Code, response: Response) -> Zone:
    """Get a zone."""
    row = await zones.by_code(session, code)
    if row is None:
        raise not_found("zone")
    response.headers["ETag"] = etag(row.revision)
    return _message(row)


@router.put("/{code}", operation_id="putZone", responses=responses(403, 422))
async def put(
    session: Session, caller: Manager, code: Code, zone: Annotated[ZoneInput, Body(examples=[ZONE])]
) -> Zone:
    """Draw a zone, or draw it anew: a shape on the map, or lists, or both together."""
    return _message(await put_zone(session, caller.organisation, code, zone))


@router.delete("/{code}", operation_id="removeZone", status_code=204, responses=responses(403, 404))
async def remove(session: Session, _caller: Manager, code: Code) -> None:
    """Forget a zone; its places are as they were."""
    if await zones.by_code(session, code) is None:
        raise not_found("zone")
    await zones.remove(session, code)


def _message(row: ZoneRow) -> Zone:
    return Zone.model_validate(row, from_attributes=True)
