"""Fills every field of a message with values that are found again wherever they turn up."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

# Nobody is called so, and nothing else holds this word.
WORD = "quillfeather"
NAME = "Quillfeather Zélie"
MAIL = "zelie@quillfeather.example"
PASSWORD = "Quillfeather and 7 otters"
PHONE = "+33699887766"
CALLER = "203.0.113.77"
MARKS = (WORD, PHONE[1:], CALLER)
TODAY = date.today().isoformat()  # noqa: DTZ011 - the day of who runs the tests
TOMORROW = datetime.now(UTC) + timedelta(days=1)

FORMATS = {
    "uuid": lambda: str(uuid4()),
    "date": lambda: TODAY,
    "date-time": lambda: datetime.now(UTC).isoformat(),
    "time": lambda: "09:00:00",
    "duration": lambda: "P1D",
    "email": lambda: MAIL,
    "password": lambda: PASSWORD,
    "uri": lambda: "https://quillfeather.example/zelie",
}
# For texts that are bound to a form: language, digits of a check, a digest, scopes, paths.
FITTING = (WORD, f"/v1/{WORD}", "75", "75011", "73282932000074", "123456", "a" * 64, "fr", "FR")
FITTING += ("inspections:read", "a")
DEEPEST = 7
# What a field must be for the message to be taken.
NAMED = {
    "postcode": "75011",
    "territory": "75",
    "territories": ["75"],
    "timezone": "Europe/Paris",
    "email": MAIL,
    "mail": MAIL,
    "phone": PHONE,
    "telephone": PHONE,
    "password": PASSWORD,
    "new_password": PASSWORD,
    "lon": 2.35,
    "lat": 48.85,
    "item": "mould",
    "room": "12",
    "outcome": "done",
    "closes": "18:00:00",
    "expires_at": TOMORROW.isoformat(),
}


class Filler:
    """Fills messages by the schemas of an OpenAPI document, whole or what they need alone.

    `known` has ids by what they are of.
    """

    def __init__(
        self, document: Mapping[str, object], known: Mapping[str, str], *, whole: bool
    ) -> None:
        self._schemas = document["components"]["schemas"]
        self._known = known
        self._whole = whole

    def fill(self, schema: Mapping[str, object], name: str = "", depth: int = 0) -> object:
        """Write a value that a schema allows, marked where it is free."""
        schema = self._resolved(schema)
        known = NAMED.get(name, self._known.get(name.removesuffix("_id")))
        if known is not None and known in schema.get("enum", [known]):
            return known
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return [
                self.fill(schema.get("items", {}), name, depth + 1)
                for _ in range(max(schema.get("minItems", 1), 1) if depth < DEEPEST else 0)
            ]
        if kind in {"integer", "number"}:
            below = schema.get("exclusiveMaximum", 2) / 2
            return max(schema.get("minimum", 1), min(1, schema.get("maximum", 1), below))
        return {"boolean": True, "null": None}.get(kind, self._text(schema))

    def _object(self, schema: Mapping[str, object], depth: int) -> dict[str, object]:
        fields = schema.get("properties", {})
        if not self._whole:
            fields = {it: of for it, of in fields.items() if it in schema.get("required", [])}
        made = (
            {it: self.fill(of, it, depth + 1) for it, of in fields.items()}
            if depth < DEEPEST
            else {}
        )
        if not fields and isinstance(schema.get("additionalProperties"), Mapping):
            made[NAME] = self.fill(schema["additionalProperties"], "", depth + 1)
        return made

    def _text(self, schema: Mapping[str, object]) -> str:
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]]()
        text = f"{NAME}, 12 rue {WORD.capitalize()}"[: schema.get("maxLength")]
        pattern = schema.get("pattern")
        if pattern is None or re.search(pattern, text):
            return text
        return next((it for it in FITTING if re.search(pattern, it)), text)

    def _resolved(self, schema: Mapping[str, object]) -> Mapping[str, object]:
        while True:
            ways: Sequence[Mapping[str, object]] = (
                schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf") or ()
            )
            if "$ref" in schema:
                schema = self._schemas[schema["$ref"].rpartition("/")[2]]
            elif ways:
                schema = next(it for it in ways if it.get("type") != "null")
            else:
                return schema
