"""Requests made of an OpenAPI page whose values are what nobody would send who means well."""

import copy
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

NOBODY = "00000000-0000-4000-8000-000000000bad"
DEEP = 100_000
# Written as JSON is, since some of it is no JSON.
NUMBERS = ("1e400", "-1e400", "NaN", "Infinity", "9" * 5000, "-1", "9223372036854775808", "1e-400")
TEXTS = (
    r'"\ud800"',
    r'"\u0000"',
    '"' + "x" * 20_000 + '"',
    '"9999-12-31T23:59:59.999999-23:59"',
    '"0001-01-01T00:00:00+23:59"',
    "\"=cmd|' /C calc'!A0\"",
    "[" * 500 + "]" * 500,
)
BODIES = (
    b"\xff\xfe{",
    b"[" * DEEP,
    b'{"a":' * DEEP,
    b"[" * DEEP + b"]" * DEEP,
    b"NaN",
    b"1e400",
    b"9" * 5000,
    b'{"a": ' + b"9" * 1_000_000 + b"}",
    '{"a": "é"}'.encode("utf-16"),
    b'{"a": "\xed\xa0\x80"}',
    b'\xef\xbb\xbf{"a": 1}',
    b'{"a": 1, "a": 2}',
    b"",
)
WORDS = (
    "%00",
    "%ff%fe",
    "%ed%a0%80",
    "9" * 5000,
    "1e400",
    "NaN",
    "-1",
    "9999-12-31T23:59:59.999999-23:59",
    "%27%20or%201%3D1--",
    "..%2f..%2fetc%2fpasswd",
    "%F0%9F%92%A9" * 50,
)
# What a cursor may hold that is made up.
KEYS = (
    r'["\u0000","\ud800"]',
    '["x","y"]',
    '["0001-01-01T00:00:00+23:59","00000000-0000-4000-8000-000000000bad"]',
    '["9999-12-31T23:59:59-23:59","x"]',
    f'["{"9" * 150}","{"9" * 150}"]',
    '["NaN","NaN"]',
    '[{"a":[]},null]',
    '["1e400"]',
    f'["{"9" * 150}"]',
)
CURSORS = tuple(urlsafe_b64encode(it.encode()).decode().rstrip("=") for it in KEYS)
Page = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Hostile:
    """A request; `why` says what is wrong with it."""

    method: str
    target: str
    why: str
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


def requests_of(page: Page) -> Iterator[Hostile]:
    """Make requests of every operation of a page that removes nothing."""
    for path, operations in page["paths"].items():
        for method, operation in operations.items():
            if method == "delete":
                continue
            yield from _of_addresses(page, path, method, operation)
            if "requestBody" in operation:
                yield from _of_bodies(page, path, method, operation)


def _of_addresses(page: Page, path: str, method: str, operation: Page) -> Iterator[Hostile]:
    given = [_resolved(page, it) for it in operation.get("parameters", ())]
    sound = _filled(path, given)
    content = b"{}" if "requestBody" in operation else None
    headers = {"Content-Type": "application/json"} if content else {}
    for it in given:
        for word in (*WORDS, *(CURSORS if it["name"] == "cursor" else ())):
            target = sound
            if it["in"] == "query":
                target = f"{sound}?{it['name']}={word}"
            elif it["in"] == "path":
                target = _filled(path, given, {it["name"]: word})
            else:
                continue
            yield Hostile(method, target, f"{it['name']}={word[:60]}", content, headers)


def _filled(path: str, given: list[Page], values: Mapping[str, str] = {}) -> str:
    for it in given:
        if it["in"] == "path":
            path = path.replace("{" + it["name"] + "}", values.get(it["name"], NOBODY))
    return path


def _of_bodies(page: Page, path: str, method: str, operation: Page) -> Iterator[Hostile]:
    given = [_resolved(page, it) for it in operation.get("parameters", ())]
    target = _filled(path, given)
    for kind, described in operation["requestBody"]["content"].items():
        headers = {"Content-Type": kind}
        for content in BODIES:
            yield Hostile(method, target, f"body {content[:30]!r}", content, headers)
        if kind == "application/json":
            sound = _example(page, described.get("schema", {}))
            for where, content in _spoilt(sound):
                yield Hostile(method, target, where, content.encode(), headers)


def _example(page: Page, schema: Page) -> object:
    told = _resolved(page, schema)
    return (told.get("examples") or [told.get("example")])[0]


def _resolved(page: Page, it: Page) -> Page:
    while "$ref" in it:
        found: Any = page
        for part in it["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        it = found
    return it


def _spoilt(sound: object) -> Iterator[tuple[str, str]]:
    """Put each hostile value in the place of each value of an example, one at a time."""
    for where in _leaves(sound):
        before = _at(sound, where)
        for value in NUMBERS if isinstance(before, int | float) else TEXTS:
            spoilt = copy.deepcopy(sound)
            _at(spoilt, where[:-1])[where[-1]] = "\x01"
            written = json.dumps(spoilt).replace(r'"\u0001"', value)
            yield f"{'/'.join(map(str, where))} = {value[:60]}", written


def _leaves(value: object, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for name, it in value.items():
            yield from _leaves(it, (*where, name))
    elif isinstance(value, list):
        for number, it in enumerate(value[:1]):
            yield from _leaves(it, (*where, number))
    elif where:
        yield where


def _at(value: Any, where: tuple[Any, ...]) -> Any:
    for part in where:
        value = value[part]
    return value
