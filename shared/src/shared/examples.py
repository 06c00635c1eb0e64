"""Examples of messages for OpenAPI documents, put together field by field.

What a field says comes from its own `examples`, from `example_values.toml`, or from its schema when
that leaves no choice (a first member, a default). Ids come from names, so that an accommodation's
`id` is the `accommodation_id` of what tells of it.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import cast
from uuid import NAMESPACE_URL, uuid5

Schema = Mapping[str, object]
Json = object

REFERENCE = "#/components/schemas/"
ANY, LEFT_OPEN = "any", "left_open"
DAY, MOMENT = "2026-03-02", "2026-03-02T09:30:00Z"


class UntoldError(LookupError):
    """No example is known for something that must have one."""


class Examples:
    """Makes examples of the schemas of one document."""

    def __init__(self, schemas: Mapping[str, Schema]) -> None:
        self._schemas = schemas
        self._told = _values()

    def of(self, schema: Schema, owner: str = "", name: str = "") -> Json:
        """Return an example of a schema that stands in a field `name` of the message `owner`.

        Raises
        ------
        UntoldError : nothing is known that it could say, neither here nor within
        """
        return self._of(schema, owner, name, ())

    def _of(self, schema: Schema, owner: str, name: str, inside: tuple[str, ...]) -> Json:
        own = self._told.get(owner, {})
        if name in own:
            return own[name]
        if "examples" in schema:
            return cast("list[Json]", schema["examples"])[0]
        if "const" in schema:
            return schema["const"]
        for choice in ("anyOf", "oneOf", "allOf"):
            if choice in schema:
                return self._chosen(cast("list[Schema]", schema[choice]), owner, name, inside)
        if "$ref" in schema:
            return self._named(str(schema["$ref"]).removeprefix(REFERENCE), name, inside)
        if "properties" in schema:
            return self._object(schema, owner, inside)
        return self._leaf(schema, owner, name, inside)

    def _chosen(
        self, choices: list[Schema], owner: str, name: str, inside: tuple[str, ...]
    ) -> Json:
        real = [it for it in choices if it.get("type") != "null"]
        left_open = cast("list[str]", self._told[LEFT_OPEN])
        if len(real) < len(choices) and (name in left_open or f"{owner}.{name}" in left_open):
            return None
        return self._of(real[0], owner, name, inside)

    def _named(self, message: str, name: str, inside: tuple[str, ...]) -> Json:
        if message in inside:
            raise UntoldError(f"{message} holds itself")
        schema = self._schemas[message]
        if "properties" in schema:
            return self._object(schema, message, (*inside, message))
        return self._of(schema, message, name, (*inside, message))

    def _object(self, schema: Schema, owner: str, inside: tuple[str, ...]) -> Json:
        example = {}
        for name, field in cast("Mapping[str, Schema]", schema["properties"]).items():
            try:
                example[name] = self._of(field, owner, name, inside)
            except UntoldError:
                if name in cast("list[str]", schema.get("required", [])):
                    raise
        return example

    def _leaf(self, schema: Schema, owner: str, name: str, inside: tuple[str, ...]) -> Json:
        told = self._told[ANY]
        if name in told and _fits(told[name], schema):
            is_day = schema.get("format") == "date"
            return str(told[name])[: len(DAY)] if is_day else told[name]
        if "enum" in schema:
            return cast("list[Json]", schema["enum"])[0]
        if schema.get("type") == "array":
            return self._array(schema, owner, name, inside)
        if isinstance(schema.get("additionalProperties"), Mapping):
            return self._map(schema, owner, name, inside)
        return _without_choice(schema, owner, name)

    def _array(self, schema: Schema, owner: str, name: str, inside: tuple[str, ...]) -> Json:
        if "items" not in schema:
            raise UntoldError(f"{owner}.{name}")
        try:
            item = self._of(cast("Schema", schema["items"]), owner, name, inside)
        except UntoldError:
            if schema.get("minItems"):
                raise
            return []
        return [item] * max(cast("int", schema.get("minItems", 1)), 1)

    def _map(self, schema: Schema, owner: str, name: str, inside: tuple[str, ...]) -> Json:
        within = cast("Schema", schema["additionalProperties"])
        return {name.removesuffix("s"): self._of(within, owner, name, inside)}


@cache
def _values() -> Mapping[str, Mapping[str, Json]]:
    """Read what fields say: by message, then by name."""
    text = files("shared").joinpath("example_values.toml").read_text("utf-8")
    return tomllib.loads(text)


def _without_choice(schema: Schema, owner: str, name: str) -> Json:
    """Say what a schema leaves no choice of, or what does not matter."""
    made = schema.get("format")
    if made == "uuid":
        return _id(owner, name)
    if made in {"date", "date-time"}:
        return DAY if made == "date" else MOMENT
    if schema.get("default") is not None:
        return schema["default"]
    if schema.get("type") in {"boolean", "null"}:
        return True if schema["type"] == "boolean" else None
    raise UntoldError(f"{owner}.{name}")


def _fits(value: Json, schema: Schema) -> bool:
    """Tell whether a value is of a schema's type; a name may stand for a text and for a number."""
    if "enum" in schema:
        return value in cast("list[Json]", schema["enum"])
    kind, items = schema.get("type"), cast("Schema", schema.get("items", {}))
    if isinstance(value, bool):
        return kind == "boolean"
    if isinstance(value, list) and "$ref" in items:
        return False
    kinds: dict[type, set[str]] = {
        str: {"string"},
        int: {"integer", "number"},
        float: {"number"},
        list: {"array"},
        dict: {"object"},
    }
    return kind in kinds[type(value)]


def _id(owner: str, name: str) -> str:
    """Name a thing: `id` of an accommodation and `accommodation_id` elsewhere are the same."""
    known_as = f"{owner.lower()}_id" if name in {"", "id"} else name.removesuffix("s")
    return str(uuid5(NAMESPACE_URL, known_as.replace("_", "")))
