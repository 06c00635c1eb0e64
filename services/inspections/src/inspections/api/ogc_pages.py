"""What the OGC part of the interface says of itself: links, conformance, collections, schemas."""

from collections.abc import Mapping

from inspections.domain.feature_collections import (
    COLLECTIONS,
    FeatureCollection,
    Kind,
    Property,
)

Page = dict[str, object]
JSON, GEOJSON, SCHEMA = "application/json", "application/geo+json", "application/schema+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
TITLE = "Ronde"
SAYS = "The places where homeless families are housed, what was found there, and who goes when."
CONFORMS_TO = tuple(
    f"http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{name}"
    for name in ("core", "geojson", "oas30")
)
# Of one kind each, although any may be null: GDAL makes text of what may be of two.
KINDS: Mapping[Kind, Mapping[str, str]] = {
    Kind.text: {"type": "string"},
    Kind.day: {"type": "integer"},
    Kind.moment: {"type": "string", "format": "date-time"},
    Kind.whole: {"type": "integer"},
    Kind.number: {"type": "number"},
    Kind.flag: {"type": "boolean"},
}


def link(rel: str, href: str, media: str = JSON, title: str | None = None) -> Page:
    """Write a link."""
    named = {} if title is None else {"title": title}
    return {"rel": rel, "type": media, "href": href, **named}


def landing(root: str) -> Page:
    """Say where everything is."""
    return {
        "title": TITLE,
        "description": SAYS,
        "links": [
            link("self", f"{root}/", title="This page"),
            link("service-desc", f"{root}/api", OPENAPI, "The interface, as OpenAPI 3.0"),
            link("conformance", f"{root}/conformance", title="What of the standard is kept"),
            link("data", f"{root}/collections", title="The collections"),
        ],
    }


def conformance(root: str) -> Page:
    """Say which parts of the standard are kept."""
    return {
        "conformsTo": list(CONFORMS_TO),
        "links": [link("self", f"{root}/conformance")],
    }


def collections(root: str, extent: tuple[float, ...] | None) -> Page:
    """Describe all collections."""
    return {
        "links": [link("self", f"{root}/collections")],
        "collections": [collection(root, it, extent) for it in COLLECTIONS.values()],
    }


def collection(root: str, it: FeatureCollection, extent: tuple[float, ...] | None) -> Page:
    """Describe a collection, and where the places of the caller lie."""
    here = f"{root}/collections/{it.id}"
    box = {} if extent is None else {"extent": {"spatial": {"bbox": [extent], "crs": CRS84}}}
    return {
        "id": it.id,
        "title": it.title,
        "description": it.says,
        "itemType": "feature",
        "crs": [CRS84],
        **box,
        "links": [
            link("self", here, title="This collection"),
            link("items", f"{here}/items", GEOJSON, it.title),
            link("describedby", f"{here}/schema", SCHEMA, "What its features tell"),
            # As the standard spells it, and GDAL 3.6 looks for it.
            link("describedBy", f"{here}/schema", SCHEMA, "What its features tell"),
            link(QUERYABLES, f"{here}/queryables", SCHEMA, "What features are asked for by"),
        ],
    }


def schema(root: str, it: FeatureCollection, told: Mapping[str, Property]) -> Page:
    """Describe the features of a collection; any property may be null."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{root}/collections/{it.id}/schema",
        "title": it.title,
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string"},
            "geometry": {"$ref": f"https://geojson.org/schema/{it.shape}.json"},
            "properties": {
                "type": "object",
                "properties": {name: described(one) for name, one in told.items()},
            },
        },
    }


def queryables(root: str, it: FeatureCollection) -> Page:
    """Describe the properties by whose values features may be asked for."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{root}/collections/{it.id}/queryables",
        "title": it.title,
        "type": "object",
        "properties": {name: described(one) for name, one in it.asked.items()},
        "additionalProperties": False,
    }


def described(it: Property) -> Page:
    """Describe the values of a property."""
    values = {"enum": list(it.values)} if it.values else {}
    return {**KINDS[it.kind], **values, "description": it.says}
