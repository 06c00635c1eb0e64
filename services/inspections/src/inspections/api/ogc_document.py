"""The OGC part of the interface as an OpenAPI 3.0 document, every collection by its own path.

FastAPI writes OpenAPI 3.1, and one path for all collections; GDAL sends a filter only where the
path of the very collection takes it.
"""

from collections.abc import Iterator

from inspections.api.ogc_pages import GEOJSON, JSON, OPENAPI, SAYS, SCHEMA, TITLE, Page, described
from inspections.domain.feature_collections import COLLECTIONS, FeatureCollection
from inspections.domain.feature_query import DEFAULT_LIMIT, MOST_FEATURES
from shared import problems

BEARER = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
FORMAT = {
    "name": "f",
    "in": "query",
    "required": False,
    "description": "The format; there is one.",
    "schema": {"type": "string", "enum": ["json", "geojson"]},
}
BBOX = {
    "name": "bbox",
    "in": "query",
    "required": False,
    "description": "West, south, east, north, degrees of WGS 84; heights between them are ignored.",
    "schema": {
        "type": "array",
        "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}],
        "items": {"type": "number"},
    },
    "style": "form",
    "explode": False,
}
DATETIME = {
    "name": "datetime",
    "in": "query",
    "required": False,
    "description": "An instant, or an interval whose ends may be open: 2026-03-01T00:00:00Z/..",
    "schema": {"type": "string"},
    "style": "form",
    "explode": False,
}
LIMIT = {
    "name": "limit",
    "in": "query",
    "required": False,
    "description": "Features at the most in this page; more than the maximum is cut to it.",
    "schema": {
        "type": "integer",
        "minimum": 1,
        "maximum": MOST_FEATURES,
        "default": DEFAULT_LIMIT,
    },
    "style": "form",
    "explode": False,
}
CURSOR = {
    "name": "cursor",
    "in": "query",
    "required": False,
    "description": "As the link `next` of the page before has it.",
    "schema": {"type": "string"},
}
WRONG = {
    "400": "A parameter is wrong, or not known.",
    "401": "No token, or none that we trust.",
    "403": "The token lacks the role.",
    "404": "There is no such thing, or it is not the caller's to see.",
}
FEATURE_ID = {
    "name": "featureId",
    "in": "path",
    "required": True,
    "description": "Id of a feature.",
    "schema": {"type": "string"},
}


def document(root: str) -> Page:
    """Describe the interface, as reached at `root`."""
    paths = {
        "/": _get("getLandingPage", "Say where everything is.", JSON),
        "/api": _get("getAPI", "Describe the interface.", OPENAPI),
        "/conformance": _get("getConformance", "Say which parts of the standard are kept.", JSON),
        "/collections": _get("getCollections", "Describe the collections.", JSON),
    }
    for it in COLLECTIONS.values():
        paths.update(_paths_of(it))
    return {
        "openapi": "3.0.3",
        "info": {"title": TITLE, "description": SAYS, "version": "1"},
        "servers": [{"url": root}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {"securitySchemes": BEARER, "schemas": {"Problem": PROBLEM}},
    }


def _paths_of(it: FeatureCollection) -> Iterator[tuple[str, Page]]:
    here, name = f"/collections/{it.id}", it.title
    yield here, _get(f"describe{name}", it.says, JSON, wrong=("404",))
    yield f"{here}/schema", _get(f"describe{name}Schema", f"Describe {it.id}.", SCHEMA)
    yield f"{here}/queryables", _get(f"list{name}Queryables", "Describe what to ask for.", SCHEMA)
    filters = [
        {
            "name": one,
            "in": "query",
            "required": False,
            "description": about.says,
            "schema": {key: it for key, it in described(about).items() if key != "description"},
        }
        for one, about in it.asked.items()
    ]
    yield (
        f"{here}/items",
        _get(f"get{name}", it.says, GEOJSON, parameters=(BBOX, DATETIME, LIMIT, CURSOR, *filters)),
    )
    yield (
        f"{here}/items/{{featureId}}",
        _get(f"get{name}Feature", it.says, GEOJSON, parameters=(FEATURE_ID,), wrong=("404",)),
    )


def _get(
    id: str,
    says: str,
    media: str,
    *,
    parameters: tuple[Page, ...] = (),
    wrong: tuple[str, ...] = (),
) -> Page:
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        "get": {
            "operationId": id,
            "summary": says,
            "parameters": [*parameters, FORMAT],
            "responses": {
                "200": {
                    "description": "What was asked for.",
                    "content": {media: {"schema": {"type": "object"}}},
                },
                **{
                    status: {"description": about, "content": {problems.MEDIA_TYPE: problem}}
                    for status, about in WRONG.items()
                    if status in {"400", "401", "403", *wrong}
                },
            },
        }
    }
