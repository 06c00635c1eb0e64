"""The lines of a GTFS table, field by field; what is wrong is named by file, line and field."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from routing.domain.transit_feed import FeedError

if TYPE_CHECKING:
    import _csv

# A table this long is no timetable.
MOST_BYTES = 4_000_000_000
_MOST_DIGITS = 8
_PARTS, _MINUTES = 3, 60


class Row:
    """A line of a table, whose fields are read as what they should be."""

    __slots__ = ("_fields", "_file", "_times", "_values", "line")

    def __init__(self, file: str, fields: Mapping[str, int]) -> None:
        self._file, self._fields = file, fields
        self._values: list[str] = []
        # Millions of lines hold some tens of thousands of times.
        self._times: dict[str, int] = {"": -1}
        self.line = 0

    def at(self, values: list[str], line: int) -> "Row":
        """Stand for another line of the table."""
        self._values, self.line = values, line
        return self

    def text(self, field: str) -> str:
        """Read a field that may be left out."""
        place = self._fields.get(field)
        return (
            self._values[place].strip() if place is not None and place < len(self._values) else ""
        )

    def needed(self, field: str) -> str:
        """Read a field that may not."""
        return self.text(field) or self.refuse(field, "it is empty")

    def number(self, field: str, default: int) -> int:
        """Read a whole number, not below 0."""
        text = self.text(field)
        if not text:
            return default
        if not text.isdecimal() or len(text) > _MOST_DIGITS:
            self.refuse(field, f"{text!r} is no number")
        return int(text)

    def degrees(self, field: str, most: float) -> float:
        """Read a latitude or longitude."""
        try:
            value = float(self.needed(field))
        except ValueError:
            self.refuse(field, f"{self.text(field)!r} is no number")
        return (
            value
            if -most <= value <= most
            else self.refuse(field, f"{value:g} is no place on earth")
        )

    def seconds(self, field: str) -> int:
        """Read a time of day as seconds, -1 where it is left out; 24:00:00 and more are fine."""
        text = self.text(field)
        known = self._times.get(text)
        if known is None:
            known = self._times[text] = _seconds(text)
        return known if known >= -1 else self.refuse(field, f"{text!r} is no time")

    def day(self, field: str) -> date:
        """Read a date written as 20261130."""
        text = self.needed(field)
        try:
            return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            self.refuse(field, f"{text!r} is no date")

    def number_of(self, field: str, known: Mapping[str, int]) -> int:
        """Read an id of another table, and give its number there."""
        id = self.needed(field)
        found = known.get(id)
        return found if found is not None else self.refuse(field, f"there is no {id!r}")

    def refuse(self, field: str, what: str) -> NoReturn:
        """Say that the field is wrong.

        Raises
        ------
        FeedError : always
        """
        raise FeedError.at(self._file, self.line, field, what)


class Tables:
    """The tables of a feed, read as they come out of its zip."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        # Some pack the folder and not its files.
        self._names = {Path(it).name: it for it in file.namelist() if it.endswith(".txt")}
        self._zip = file

    def rows(self, file: str, *needed: str, optional: bool = False) -> Iterator[Row]:
        """Read a table line by line; the row that is given is used again for the next line.

        Raises
        ------
        FeedError : the table is missing, or one of the columns it needs, or it cannot be read
        """
        if file not in self._names and optional:
            return
        if file not in self._names:
            raise FeedError.at(file, None, None, "it is missing")
        if self._zip.getinfo(self._names[file]).file_size > MOST_BYTES:
            raise FeedError.at(file, None, None, f"it is longer than {MOST_BYTES:,} bytes")
        with self._zip.open(self._names[file]) as raw:
            lines = csv.reader(io.TextIOWrapper(raw, encoding="utf-8-sig", newline=""))
            try:
                yield from _rows(file, lines, needed)
            except UnicodeDecodeError as error:
                at = lines.line_num + 1
                raise FeedError.at(file, at, None, "it is not written in UTF-8") from error
            except (csv.Error, zlib.error, zipfile.BadZipFile) as error:
                raise FeedError.at(file, lines.line_num + 1, None, str(error)) from error


def _rows(file: str, lines: "_csv.Reader", needed: Sequence[str]) -> Iterator[Row]:
    header = [name.strip() for name in next(lines, [])]
    fields = {name: place for place, name in enumerate(header)}
    for field in needed:
        if field not in fields:
            raise FeedError.at(file, 1, field, "there is no such column")
    row = Row(file, fields)
    for values in lines:
        if values:
            yield row.at(values, lines.line_num)


def _seconds(text: str) -> int:
    """Read hours, minutes and seconds; -2 for what is no time."""
    parts = text.split(":")
    if len(parts) != _PARTS or not all(it.isdecimal() and len(it) <= _PARTS for it in parts):
        return -2
    hours, minutes, seconds = map(int, parts)
    return hours * 3600 + minutes * 60 + seconds if max(minutes, seconds) < _MINUTES else -2
