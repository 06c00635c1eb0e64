"""Submissions of ODK Central and KoboToolbox as tables: a main one, and one for each repeat.

A row of a repeat names the row it belongs to; joined, it says what that row says as well. What a
submission does not tell stays an empty cell: not answered is no zero.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inspections.domain.registry_cells import key_of
from inspections.domain.sheet import SheetError

Row = tuple[int, list[str]]
# What a row is called and what it calls the row it belongs to: by Central, and by Kobo.
PARENT, PARENT_TABLE = "_parent_index", "_parent_table_name"
LINKS = (("KEY", "PARENT_KEY"), ("_index", PARENT))
# A form has some hundreds of questions; a table that is wider is made to fill our memory.
MOST_COLUMNS = 5_000
MOST_CELLS = 30_000_000
# Kobo writes when it received a form in UTC, and does not say so.
RECEIVED = "_submission_time"
ZONELESS = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under titles, each with the line it stands on; a row may be shorter than the titles."""

    name: str
    titles: list[str]
    rows: list[Row]

    def position(self, title: str) -> int | None:
        """Tell where a column stands."""
        return self.titles.index(title) if title in self.titles else None


def main_table(tables: Sequence[Table]) -> Table:
    """Give the table of the submissions themselves, of which those of repeats are parts."""
    return next((it for it in tables if _link(it) is None), tables[0])


def joined(table: Table, tables: Sequence[Table]) -> Table:
    """Put beside each row of a repeat what the row says that it belongs to, up to its submission.

    A title that both have is told of the other row with the name of its table before it.

    Raises
    ------
    SheetError : when that would be too much
    """
    whole, standing = table, table
    seen = {table.name}
    while (found := _parent(standing, [it for it in tables if it.name not in seen])) is not None:
        parent, own, theirs = found
        whole = _beside(whole, standing, (parent, own, theirs))
        standing = parent
        seen.add(parent.name)
    return whole


def _link(table: Table) -> tuple[str, str] | None:
    return next((it for it in LINKS if it[1] in table.titles), None)


def _parent(table: Table, others: Sequence[Table]) -> tuple[Table, str, str] | None:
    """Find the table that rows belong to, what its rows are called and where ours say it."""
    link = _link(table)
    if link is None:
        return None
    named, naming = link
    parents = [it for it in others if named in it.titles]
    if PARENT_TABLE in table.titles:
        parents = [it for it in parents if it.name in _values(table, PARENT_TABLE)]
    wanted = _values(table, naming)
    best = max(parents, key=lambda it: len(wanted & _values(it, named)), default=None)
    return None if best is None else (best, named, naming)


def _values(table: Table, title: str) -> set[str]:
    at = table.titles.index(title)
    return {_cell(cells, at) for _, cells in table.rows} - {""}


def _beside(whole: Table, child: Table, by: tuple[Table, str, str]) -> Table:
    """Join a parent to what was joined before; the title `naming` of the child leads to it."""
    parent, named, naming = by
    prefix = "" if child is whole else f"{child.name}/"
    taken = {key_of(it) for it in whole.titles}
    naming = naming if f"{prefix}{naming}" not in whole.titles else f"{prefix}{naming}"
    at, theirs = whole.titles.index(naming), parent.titles.index(named)
    titles = [it if key_of(it) not in taken else f"{parent.name}/{it}" for it in parent.titles]
    check_size(len(whole.rows), len(whole.titles) + len(titles))
    known: dict[str, list[str]] = {}
    for _, cells in parent.rows:
        if theirs < len(cells):
            known.setdefault(cells[theirs], cells)
    width = len(whole.titles)
    rows = [
        (line, cells + [""] * (width - len(cells)) + known.get(_cell(cells, at), []))
        for line, cells in whole.rows
    ]
    return Table(whole.name, whole.titles + titles, rows)


def _cell(cells: Sequence[str], at: int) -> str:
    return cells[at] if at < len(cells) else ""


def check_size(rows: int, columns: int) -> None:
    """See that a table can be held.

    Raises
    ------
    SheetError : when it cannot
    """
    if columns > MOST_COLUMNS:
        raise SheetError(f"it has {columns} columns; send a table of {MOST_COLUMNS} at the most")
    if rows * columns > MOST_CELLS:
        raise SheetError(f"it has {rows} rows of {columns} columns; send them in parts")


def with_zones(table: Table) -> Table:
    """Say of the moments that Kobo leaves without a zone that they are in UTC."""
    at = table.position(RECEIVED)
    if at is None:
        return table
    rows = [(line, _zoned(cells, at)) for line, cells in table.rows]
    return Table(table.name, table.titles, rows)


def _zoned(cells: list[str], at: int) -> list[str]:
    match = ZONELESS.fullmatch(_cell(cells, at).strip())
    if match is None:
        return cells
    return [*cells[:at], f"{match[1]}T{match[2]}Z", *cells[at + 1 :]]


def table_of(name: str, told: Sequence[Mapping[str, str]]) -> Table:
    """Make a table of what is told by title; the first row stands on line 2, below the titles.

    Raises
    ------
    SheetError : when that would be too much
    """
    titles = list(dict.fromkeys(title for it in told for title in it))
    check_size(len(told), len(titles))
    rows = [(line, [it.get(title, "") for title in titles]) for line, it in enumerate(told, 2)]
    return Table(name, titles, rows)
