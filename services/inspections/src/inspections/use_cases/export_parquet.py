"""Write a table of the record as Parquet, part by part, so that it is never whole in memory."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import polars as pl

from inspections.store.export_columns import COLUMNS, COUNTS, DAYS, FLAGS, FRACTIONS, MOMENTS

Row = Mapping[str, object]
# Batches of a part, which becomes a group of rows: small ones are slow to read.
PART_BATCHES = 100
CHUNK = 1 << 16
MOMENT = pl.Datetime("us", "UTC")


def schema_of(table: str) -> dict[str, pl.DataType]:
    """Give the types of the columns of a table, the same whatever its rows hold."""
    return {name: _type_of(name) for name in COLUMNS[table]}


def _type_of(name: str) -> pl.DataType:
    kinds = (
        (MOMENTS, MOMENT),
        (DAYS, pl.Date()),
        (FLAGS, pl.Boolean()),
        (FRACTIONS, pl.Float64()),
        (COUNTS, pl.Int32()),
    )
    return next((kind for names, kind in kinds if name in names), pl.String())


async def as_parquet(
    table: str, read: AsyncIterator[list[Row]], _heads: Sequence[Sequence[str]]
) -> AsyncIterator[bytes]:
    """Write Parquet with typed columns under their stable names."""
    schema = schema_of(table)
    with TemporaryDirectory() as folder:
        parts: list[Path] = []
        waiting: list[Row] = []
        batches = 0
        async for batch in read:
            waiting += batch
            batches += 1
            if batches % PART_BATCHES == 0:
                parts.append(await _write(waiting, schema, Path(folder) / f"{len(parts)}.part"))
                waiting = []
        parts.append(await _write(waiting, schema, Path(folder) / f"{len(parts)}.part"))
        whole = Path(folder) / "table.parquet"
        await asyncio.to_thread(_join, parts, whole)
        with whole.open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK):
                yield chunk


async def _write(rows: Sequence[Row], schema: Mapping[str, pl.DataType], path: Path) -> Path:
    await asyncio.to_thread(_write_part, rows, schema, path)
    return path


def _write_part(rows: Sequence[Row], schema: Mapping[str, pl.DataType], path: Path) -> None:
    columns = {
        name: pl.Series(name, [_plain(row[name]) for row in rows], dtype=kind, strict=False)
        for name, kind in schema.items()
    }
    pl.DataFrame(columns).write_parquet(path)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, UUID) else value


def _join(parts: Sequence[Path], whole: Path) -> None:
    # With the streaming engine what is joined is never whole in memory either.
    pl.scan_parquet(list(parts)).sink_parquet(whole)
