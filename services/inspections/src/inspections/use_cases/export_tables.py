"""Write tables of the record as files for others: CSV, XLSX and GeoJSON, row by row.

`heads` are the lines above the rows, what the columns are called first; GeoJSON keeps their
names, which programs read.
"""

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from inspections.domain.export_cells import cell
from inspections.store import exports
from inspections.store.exports import Selection
from shared.db import Database

# Rows that are written at once: one chunk of the answer.
BATCH = 500
# What a sheet of Excel holds, its header included.
MOST_ROWS = 1_048_576
CHUNK = 1 << 16
Row = Mapping[str, object]
Heads = Sequence[Sequence[str]]


async def batches(
    database: Database, organisation: UUID, table: str, selection: Selection
) -> AsyncIterator[list[Row]]:
    """Read a table in batches; the first one is there even if it is empty."""
    async with database.session(organisation) as session:
        batch: list[Row] = []
        async for row in exports.rows(session, table, selection):
            batch.append(dict(row))
            if len(batch) == BATCH:
                yield batch
                batch = []
        yield batch


async def as_csv(_table: str, read: AsyncIterator[list[Row]], heads: Heads) -> AsyncIterator[bytes]:
    """Write CSV that spreadsheets open as it is: UTF-8 with its mark, commas, safe cells."""
    yield b"\xef\xbb\xbf" + _lines([list(it) for it in heads])
    async for batch in read:
        yield _lines([[_csv_cell(it) for it in row.values()] for row in batch])


def _csv_cell(value: object) -> object:
    written = cell(value)
    return int(written) if isinstance(written, bool) else written


def _lines(rows: list[list[object]]) -> bytes:
    page = io.StringIO()
    csv.writer(page).writerows(rows)
    return page.getvalue().encode()


async def as_geojson(
    _table: str, read: AsyncIterator[list[Row]], _heads: Heads
) -> AsyncIterator[bytes]:
    """Write a collection of points, one a row; a row whose place is not known has no geometry."""
    before = '{"type":"FeatureCollection","features":['
    async for batch in read:
        for row in batch:
            yield f"{before}{json.dumps(_feature(row), ensure_ascii=False)}".encode()
            before = ",\n"
    yield (b"" if before == ",\n" else before.encode()) + b"]}"


def _feature(row: Row) -> dict[str, object]:
    values = dict(row)
    lon, lat = values.pop("lon"), values.pop("lat")
    placed = lon is not None and lat is not None
    return {
        "type": "Feature",
        "id": str(values.pop("id")),
        "geometry": {"type": "Point", "coordinates": [lon, lat]} if placed else None,
        "properties": {name: _plain(value) for name, value in values.items()},
    }


def _plain(value: object) -> object:
    """Give what JSON can hold; text stays as it is, since nothing reads it as a formula."""
    if isinstance(value, str | int | float | bool | None):
        return value
    return cell(value)


async def as_xlsx(
    _table: str, read: AsyncIterator[list[Row]], heads: Heads
) -> AsyncIterator[bytes]:
    """Write a workbook, one sheet a million rows; it grows in a file, not in memory."""
    most = MOST_ROWS - len(heads)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "table.xlsx"
        book = Workbook(path, {"constant_memory": True, "strings_to_formulas": False})
        sheet = _sheet(book, heads)
        written = 0
        async for batch in read:
            for row in batch:
                if written == most:
                    sheet, written = _sheet(book, heads), 0
                values = [cell(it) for it in row.values()]
                sheet.write_row(len(heads) + written, 0, values)
                written += 1
        await asyncio.to_thread(book.close)
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


def _sheet(book: Workbook, heads: Heads) -> Worksheet:
    sheet = book.add_worksheet()
    for line, titles in enumerate(heads):
        sheet.write_row(line, 0, titles)
    return sheet
