"""Read a table from a file of any spreadsheet: text in whatever characters, or a workbook."""

import csv
import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook

from inspections.domain.registry_cells import key_of
from inspections.domain.sheet import DELIMITERS, SheetError

ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
# A workbook of a million rows unpacks to less; a small file may unpack to no end.
MOST_UNPACKED = 2 * 1024**3
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

    `sheet` is the one that was read; the text has none.
    """

    form: str
    encoding: str | None
    delimiter: str | None
    sheets: tuple[str, ...]
    sheet: str | None
    rows: tuple[Numbered, ...]


def read_table(content: bytes, sheet: str | None = None) -> TableFile:
    """Read the rows of a file that are not blank; of a workbook those of one sheet.

    Without a name the sheet with most rows is read.

    Raises
    ------
    SheetError : when the content is no table, or has no such sheet
    """
    if content.startswith((ZIP, OLD_EXCEL)):
        return _workbook(content, sheet)
    text, encoding = _text(content)
    delimiter = _delimiter(text)
    rows = tuple(_rows_of_text(text, delimiter))
    return _filled(TableFile("csv", encoding, delimiter, (), None, rows))


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
            name, chosen = max(read.items(), key=lambda it: it[1].total_height)
            cells = chosen.to_python(skip_empty_area=False)
    except (CalamineError, zipfile.BadZipFile, ValueError) as error:
        if isinstance(error, SheetError):
            raise
        named = "" if sheet is None else f" or has no sheet {sheet!r}"
        raise SheetError(f"the workbook cannot be read{named}; save it as .xlsx again") from error
    written = (Numbered(line, [cell_text(it) for it in row]) for line, row in enumerate(cells, 1))
    rows = tuple(row for row in written if any(it.strip() for it in row.cells))
    return _filled(TableFile("workbook", None, None, names, name, rows))


def _check_size(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(it.file_size for it in packed.infolist()) > MOST_UNPACKED:
            raise SheetError("the workbook unpacks to more than 2 GB; send it in parts")


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


def header_line(rows: Sequence[Numbered], known: frozenset[str]) -> int:
    """Find the line of titles: of the first ones, the one with most titles that are known.

    A file of titles nobody knows has them in its fullest line.
    """

    def titles(row: Numbered) -> tuple[int, int, int]:
        filled = [it for it in row.cells if it.strip()]
        recognised = sum(key_of(it) in known for it in filled)
        return recognised, len(filled), -row.line

    return max(rows[:HEADER_WITHIN], key=titles).line
