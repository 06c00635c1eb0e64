"""Read the rows of a table by a mapping: what each says, what is wrong, what was noticed."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import cast

from inspections.domain.import_cells import read_moment
from inspections.domain.import_fields import BY_NAME, FIELDS, MOMENTS, Field, Kind, read_cell
from inspections.domain.import_mapping import ImportMapping
from inspections.domain.registry_cells import clean, key_of
from inspections.domain.table_file import Numbered

ANSWER = "answer:"
# Cells remembered at once; a table has few that differ but its notes.
MOST_KNOWN = 50_000
NOT_ANSWERED = {
    "na": "not_applicable",
    "n_a": "not_applicable",
    "sans_objet": "not_applicable",
    "not_applicable": "not_applicable",
    "non_vu": "not_seen",
    "not_seen": "not_seen",
}


@dataclass(frozen=True, slots=True)
class CellProblem:
    """Why a row is not taken, or what was noticed of one that is: `code` is what is counted."""

    line: int
    column: str
    value: str
    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row as the mapping reads it: no values when it has problems.

    `raw` is all that the row holds, by which doubles are known; `texts` are its cells by field.
    """

    line: int
    raw: tuple[str, ...]
    texts: Mapping[str, str]
    values: Mapping[str, object] | None
    answers: Mapping[str, object]
    problems: tuple[CellProblem, ...]
    noticed: tuple[CellProblem, ...]


@dataclass(slots=True)
class _Reading:
    """A row while it is read."""

    line: int
    problems: list[CellProblem] = field(default_factory=list)
    noticed: list[CellProblem] = field(default_factory=list)

    def refuse(self, column: str, value: str, code: str, reason: str) -> None:
        self.problems.append(CellProblem(self.line, column, value[:200], code, reason))

    def notice(self, column: str, value: str, code: str, reason: str) -> None:
        self.noticed.append(CellProblem(self.line, column, value[:200], code, reason))


def read_rows(
    header: Numbered, rows: Iterable[Numbered], mapping: ImportMapping
) -> Iterator[ReadRow]:
    """Read rows one after the other; what is wrong with one keeps none of the others out.

    Raises
    ------
    MappingError : when the mapping cannot be used on the file
    """
    mapping.check()
    reader = _RowReader(mapping, mapping.positions(header.cells), len(header.cells))
    for row in rows:
        yield reader.read(row)


@dataclass(frozen=True, slots=True)
class _RowReader:
    """Reads rows; cells that were read before, as those of most tables were, are known."""

    mapping: ImportMapping
    positions: Mapping[str, tuple[int, ...]]
    width: int
    known: dict[tuple[str, str, str], object] = field(default_factory=dict)

    def read(self, row: Numbered) -> ReadRow:
        reading = _Reading(row.line)
        self._notice_padding(row, reading)
        beyond = [it for it in row.cells[self.width :] if it.strip()]
        if beyond:
            reason = f"{len(row.cells)} cells for {self.width} titles; quote what holds a separator"
            reading.refuse("", beyond[0], "too_many_cells", reason)
        texts = {it.name: self._cell(it.name, row, reading) for it in FIELDS[self.mapping.kind]}
        _leave_out_nowhere(texts, reading)
        values = self._values(texts, reading)
        answers = self._answers(row, reading)
        return ReadRow(
            line=row.line,
            raw=tuple(it.strip() for it in row.cells),
            texts=texts,
            values=None if reading.problems else values,
            answers=answers,
            problems=tuple(reading.problems),
            noticed=tuple(reading.noticed),
        )

    def _notice_padding(self, row: Numbered, reading: _Reading) -> None:
        for cell in row.cells:
            if cell != (bare := cell.strip()) and bare:
                reading.notice("", cell, "padded_cell", "has blanks around it; they are left out")

    def _cell(self, name: str, row: Numbered, reading: _Reading) -> str:
        for position in self.positions.get(name, ()):
            raw = row.cells[position] if position < len(row.cells) else ""
            try:
                text = clean(raw)
            except ValueError as error:
                reading.refuse(name, raw, "formula", str(error))
                return ""
            if text:
                return self._meant(name, text)
        return self._meant(name, "") or self.mapping.constants.get(name, "")

    def _meant(self, name: str, text: str) -> str:
        """Give what the mapping says a cell means: the cell itself, its word, or a pattern."""
        meanings = self.mapping.values.get(name.removeprefix(ANSWER))
        if not meanings:
            return text
        if text in meanings:
            return meanings[text]
        folded, word = text.casefold(), key_of(text)
        for pattern, meaning in meanings.items():
            if key_of(pattern) == word != "":
                return meaning
            if text and "*" in pattern and fnmatchcase(folded, pattern.casefold()):
                return meaning
        return text

    def _values(self, texts: Mapping[str, str], reading: _Reading) -> dict[str, object]:
        values: dict[str, object] = {}
        for it in FIELDS[self.mapping.kind]:
            if it.name != "time":
                values[it.name] = self._value(it, texts, reading)
        return values

    def _value(self, it: Field, texts: Mapping[str, str], reading: _Reading) -> object:
        text = texts[it.name]
        if not text:
            if it.required:
                reading.refuse(it.name, "", "empty", "is empty; fill it in, or give a constant")
            return it.default
        try:
            if it.name in MOMENTS:
                return self._moment(it.name, texts, reading)
            return self._read(it, text)
        except ValueError as error:
            code = "implausible_year" if "of the year" in str(error) else "unreadable"
            told = "time of day" in str(error) and texts.get("time")
            column, value = ("time", told) if told else (it.name, text)
            reading.refuse(column, value, code, str(error))
            return None

    def _moment(self, name: str, texts: Mapping[str, str], reading: _Reading) -> str:
        clock = "" if name == "known_at" else texts.get("time", "")
        key = (name, texts[name], clock)
        if key not in self.known:
            read = read_moment(texts[name], clock, month_first=self.mapping.month_first)
            self._remember(key, (read[0].isoformat(), read[1]))
        moment, told = cast("tuple[str, bool]", self.known[key])
        if not told and name != "known_at":
            reading.notice("time", "", "empty_time", "no time is told; noon is taken")
        return moment

    def _read(self, it: Field, text: str) -> object:
        key = (it.name, text, "")
        if key not in self.known:
            self._remember(key, read_cell(it, text, month_first=self.mapping.month_first))
        return self.known[key]

    def _remember(self, key: tuple[str, str, str], value: object) -> None:
        if len(self.known) >= MOST_KNOWN:
            self.known.clear()
        self.known[key] = value

    def _answers(self, row: Numbered, reading: _Reading) -> dict[str, object]:
        answers: dict[str, object] = {}
        severity = BY_NAME[Kind.findings]["severity"]
        for item in self.mapping.answers:
            text = self._cell(f"{ANSWER}{item}", row, reading)
            if not text:
                continue
            try:
                answers[item] = NOT_ANSWERED.get(key_of(text)) or read_cell(
                    severity, text, month_first=False
                )
            except ValueError as error:
                reading.refuse(item, text, "unreadable", str(error))
        return answers


def _leave_out_nowhere(texts: dict[str, str], reading: _Reading) -> None:
    """Leave out a position of (0, 0): that is how tables say they do not know it."""
    if {"lat", "lon"} <= texts.keys() and _is_zero(texts["lat"]) and _is_zero(texts["lon"]):
        reading.notice("lat", "0, 0", "zero_position", "is in the sea; the position is left out")
        texts["lat"] = texts["lon"] = ""


def _is_zero(text: str) -> bool:
    return text.replace(",", ".").strip("0.") == "" and "0" in text
