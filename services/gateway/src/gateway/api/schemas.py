"""The schemas of all messages over HTTP, for whoever asks: they tell nothing of anybody."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field

from gateway.use_cases import describe_messages
from shared.contracts.message import Output
from shared.problems import not_found, responses

router = APIRouter(prefix="/v1/schemas", tags=["schemas"])

MEDIA = "application/schema+json"
# They change with a release.
KEPT = {"Cache-Control": "public, max-age=3600"}
SCHEMA: dict[int | str, dict[str, object]] = {
    200: {
        "description": "A schema of JSON Schema 2020-12, whose `$id` is where it was asked for.",
        "content": {MEDIA: {"schema": {"type": "object"}}},
    }
}


class SchemaList(Output):
    """Where the schema of each message is."""

    schemas: dict[str, str] = Field(description="Addresses by name, `service.Message`.")
    events: dict[str, str] = Field(description="Addresses of what `data` is, by kind of event.")


@router.get("", operation_id="listSchemas")
async def list_schemas(request: Request) -> SchemaList:
    """List the schemas of all messages, and those of the data of events by kind."""
    return SchemaList(
        schemas={name: _address(request, name) for name in describe_messages.messages()},
        events=_addressed(request, describe_messages.event_schemas()),
    )


@router.get(
    "/{name}",
    operation_id="getSchema",
    response_class=Response,
    responses=responses(404) | SCHEMA,
)
async def get_schema(request: Request, name: str) -> JSONResponse:
    """Get the schema of a message; its address stays the same from release to release."""
    if name not in describe_messages.messages():
        raise not_found("schema")
    schema = {"$id": _address(request, name), **describe_messages.schema_of(name)}
    return JSONResponse(schema, media_type=MEDIA, headers=KEPT)


def _addressed(request: Request, names: Mapping[str, str]) -> dict[str, str]:
    return {key: _address(request, name) for key, name in names.items()}


def _address(request: Request, name: str) -> str:
    return f"{request.app.reached_at}{router.prefix}/{name}"
