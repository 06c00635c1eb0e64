"""The grid of items an inspection answers, and its file form."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

DANGER = 4
COLUMNS = (
    "code",
    "category",
    "scope",
    "label_fr",
    "label_en",
    "weight",
    "danger_at",
    "photo_from",
    "refs",
)


class ChecklistError(ValueError):
    """A checklist that cannot be published; the message names the line and what to change."""


class Scope(StrEnum):
    """What part of a place an item is about."""

    building = "building"
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
    """A published version of a grid; `items` are keyed by code, in the order of the form."""

    code: str
    version: int
    items: Mapping[str, Item]


def parse_checklist(text: str, code: str, version: int) -> Checklist:
    """Read a checklist from comma-separated text whose header is `COLUMNS`.

    Raises
    ------
    ChecklistError : when a column, a value or a code is wrong, naming the line.
    """
    reader = csv.DictReader(io.StringIO(text))
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise ChecklistError(f"missing columns: {', '.join(missing)}")
    items: dict[str, Item] = {}
    for row in reader:
        item = _item(row, reader.line_num)
        if item.code in items:
            raise ChecklistError(f"line {reader.line_num}: item {item.code!r} is given twice")
        items[item.code] = item
    if not items:
        raise ChecklistError("a checklist needs at least one item")
    return Checklist(code=code, version=version, items=items)


def _item(row: Mapping[str, str | None], line: int) -> Item:
    values = {name: (row[name] or "").strip() for name in COLUMNS}
    if values["scope"] not in set(Scope):
        raise ChecklistError(f"line {line}: scope must be one of {', '.join(Scope)}")
    return Item(
        code=values["code"],
        category=values["category"],
        scope=Scope(values["scope"]),
        label_fr=values["label_fr"],
        label_en=values["label_en"],
        weight=_number(values, "weight", line, bounds=(1, 6)),
        danger_at=_number(values, "danger_at", line, bounds=(0, 4)),
        photo_from=_number(values, "photo_from", line, bounds=(0, 4)),
        references=values["refs"],
    )


def _number(values: Mapping[str, str], column: str, line: int, *, bounds: tuple[int, int]) -> int:
    low, high = bounds
    text = values[column]
    if not text.isdecimal() or not low <= int(text) <= high:
        raise ChecklistError(
            f"line {line}: {column} must be a whole number from {low} to {high}, not {text!r}"
        )
    return int(text)
