"""Read the text file of a spreadsheet, whatever program wrote it, row by row."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import _csv

DELIMITERS = ";,\t|"


class SheetError(ValueError):
    """A file that is no sheet at all; the message says what to send instead."""


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row was not taken; `line` counts from 1, the header being line 1."""

    line: int
    column: str
    value: str
    reason: str


def numbered_rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Give each row that is not blank with the line it begins on; a quoted cell may hold breaks.

    `;`, `,`, tab or `|` stand between cells, whichever the header has most; the text is UTF-8,
    UTF-16 with its mark, or else Windows-1252.

    Raises
    ------
    SheetError : when the content is not such a text.
    """
    text = _decode(content)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    return _numbered(reader)


def _decode(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in content:
        raise SheetError("this is not a text file; save the sheet as CSV and send that")
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return content.decode(encoding).replace("\0", "")
        except UnicodeDecodeError:
            continue
    raise SheetError("the characters cannot be read; save the sheet as CSV in UTF-8")


def _delimiter(text: str) -> str:
    header = text.lstrip().partition("\n")[0]
    return max(DELIMITERS, key=header.count)


def _numbered(reader: "_csv.Reader") -> Iterator[tuple[int, list[str]]]:
    line = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise SheetError(f"line {line}: {error}; save the sheet as CSV again") from error
