"""OGC API - Features 1.0 (OGC 17-069r4): the record as GIS programs read it, live."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request, Response
from pydantic_core import to_json

from inspections.api import ogc_document, ogc_pages
from inspections.api.ogc_pages import GEOJSON, JSON, OPENAPI, SCHEMA, link
from inspections.api.ogc_query import (
    ROOT,
    ItemQuery,
    Named,
    address,
    cursor,
    id_of,
    item_query,
    no_parameters,
    root_of,
    sight,
)
from inspections.store import features
from inspections.store.features import Features, Sight
from inspections.use_cases import show_features
from shared.auth import Reader
from shared.db import Session
from shared.etags import is_known
from shared.problems import not_found

# Described by a document of its own, which `ogc_document` writes.
router = APIRouter(prefix=ROOT, tags=["ogc"], include_in_schema=False)
Plain = Depends(no_parameters)
Seen = Annotated[Sight, Depends(sight)]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match")]


def features_asked(
    collection: Named, seen: Seen, query: Annotated[ItemQuery, Depends(item_query)]
) -> Features:
    """Say which features of which collection the caller sees and wants."""
    return Features(collection, seen, query.wanted)


@router.get("", dependencies=[Plain])
@router.get("/", dependencies=[Plain])
async def get_landing_page(request: Request, _caller: Reader) -> Response:
    """Say where everything is."""
    return _written(ogc_pages.landing(root_of(request)))


@router.get("/api", dependencies=[Plain])
async def get_api(request: Request, _caller: Reader) -> Response:
    """Describe this part of the interface."""
    return _written(ogc_document.document(root_of(request)), OPENAPI)


@router.get("/conformance", dependencies=[Plain])
async def get_conformance(request: Request, _caller: Reader) -> Response:
    """Say which parts of the standard are kept."""
    return _written(ogc_pages.conformance(root_of(request)))


@router.get("/collections", dependencies=[Plain])
async def get_collections(request: Request, session: Session, seen: Seen) -> Response:
    """Describe the collections."""
    extent = await features.extent(session, seen)
    return _written(ogc_pages.collections(root_of(request), extent))


@router.get("/collections/{collection_id}", dependencies=[Plain])  # noqa: FAST003 - of Named
async def get_collection(
    request: Request, session: Session, seen: Seen, collection: Named
) -> Response:
    """Describe a collection."""
    extent = await features.extent(session, seen)
    return _written(ogc_pages.collection(root_of(request), collection, extent))


@router.get("/collections/{collection_id}/schema", dependencies=[Plain])  # noqa: FAST003 - of Named
async def get_schema(request: Request, seen: Seen, collection: Named) -> Response:
    """Describe the features of a collection."""
    told = show_features.told(collection, seen)
    return _written(ogc_pages.schema(root_of(request), collection, told), SCHEMA)


@router.get("/collections/{collection_id}/queryables", dependencies=[Plain])  # noqa: FAST003 - of Named
async def get_queryables(request: Request, _caller: Reader, collection: Named) -> Response:
    """Describe by which properties features may be asked for."""
    return _written(ogc_pages.queryables(root_of(request), collection), SCHEMA)


@router.get("/collections/{collection_id}/items")
async def get_items(
    request: Request,
    session: Session,
    *,
    caller: Reader,
    asked: Annotated[Features, Depends(features_asked)],
    query: Annotated[ItemQuery, Depends(item_query)],
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Give features of a collection, page by page."""
    collection = asked.collection
    page = await show_features.show_page(
        session, caller.organisation, asked, after=query.after, limit=query.limit
    )
    here = f"/collections/{collection.id}/items"
    links = [
        link("self", address(request, here), GEOJSON),
        link("collection", f"{root_of(request)}/collections/{collection.id}"),
    ]
    if page.after is not None:
        further = address(request, here, cursor=cursor(page.after))
        links.append(link("next", further, GEOJSON))
    counted = {} if page.matched is None else {"numberMatched": page.matched}
    return _features(
        {
            "type": "FeatureCollection",
            "links": links,
            **counted,
            "numberReturned": len(page.features),
            "features": page.features,
        },
        if_none_match,
        asked.sight,
    )


@router.get("/collections/{collection_id}/items/{id}", dependencies=[Plain])  # noqa: FAST003 - of Named
async def get_item(
    request: Request,
    session: Session,
    *,
    caller: Reader,
    seen: Seen,
    collection: Named,
    id: str,
) -> Response:
    """Give a feature."""
    known = id_of(id)
    asked = Features(collection, seen)
    feature = known and await show_features.show_one(session, caller.organisation, asked, known)
    if not feature:
        raise not_found("feature")
    here = f"{root_of(request)}/collections/{collection.id}"
    links = [link("self", f"{here}/items/{known}", GEOJSON), link("collection", here)]
    return _written({**feature, "links": links}, GEOJSON)


def _features(page: ogc_pages.Page, if_none_match: str | None, seen: Sight) -> Response:
    """Answer with features, or that the caller has them; the time of the answer is no change."""
    etag = f'W/"{hashlib.sha256(to_json(page)).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if is_known(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    stamped = {**page, "timeStamp": f"{seen.at:%Y-%m-%dT%H:%M:%SZ}"}
    return Response(to_json(stamped), media_type=GEOJSON, headers=headers)


def _written(page: ogc_pages.Page, media: str = JSON) -> Response:
    return Response(to_json(page), media_type=media)
