"""What callers notice between two descriptions of an API, and what of it breaks their programs.

A message we are sent may be asked less of, never more; one we send may tell more, never less. The
known tools for this are programs in Go that neither package index carries. Of those that are
carried, with five breaks planted into our own documents, api-schema-diff 1.0.4 saw no value taken
from an enumeration and no bound that tightened, and api-diff-sentinel 1.0.2 one of the five.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Schema = Mapping[str, Any]
# Bounds that ask more of a message when they grow, and when they shrink.
GROWING = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
SHRINKING = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
# Any other value than before asks for something else.
EXACT = ("pattern", "format", "multipleOf", "uniqueItems")
# What holds more than the kind it stands for; a schema that says nothing holds everything.
ANY = "anything"
WIDER = {"integer": "number"}


@dataclass(frozen=True, order=True, slots=True)
class Change:
    """Something callers may notice at one place of one operation."""

    operation: str
    where: str
    what: str
    breaks: bool = True

    def __str__(self) -> str:
        """Write it as it stands in the file of agreed breaks."""
        return f"{self.operation}: {self.where} {self.what}"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the comparison is: which operation, in what we are sent or in what we send."""

    operation: str
    where: str
    sent_to_us: bool
    schemas: tuple[Schema, Schema]
    seen: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    def change(self, what: str, *, breaks: bool = True) -> Change:
        return Change(self.operation, self.where, what, breaks)

    def below(self, name: str) -> "_Place":
        return replace(self, where=f"{self.where}/{name}")


def compare(service: str, old: Schema, new: Schema) -> Iterator[Change]:
    """Yield all changes of a service, both descriptions in the form of `api_release.compact`."""
    schemas = (old["schemas"], new["schemas"])
    for name, before in old["operations"].items():
        place = _Place(f"{service} {name}", "", sent_to_us=True, schemas=schemas)
        if name in new["operations"]:
            yield from _operation(place, before, new["operations"][name])
        else:
            yield Change(place.operation, "operation", "was removed")
    for name in new["operations"].keys() - old["operations"].keys():
        yield Change(f"{service} {name}", "operation", "was added", breaks=False)


def _operation(place: _Place, old: Schema, new: Schema) -> Iterator[Change]:
    at = replace(place, where="operation")
    if old["id"] != new["id"]:
        yield at.change(f"has another name: {old['id']} is now {new['id']}")
    if new["signed"] and not old["signed"]:
        yield at.change("needs a token now")
    yield from _parameters(place, old["parameters"], new["parameters"])
    asked = replace(place, where="request")
    if new["request_required"] and not old["request_required"]:
        yield asked.change("is now required")
    yield from _contents(asked, old["request"], new["request"])
    for status, told in old["answers"].items():
        answer = replace(place, where=f"answer {status}", sent_to_us=False)
        if status in new["answers"]:
            yield from _contents(answer, told, new["answers"][status])
        else:
            yield answer.change("was removed")
    for status in new["answers"].keys() - old["answers"].keys():
        yield replace(place, where=f"answer {status}").change("was added", breaks=False)


def _parameters(place: _Place, old: Schema, new: Schema) -> Iterator[Change]:
    for name, before in old.items():
        at = replace(place, where=f"parameter {name}")
        if name not in new:
            yield at.change("was removed")
            continue
        if new[name]["required"] and not before["required"]:
            yield at.change("is now required")
        yield from _schema(at, before["schema"], new[name]["schema"])
    for name in new.keys() - old.keys():
        needed = new[name]["required"]
        at = replace(place, where=f"parameter {name}")
        yield at.change("was added" + (" and is required" if needed else ""), breaks=needed)


def _contents(place: _Place, old: Schema, new: Schema) -> Iterator[Change]:
    for media, schema in old.items():
        if media in new:
            yield from _schema(place, schema, new[media])
        else:
            yield place.change(f"is no longer {media}")
    for media in new.keys() - old.keys():
        yield place.change(f"may be {media}", breaks=False)


def _schema(place: _Place, old: Schema, new: Schema) -> Iterator[Change]:
    """Compare what may stand in one place, alternative by alternative.

    What we are sent: each that was taken must still be. What we send: each that may come must have
    been known.
    """
    before, after = _alternatives(old), _alternatives(new)
    if place.sent_to_us:
        yield from _each(before, after, lambda a, b: _alternative(place, a, b), place)
        return
    yield from _each(after, before, lambda a, b: _alternative(place, b, a), place)


