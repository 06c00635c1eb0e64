"""Read a table from a file of any spreadsheet, text in whatever characters or a workbook.

Or from what ODK Central and KoboToolbox give of submissions, as a zip of texts, a workbook or JSON.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from inspections.domain import submissions, submissions_json, submissions_zip
from inspections.domain.registry_cells import key_of
from inspections.domain.sheet import DELIMITERS, SheetError
from inspections.domain.submissions import Table

ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# A workbook of a million rows unpacks to less; a small file may unpack to no end.
MOST_UNPACKED = 2 * 1024**3
# No spreadsheet has more of them.
MOST_LINES = 1_048_576
# One-byte character sets a French or English sheet may be in, the likeliest first.
ONE_BYTE = ("cp1252", "mac_roman", "cp850")
# What French writes beyond ASCII; each set reads other bytes as these.
FRENCH = frozenset("éèàçêâîôûùëïüœæÉÈÀÇÊÂÎÔÛÙËÏÜŒÆ’“”«»°€–—…²\u00a0")
SAMPLE_BYTES = 200_000
HEADER_WITHIN = 20
# Whole numbers below this are exact as floats.
EXACT_BELOW = 1e15
CellValue = int | float | str | bool | time | date | datetime | timedelta | None


@dataclass(frozen=True, slots=True)
class Numbered:
    """A row that is not blank, with the line it stands on, counted from 1."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class TableFile:
    """A table as its file holds it: `encoding` and `delimiter` of a text, `sheets` of a workbook.

    `sheet` is the one that was read; the text has none. `titled_on` is the line of its titles,
    where the file leaves no doubt about it.
    """

    form: str
    encoding: str | None
    delimiter: str | None
    sheets: tuple[str, ...]
    sheet: str | None
    rows: tuple[Numbered, ...]
    titled_on: int | None = None


def read_table(content: bytes, sheet: str | None = None) -> TableFile:
    """Read the rows of a file that are not blank; of a workbook those of one sheet.

    Without a name the sheet with most rows is read; of submissions, they themselves and not what
    a form repeats in them.

    Raises
    ------
    SheetError : when the content is no table, or has no such sheet
    """
    if content.startswith(ZIP) and submissions_zip.is_export(content):
        tables = submissions_zip.read_export(content, _rows_of_member)
        return _of_submissions("submissions", tables, sheet)
    if content.startswith((ZIP, OLD_EXCEL)):
        return _workbook(content, sheet)
    told = submissions_json.is_json(content) and submissions_json.read_submissions(content)
    if told:
        return _of_submissions("submissions", told, sheet)
    text, encoding = _text(content)
    delimiter = _delimiter(text)
    rows = [(it.line, it.cells) for it in _rows_of_text(text, delimiter)]
    return _filled(TableFile("csv", encoding, delimiter, (), None, _received(rows)))


def _rows_of_member(content: bytes) -> list[submissions.Row]:
    text, _ = _text(content)
    return [(it.line, it.cells) for it in _rows_of_text(text, _delimiter(text))]


def _of_submissions(form: str, tables: list[Table], sheet: str | None) -> TableFile:
    """Give the submissions, or the rows of a repeat with what their submissions say."""
    names = tuple(it.name for it in tables)
    chosen = submissions.main_table(tables)
    if sheet is not None:
        if sheet not in names:
            raise SheetError(f"it has no table {sheet!r}; its tables are {', '.join(names)}")
        chosen = tables[names.index(sheet)]
    whole = submissions.with_zones(submissions.joined(chosen, tables))
    # Titles stand on line 1; of a text that begins with blank lines nothing else stands there.
    rows = [Numbered(1, whole.titles), *(Numbered(line, cells) for line, cells in whole.rows)]
    return _filled(TableFile(form, None, None, names, chosen.name, tuple(rows), titled_on=1))


def _received(rows: list[submissions.Row]) -> tuple[Numbered, ...]:
    """Put the zone into moments of Kobo, if its titles are on the first line."""
    if rows and submissions.RECEIVED in rows[0][1]:
        below = submissions.with_zones(Table("", rows[0][1], rows[1:]))
        rows = [rows[0], *below.rows]
    return tuple(Numbered(line, cells) for line, cells in rows)


def _filled(table: TableFile) -> TableFile:
    if not table.rows:
        raise SheetError("there is no row in it; send the table with its line of titles")
    return table


