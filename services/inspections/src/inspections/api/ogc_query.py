"""What programs ask of features, read from addresses; what is wrong answers 400, as OGC wants."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Request

from inspections.api.clock import Now
from inspections.api.reach import sees_surprises
from inspections.domain.feature_collections import COLLECTIONS, FeatureCollection
from inspections.domain.feature_query import (
    DEFAULT_LIMIT,
    QueryError,
    Span,
    boxes_of,
    limit_of,
    span_of,
)
from inspections.store.features import FeatureFilter, FeatureKey, Sight
from shared import paging
from shared.auth import Reader
from shared.field_errors import FieldError
from shared.links import base_url
from shared.problems import Problem, not_found

ROOT = "/ogc"
# What every address takes: some clients say that they want JSON.
FORMAT = "f"
FORMATS = frozenset({"json", "geojson"})
OF_ITEMS = ("bbox", "datetime", "limit", "cursor")


@dataclass(frozen=True, slots=True)
class ItemQuery:
    """Which features to give: those wanted after the one named, so many at the most."""

    wanted: FeatureFilter
    after: FeatureKey | None
    limit: int


def root_of(request: Request) -> str:
    """Return what all addresses of this part begin with, for who asks."""
    return f"{base_url(request)}{ROOT}"


def address(request: Request, path: str, **changed: str) -> str:
    """Write the address asked for, with some of its parameters changed."""
    query = urlencode({**request.query_params, **changed})
    return f"{root_of(request)}{path}{'?' if query else ''}{query}"


def sight(caller: Reader, now: Now) -> Sight:
    """Tell what the caller may see."""
    return Sight(
        territories=caller.territories,
        keeper=caller.keeps_addresses,
        surprises=sees_surprises(caller),
        scores=not caller.is_only_inspector,
        at=now,
    )


def collection_named(collection_id: str) -> FeatureCollection:
    """Find a collection.

    Raises
    ------
    Problem : 404 when there is none of this name
    """
    if collection_id not in COLLECTIONS:
        raise not_found("collection")
    return COLLECTIONS[collection_id]


def check_parameters(request: Request, known: Collection[str] = ()) -> dict[str, str]:
    """Give the parameters of a request, each sent once and known.

    Raises
    ------
    Problem : 400, naming the one that is not
    """
    given: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in given:
            raise bad(name, "is sent twice; send it once")
        if name not in {*known, FORMAT}:
            raise bad(name, f"is not known here; send {', '.join((*known, FORMAT))}")
        given[name] = value
    if given.get(FORMAT, "json") not in FORMATS:
        raise bad(FORMAT, "send json: there is nothing else")
    return given


Named = Annotated[FeatureCollection, Depends(collection_named)]


def no_parameters(request: Request) -> None:
    """Refuse parameters where there are none."""
    check_parameters(request)


def item_query(request: Request, collection: Named) -> ItemQuery:
    """Read which features are asked for.

    Raises
    ------
    Problem : 400, naming the parameter that is wrong
    """
    given = check_parameters(request, (*OF_ITEMS, *collection.asked))
    box, time, limit = given.get("bbox"), given.get("datetime"), given.get("limit")
    try:
        wanted = FeatureFilter(
            boxes=() if box is None else boxes_of(box),
            span=Span(None, None) if time is None else span_of(time),
            values={
                name: it.value_of(name, given[name])
                for name, it in collection.asked.items()
                if name in given
            },
        )
        most = DEFAULT_LIMIT if limit is None else limit_of(limit)
    except QueryError as error:
        raise bad(error.parameter, str(error)) from error
    return ItemQuery(wanted, _after(given.get("cursor"), collection), most)


def cursor(key: FeatureKey) -> str:
    """Name the feature that a page ended with."""
    return paging.encode("" if key.at is None else key.at.isoformat(), str(key.id))


def id_of(text: str) -> UUID | None:
    """Read the id of a feature; None when it can be none."""
    try:
        return UUID(text)
    except ValueError:
        return None


def bad(parameter: str, reason: str) -> Problem:
    """Say which parameter is wrong and what would be right."""
    pointer = f"query: {parameter}"
    return Problem(
        400,
        "invalid-request",
        f"{pointer}: {reason}",
        errors=[FieldError(pointer=pointer, detail=reason)],
    )


def _after(text: str | None, collection: FeatureCollection) -> FeatureKey | None:
    if text is None:
        return None
    try:
        moment, id = paging.decode(text, 2)
        key = FeatureKey(UUID(id), datetime.fromisoformat(moment) if moment else None)
    except (Problem, ValueError) as error:
        raise bad("cursor", "follow the link `next` as it came") from error
    if (key.at is not None) != collection.timed:
        raise bad("cursor", "is of another collection; follow the link `next` as it came")
    return key
