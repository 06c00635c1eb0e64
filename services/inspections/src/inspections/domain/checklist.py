"""The grid of items an inspection answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

DANGER = 4


class Scope(StrEnum):
    """What part of a place an item is about."""

    building = "building"
    common_parts = "common_parts"
    room = "room"
    relation = "relation"
    document = "document"


@dataclass(frozen=True, slots=True)
class Item:
    """A thing to look at.

    `danger_at` and `photo_from` are the severities that are a danger and that ask for a
    photo; 0 means never.
    """

    code: str
    category: str
    scope: Scope
    label_fr: str
    label_en: str
    weight: int
    danger_at: int
    photo_from: int
    references: str

    def is_critical(self, severity: int) -> bool:
        """Tell whether this severity of the item is a danger to people."""
        return severity == DANGER or 0 < self.danger_at <= severity


@dataclass(frozen=True, slots=True)
class Checklist:
    """A version of a grid; `items` are keyed by code, in the order of the form."""

    code: str
    version: int
    items: Mapping[str, Item]


@dataclass(frozen=True, slots=True)
class Changes:
    """What a version changes of an earlier one: codes, and the fields of the items it changed."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]


def twice(codes: Sequence[str]) -> int | None:
    """Give the place of the first code that stood before already; None when there is none."""
    seen: set[str] = set()
    for place, code in enumerate(codes):
        if code in seen:
            return place
        seen.add(code)
    return None


def changes_between(before: Checklist, after: Checklist) -> Changes:
    """Tell what `after` changes of `before`; the order of items is no change."""
    kept = [code for code in after.items if code in before.items]
    fields = {code: _differences(before.items[code], after.items[code]) for code in kept}
    return Changes(
        added=tuple(code for code in after.items if code not in before.items),
        removed=tuple(code for code in before.items if code not in after.items),
        changed={code: names for code, names in fields.items() if names},
    )


def _differences(one: Item, other: Item) -> tuple[str, ...]:
    return tuple(
        name for name in Item.__dataclass_fields__ if getattr(one, name) != getattr(other, name)
    )