def _text(content: bytes) -> tuple[str, str]:
    """Decode a text, telling how: UTF-8, UTF-16 by its mark, or the set that reads most French."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decoded(content, "utf-16"), "utf-16"
    if b"\0" in content:
        raise SheetError("this is no table; send a CSV text or an Excel workbook")
    try:
        return content.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError:
        pass
    sample = content[:SAMPLE_BYTES]
    beyond = bytes(it for it in sample if it > 0x7F)  # noqa: PLR2004 - the last of ASCII
    best = max(ONE_BYTE, key=lambda it: _french_share(beyond, it))
    return _decoded(content, best), best


def _french_share(beyond: bytes, encoding: str) -> int:
    return sum(character in FRENCH for character in beyond.decode(encoding, "replace"))


def _decoded(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding).replace("\0", "")
    except UnicodeDecodeError as error:
        raise SheetError("its characters cannot be read; save it as CSV in UTF-8") from error


def _delimiter(text: str) -> str:
    """Give what stands between cells: what most lines hold the same number of times."""
    lines = [it for it in text[:SAMPLE_BYTES].splitlines() if it.strip()][:HEADER_WITHIN]

    def steadiness(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines]
        usual = max(set(counts), key=lambda it: (it > 0, counts.count(it), it), default=0)
        return (counts.count(usual) if usual else 0, usual)

    return max(DELIMITERS, key=steadiness)


def _rows_of_text(text: str, delimiter: str) -> Iterator[Numbered]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield Numbered(line, row)
            line = reader.line_num + 1
    except csv.Error as error:
        raise SheetError(f"line {line}: {error}; save the table as CSV again") from error


def _workbook(content: bytes, sheet: str | None) -> TableFile:
    try:
        if content.startswith(ZIP):
            _check_size(content)
        with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
            names = tuple(book.sheet_names)
            read = {it: book.get_sheet_by_name(it) for it in ([sheet] if sheet else names)}
            _check_cells(read.values())
            if any(_is_repeat(it) for it in read.values()):
                return _of_submissions("workbook", _linked_sheets(book), sheet)
            name, chosen = max(read.items(), key=lambda it: it[1].total_height)
            cells = chosen.to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile, ValueError) as error:
        if isinstance(error, SheetError):
            raise
        named = "" if sheet is None else f" or has no sheet {sheet!r}"
        raise SheetError(f"the workbook cannot be read{named}; save it as .xlsx again") from error
    rows = _received(_written(cells))
    return _filled(TableFile("workbook", None, None, names, name, rows))


def _written(cells: Iterable[Sequence[CellValue]]) -> list[submissions.Row]:
    """Give the rows of a sheet that are not blank, as texts."""
    written = ((line, [cell_text(it) for it in row]) for line, row in enumerate(cells, 1))
    return [(line, row) for line, row in written if any(it.strip() for it in row)]


def _is_repeat(sheet: CalamineSheet) -> bool:
    """Tell whether a sheet is one in which Kobo writes what a form repeats."""
    return any(submissions.PARENT in it for it in sheet.to_python(nrows=1))


def _linked_sheets(book: CalamineWorkbook) -> list[Table]:
    whole = [(it, book.get_sheet_by_name(it)) for it in book.sheet_names]
    read = [(name, _written(it.to_python(skip_empty_area=False))) for name, it in whole]
    return [Table(name, rows[0][1], rows[1:]) for name, rows in read if rows]


def _check_size(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(it.file_size for it in packed.infolist()) > MOST_UNPACKED:
            raise SheetError("the workbook unpacks to more than 2 GB; send it in parts")


def _check_cells(sheets: Iterable[CalamineSheet]) -> None:
    for it in sheets:
        cells = it.total_height * it.total_width
        if it.total_height > MOST_LINES or cells > submissions.MOST_CELLS:
            raise SheetError("it holds more than can be read at once; send it as CSV, or in parts")


def cell_text(value: CellValue) -> str:
    """Write the value of a workbook's cell as a person would type it."""
    match value:
        case None:
            return ""
        case bool():
            return "oui" if value else "non"
        case float():
            whole = value.is_integer() and abs(value) < EXACT_BELOW
            return str(int(value)) if whole else repr(value)
        case datetime():
            midnight = (value.hour, value.minute, value.second) == (0, 0, 0)
            at = value.isoformat(sep=" ", timespec="seconds")
            return value.date().isoformat() if midnight else at
        case timedelta():
            return _clock_of(value)
        case time():
            return value.isoformat(timespec="minutes")
        case _:
            return str(value)


def _clock_of(value: timedelta) -> str:
    minutes = int(value.total_seconds()) // 60
    return f"{minutes // 60:02}:{minutes % 60:02}"


def titles_line(table: TableFile, known: frozenset[str]) -> int:
    """Find the line of titles of a table, unless its file tells it."""
    return table.titled_on or header_line(table.rows, known)


def header_line(rows: Sequence[Numbered], known: frozenset[str]) -> int:
    """Find the line of titles: of the first ones, the one with most titles that are known.

    A file of titles nobody knows has them in its fullest line.
    """

    def titles(row: Numbered) -> tuple[int, int, int]:
        filled = [it for it in row.cells if it.strip()]
        recognised = sum(key_of(it) in known for it in filled)
        return recognised, len(filled), -row.line

    return max(rows[:HEADER_WITHIN], key=titles).line