def _each(
    needed: list[Schema],
    offered: list[Schema],
    compared: Callable[[Schema, Schema], Iterable[Change]],
    place: _Place,
) -> Iterator[Change]:
    for one in needed:
        kind = _kind(one)
        holding = {kind, WIDER.get(kind, ANY), ANY}
        ways = [list(compared(one, it)) for it in offered if _kind(it) in holding]
        if ways:
            yield from min(ways, key=lambda way: sum(it.breaks for it in way))
        elif place.sent_to_us:
            yield place.change(f"is no longer taken as {kind}")
        else:
            yield place.change(f"may now be {kind}")


def _alternatives(schema: Schema) -> list[Schema]:
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return [leaf for it in schema[word] for leaf in _alternatives(it)]
    return [schema]


def _kind(schema: Schema) -> str:
    """Name what an alternative is, as far as two that differ in it cannot be the same."""
    if "$ref" in schema:
        return "a message"
    known = schema.get("enum", [schema["const"]] if "const" in schema else [None])[0]
    return str(schema.get("type", ANY if known is None else type(known).__name__))


def _alternative(place: _Place, old: Schema, new: Schema) -> Iterator[Change]:
    if "$ref" in old:
        pair = (str(old["$ref"]), str(new["$ref"]))
        if pair in place.seen:
            return
        inside = replace(place, seen=place.seen | {pair})
        named = [
            whole[name.rpartition("/")[2]] for whole, name in zip(place.schemas, pair, strict=True)
        ]
        yield from _schema(inside, *named)
        return
    yield from _values(place, old, new)
    yield from _bounds(place, old, new)
    yield from _fields(place, old, new)
    for part in ("items", "additionalProperties"):
        if isinstance(old.get(part), Mapping) and isinstance(new.get(part), Mapping):
            yield from _schema(place.below("*"), old[part], new[part])
    parts = zip(old.get("prefixItems", []), new.get("prefixItems", []), strict=False)
    for number, (before, after) in enumerate(parts):
        yield from _schema(place.below(str(number)), before, after)


def _values(place: _Place, old: Schema, new: Schema) -> Iterator[Change]:
    before, after = _enumerated(old), _enumerated(new)
    if before is None and after is None:
        return
    if before is None or after is None:
        narrower = before is None
        what = "takes only some values" if narrower else "may be any value"
        yield place.change(what, breaks=narrower == place.sent_to_us)
        return
    for value in sorted(before - after):
        yield place.change(f"is never {value}", breaks=place.sent_to_us)
    for value in sorted(after - before):
        yield place.change(f"may be {value}", breaks=not place.sent_to_us)


def _enumerated(schema: Schema) -> set[str] | None:
    if "const" in schema:
        return {str(schema["const"])}
    return {str(it) for it in schema["enum"]} if "enum" in schema else None


def _bounds(place: _Place, old: Schema, new: Schema) -> Iterator[Change]:
    """Compare what is asked of a value; what we send may keep to other bounds than before."""
    if old.get("format") != new.get("format") and not place.sent_to_us:
        yield place.change(f"has another format: {new.get('format')}")
    if not place.sent_to_us:
        return
    for word in (*GROWING, *SHRINKING, *EXACT):
        before, after = old.get(word), new.get(word)
        if before == after:
            continue
        if after is None:
            yield place.change(f"has no {word} any more", breaks=False)
            continue
        looser = before is not None and (
            (word in GROWING and after < before) or (word in SHRINKING and after > before)
        )
        yield place.change(f"has {word} {after}", breaks=not looser)
    if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
        yield place.change("takes no other fields any more")


def _fields(place: _Place, old: Schema, new: Schema) -> Iterator[Change]:
    before, after = old.get("properties", {}), new.get("properties", {})
    needed_before, needed_after = set(old.get("required", ())), set(new.get("required", ()))
    for name, schema in before.items():
        at = place.below(name)
        if name not in after:
            yield at.change("was removed")
            continue
        if place.sent_to_us and name in needed_after - needed_before:
            yield at.change("is now required")
        if not place.sent_to_us and name in needed_before - needed_after:
            yield at.change("may now be absent")
        yield from _schema(at, schema, after[name])
    for name in after.keys() - before.keys():
        needed = place.sent_to_us and name in needed_after
        what = "was added" + (" and is required" if needed else "")
        yield place.below(name).change(what, breaks=needed)
