"""Which columns of people's tables mean what: kept as a mapping, and suggested for a new file."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from inspections.domain.import_cells import months_come_first
from inspections.domain.import_fields import BY_NAME, FIELDS, PEOPLE, Field, Kind, read_cell
from inspections.domain.registry_cells import clean, key_of

# How sure a suggestion is by its title: the same, one that holds it, one spelt nearly so.
SAME, HOLDS, ALIKE, BY_CONTENT = 1.0, 0.8, 0.6, 0.4
# Below this the title is not one the field is known by: a column of days is then a day.
ALMOST = 0.9
ALIKE_FROM = 85.0
LABEL_FROM = 80.0
# So much of a column must read as a field for its content to suggest it.
READS_FROM = 0.9
SAMPLES = 200
DAY = re.compile(r"\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}\b|\d{4}-\d\d-\d\d|\d{1,2} \w{3,9} \d{4}")
# Fields whose content is told from any other's; the rest would take any column.
TELLING = frozenset(
    {
        "postcode",
        "siret",
        "insee_commune",
        "severity",
        "occurred_at",
        "scheduled_at",
        "day",
        "time",
        "lat",
        "lon",
    }
)
NOT_MAPPED = frozenset({"checklist", "title"})


class MappingError(ValueError):
    """A mapping that cannot be used on a file; the message says what to change."""


@dataclass(frozen=True, slots=True)
class ImportMapping:
    """Which columns of a table tell which fields.

    `columns` name titles, the first cell that is not empty being taken; `constants` are told of
    all rows; `values` say, by field, what a cell means, `*` standing for any characters.
    `answers` are items of a checklist with the columns that answer them. `system` is whose names
    of places they are, if not the register's own.
    """

    kind: Kind
    columns: Mapping[str, tuple[str, ...]]
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    month_first: bool = False
    sheet: str | None = None
    header_line: int | None = None
    system: str | None = None
    checklist: str = "default"

    def check(self) -> None:
        """See that it speaks of fields there are, and tells all that are needed.

        Raises
        ------
        MappingError : when it does not
        """
        known = BY_NAME[self.kind]
        for name in (*self.columns, *self.constants, *self.values):
            if name not in known and not (name in self.values and name in self.answers):
                fields = ", ".join(known)
                raise MappingError(f"{self.kind} have no field {name!r}; use one of {fields}")
        for it in FIELDS[self.kind]:
            if it.required and it.name not in self.columns and it.name not in self.constants:
                raise MappingError(f"no column for {it.name}; name one in columns or constants")
        if self.answers and self.kind != Kind.inspections:
            raise MappingError("answers are of inspections; leave them out")

    def positions(self, header: Sequence[str]) -> dict[str, tuple[int, ...]]:
        """Find, by field, where its columns stand.

        Raises
        ------
        MappingError : when the file has no such column
        """
        places: dict[str, int] = {}
        for position, title in enumerate(header):
            places.setdefault(key_of(title), position)
        found: dict[str, tuple[int, ...]] = {}
        for name, titles in (*self.columns.items(), *self._answer_columns()):
            missing = [it for it in titles if key_of(it) not in places]
            if missing:
                raise MappingError(
                    f"the file has no column {missing[0]!r} for {name}; "
                    f"its columns are {', '.join(it for it in header if it.strip())}"
                )
            found[name] = tuple(places[key_of(it)] for it in titles)
        return found

    def _answer_columns(self) -> Iterable[tuple[str, tuple[str, ...]]]:
        return ((f"answer:{item}", (title,)) for item, title in self.answers.items())


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A field that a column may be; `because` is title, spelling or content."""

    field: str
    title: str
    sureness: float
    because: str


@dataclass(frozen=True, slots=True)
class Suggested:
    """What a table seems to be: its columns by field, and the required fields nobody tells."""

    kind: Kind
    likeness: float
    columns: tuple[Suggestion, ...]
    missing: tuple[str, ...]
    month_first: bool | None


