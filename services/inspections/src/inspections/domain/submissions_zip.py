"""Read the zip in which ODK Central exports submissions: a CSV for the form and for each repeat.

Photos in it are left where they are: nothing is unpacked but tables, into memory, so many bytes
at the most whatever the zip says of itself.
"""

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import PurePosixPath

from inspections.domain.sheet import SheetError
from inspections.domain.submissions import Row, Table, check_size

# What one holds of tables: a million submissions of a hundred answers.
MOST_UNPACKED = 512 * 1024**2
MOST_TABLES = 200
MOST_MEMBERS = 200_000
ENCRYPTED = 0x1
# What each file of a zip is listed with.
LISTED = b"PK\x01\x02"
DRIVE = re.compile(r"[A-Za-z]:")
# What workbooks of Excel and of LibreOffice hold, and no export of submissions.
OF_WORKBOOKS = frozenset({"[Content_Types].xml", "content.xml"})
# How the library tells that a zip is damaged, cut off or packed in a way it does not know; each way
# has an error of its own.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)
ReadText = Callable[[bytes], list[Row]]


def is_export(content: bytes) -> bool:
    """Tell whether a zip holds tables, and is no workbook; a damaged one may be either.

    Raises
    ------
    SheetError : when it lists so much that to look costs too much
    """
    if content.count(LISTED) > MOST_MEMBERS:
        raise SheetError(f"it holds more than {MOST_MEMBERS} files; export in parts")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = set(packed.namelist())
    except DAMAGED:
        # Who reads workbooks says that it cannot be read.
        return False
    return not names & OF_WORKBOOKS and any(it.lower().endswith(".csv") for it in names)


def read_export(content: bytes, read_text: ReadText) -> list[Table]:
    """Read the tables of an export, in the order of their names; `read_text` reads one.

    Raises
    ------
    SheetError : when it holds what no export does, or too much
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = _tables(packed.infolist())
            texts = [(it.filename, packed.read(it)) for it in members]
    except DAMAGED as error:
        if isinstance(error, SheetError):
            raise
        raise SheetError("the zip cannot be read; export the submissions again") from error
    read = [(name, read_text(text)) for name, text in texts]
    tables = [_table(name, rows) for name, rows in read if rows]
    if not tables:
        raise SheetError("its tables are empty; export the submissions again")
    return tables


def _tables(members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    for it in members:
        _check_name(it)
    tables = [
        it
        for it in members
        if it.filename.lower().endswith(".csv") and not it.filename.startswith("media/")
    ]
    if len(tables) > MOST_TABLES:
        raise SheetError(f"it holds more than {MOST_TABLES} tables; send those of one form")
    if sum(it.file_size for it in tables) > MOST_UNPACKED:
        raise SheetError("its tables unpack to more than 512 MB; export in parts")
    return sorted(tables, key=lambda it: PurePosixPath(it.filename).with_suffix("").parts)


def _check_name(it: zipfile.ZipInfo) -> None:
    """Refuse what would be written elsewhere by who unpacks it, and what cannot be read."""
    path = PurePosixPath(it.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or DRIVE.match(it.filename):
        raise SheetError(f"the zip holds {it.filename[:100]!r}, outside of itself; it is not taken")
    if it.flag_bits & ENCRYPTED:
        raise SheetError("the zip is encrypted; export the submissions with their passphrase")


def _table(name: str, rows: list[Row]) -> Table:
    (_, titles), *below = rows
    check_size(len(below), len(titles))
    return Table(PurePosixPath(name).stem, titles, below)
