"""A checklist as a sheet: read whatever program wrote it, and written for any to open."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from inspections.domain import registry_cells as cells
from inspections.domain.checklist import Item, Scope, twice
from inspections.domain.export_cells import cell
from inspections.domain.sheet import RowProblem, SheetError, numbered_rows

MOST_ITEMS = 500
CODE = re.compile(r"[a-z][a-z0-9_]{1,59}")
# A spreadsheet would run a cell that begins so.
RUN = ("=", "+", "-", "@")
SCOPES: dict[str, str] = {it.value: it.value for it in Scope} | {
    "batiment": Scope.building.value,
    "parties_communes": Scope.common_parts.value,
    "chambre": Scope.room.value,
    "logement": Scope.room.value,
}


class ChecklistError(ValueError):
    """A checklist that cannot be taken; the message is about its first problem."""

    def __init__(self, problems: Iterable[RowProblem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__(f"line {first.line}, {first.column}: {first.reason}")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the sheet: its names, English first, and how its cells are read."""

    field: str
    names: tuple[str, ...]
    read: Callable[[str], str | int]
    empty: str | int | None = None


def _code(text: str) -> str:
    if not CODE.fullmatch(text):
        raise ValueError("must be small letters, digits and _, as damp_wall")
    return text


def _text(text: str, limit: int = 200) -> str:
    if text.startswith(RUN):
        raise ValueError("a spreadsheet would run what begins so; write it otherwise")
    # The apostrophe is ours, from when it was written.
    plain = text[1:] if text.startswith("'") and text[1:].startswith(RUN) else text
    return cells.read_text(plain, limit)


_severity = partial(cells.read_whole, low=0, high=4)
COLUMNS = (
    Column("code", ("code",), _code),
    Column("category", ("category", "categorie"), _code),
    Column("scope", ("scope", "portee"), partial(cells.read_word, words=SCOPES)),
    Column("label_fr", ("label_fr", "libelle_fr", "libelle"), _text),
    Column("label_en", ("label_en", "libelle_en"), _text),
    Column("weight", ("weight", "poids"), partial(cells.read_whole, low=1, high=6)),
    Column("danger_at", ("danger_at", "danger_des"), _severity, 0),
    Column("photo_from", ("photo_from", "photo_des"), _severity, 0),
    Column("references", ("refs", "references"), partial(_text, limit=500), ""),
)
FIELD_OF_NAME = {name: column for column in COLUMNS for name in column.names}


def parse_items(content: bytes) -> tuple[Item, ...]:
    """Read the items of a checklist, in the order of the sheet, which becomes that of the form.

    A checklist with rows left out would be another one: it is taken whole or not at all.

    Raises
    ------
    SheetError : when the content is no sheet, a column is missing, or there is no item
    ChecklistError : when cells are wrong, with all that is wrong
    """
    rows = numbered_rows(content)
    _, header = next(rows, (1, []))
    columns = [FIELD_OF_NAME.get(cells.key_of(name)) for name in header]
    for column in COLUMNS:
        if column.empty is None and column not in columns:
            raise SheetError(f"no column for {column.field}; name one {column.names[0]}")
    items: list[tuple[int, Item]] = []
    problems: list[RowProblem] = []
    for line, row in rows:
        item = _item(line, dict(zip(columns, row, strict=False)), problems)
        if item is not None:
            items.append((line, item))
    _check_whole(items, problems)
    return tuple(item for _, item in items)


def _check_whole(items: list[tuple[int, Item]], problems: list[RowProblem]) -> None:
    again = twice([item.code for _, item in items])
    if again is not None:
        line, item = items[again]
        problems.append(RowProblem(line, "code", item.code, "is given twice; keep one row of it"))
    if problems:
        raise ChecklistError(problems)
    if not 0 < len(items) <= MOST_ITEMS:
        raise SheetError(f"a checklist has 1 to {MOST_ITEMS} items, and this one {len(items)}")


def _item(line: int, row: Mapping[Column | None, str], problems: list[RowProblem]) -> Item | None:
    before = len(problems)
    values = {it.field: _value(line, it, row.get(it, ""), problems) for it in COLUMNS}
    if len(problems) > before:
        return None
    return Item(**values | {"scope": Scope(str(values["scope"]))})  # type: ignore[arg-type] # each column reads its field's own type


def _value(line: int, column: Column, text: str, problems: list[RowProblem]) -> str | int | None:
    try:
        cleaned = cells.clean(text)
        if cleaned:
            return column.read(cleaned)
    except ValueError as error:
        problems.append(RowProblem(line, column.names[0], text[:200], str(error)))
    else:
        if column.empty is None:
            problems.append(RowProblem(line, column.names[0], text[:200], "is empty; fill it in"))
    return column.empty


def write_items(items: Iterable[Item]) -> bytes:
    """Write items as a sheet that `parse_items` reads back, and that French spreadsheets open."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow(column.names[0] for column in COLUMNS)
    writer.writerows([cell(getattr(item, it.field)) for it in COLUMNS] for item in items)
    return out.getvalue().encode("utf-8-sig")