@dataclass(frozen=True, slots=True)
class ColumnSample:
    """A column as its title and first cells show it."""

    title: str
    cells: tuple[str, ...]

    @property
    def is_about_people(self) -> bool:
        """Whether its title says it holds people, who are never imported."""
        return key_of(self.title) in PEOPLE

    @property
    def holds_days(self) -> bool:
        """Whether its cells are days, whatever its title."""
        days = sum(DAY.match(it.strip()) is not None for it in self.cells)
        return days > 0 and days >= READS_FROM * len(self.cells)


def samples_of(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[ColumnSample]:
    """Gather the first cells of each column that has a title."""
    taken = [row for row, _ in zip(rows, range(SAMPLES), strict=False)]
    return [
        ColumnSample(title, tuple(row[n] for row in taken if n < len(row) and row[n].strip()))
        for n, title in enumerate(header)
        if title.strip()
    ]


def suggest(columns: Sequence[ColumnSample]) -> list[Suggested]:
    """Suggest what a table is and what its columns mean, the likeliest kind first."""
    usable = [it for it in columns if not it.is_about_people]
    return sorted((_as_kind(kind, usable) for kind in Kind), key=lambda it: -it.likeness)


def _as_kind(kind: Kind, columns: Sequence[ColumnSample]) -> Suggested:
    days = [cell for it in columns for cell in it.cells]
    month_first = months_come_first(days)
    options = sorted(
        (
            it
            for one in FIELDS[kind]
            if one.name not in NOT_MAPPED
            for column in columns
            if (it := _fit(one, column, month_first=bool(month_first))) is not None
        ),
        key=lambda it: -it.sureness,
    )
    chosen: dict[str, Suggestion] = {}
    titles: set[str] = set()
    for it in options:
        if it.field not in chosen and it.title not in titles:
            chosen[it.field] = it
            titles.add(it.title)
    needed = [it.name for it in FIELDS[kind] if it.required and it.name not in NOT_MAPPED]
    missing = tuple(it for it in needed if it not in chosen)
    sure = sum(it.sureness for it in chosen.values())
    told = (len(needed) - len(missing)) / len(needed)
    return Suggested(
        kind=kind,
        likeness=round(told * (0.5 + 0.5 * sure / max(len(columns), 1)), 3),
        columns=tuple(it for one in FIELDS[kind] if (it := chosen.get(one.name))),
        missing=missing,
        month_first=month_first,
    )


def _fit(it: Field, column: ColumnSample, *, month_first: bool) -> Suggestion | None:
    title = key_of(column.title)
    sureness, because = _by_title(it, title)
    if it.read is not None and sureness < ALMOST and column.holds_days:
        return None
    share = _readable(it, column.cells, month_first=month_first)
    if sureness and (share is None or share > 0):
        return Suggestion(it.name, column.title, sureness, because)
    if it.name in TELLING and share is not None and share >= READS_FROM:
        return Suggestion(it.name, column.title, BY_CONTENT, "content")
    return None


def _by_title(it: Field, title: str) -> tuple[float, str]:
    for place, name in enumerate(it.names):
        if title == name:
            # Of two columns with titles it is known by, the one named first.
            return SAME - place / 1000, "title"
    words = f"_{title}_"
    if any(f"_{name}_" in words for name in it.names if len(name) > len("id")):
        return HOLDS, "title"
    if any(fuzz.ratio(title, name) >= ALIKE_FROM for name in it.names):
        return ALIKE, "spelling"
    return 0.0, ""


def _readable(it: Field, cells: Sequence[str], *, month_first: bool) -> float | None:
    """Give the share of cells that the field can read; None where there is none."""
    if not cells:
        return None
    read = 0
    for cell in cells:
        try:
            read_cell(it, clean(cell), month_first=month_first)
            read += 1
        except ValueError:
            continue
    return read / len(cells)


def suggest_items(cells: Iterable[str], labels: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Suggest, for each way a table names what was wrong, the item whose label is nearest.

    `labels` are those of the items of a checklist, by code.
    """
    found: dict[str, str] = {}
    for cell in sorted({it.strip() for it in cells}):
        scores = {
            code: max(fuzz.token_set_ratio(key_of(cell), key_of(it)) for it in (code, *its))
            for code, its in labels.items()
        }
        best = max(scores, key=lambda it: scores[it], default=None)
        if best is not None and scores[best] >= LABEL_FROM:
            found[cell] = best
    return found
