"""Write many rows with one statement, and read many as plain values."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, inspect, select, text, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped

from inspections.store.tables import Table

Row = Mapping[str, object]
Moment = tuple[datetime, UUID]
Key = TypeVar("Key")


async def insert_rows(session: AsyncSession, table: type[Table], rows: Sequence[Row]) -> None:
    """Insert rows that all have the same columns; one parameter, whatever their number.

    COPY would be faster but is refused on tables with row-level security.
    """
    if not rows:
        return
    columns = ", ".join(rows[0])
    await session.execute(
        text(
            f"insert into {table.__tablename__} ({columns}) select {columns} "  # noqa: S608 - names of ours
            f"from jsonb_populate_recordset(null::{table.__tablename__}, cast(:rows as jsonb))"
        ),
        {"rows": json.dumps(rows)},
    )


def columns(table: type[Table], names: Iterable[str]) -> "Select[tuple[object, ...]]":
    """Select columns of a table by name, to be read by `values_of`."""
    # Of the table, not of its class, whose rows would pass through the making of objects.
    known = inspect(table).local_table.c
    return select(*(known[name] for name in names))


async def values_of(
    session: AsyncSession, statement: "Select[tuple[object, ...]]"
) -> list[dict[str, object]]:
    """Read rows as plain values by column.

    A list is read so: objects of the session, made to be changed, take several times as long.
    """
    found = await session.execute(statement)
    names = tuple(found.keys())
    return [dict(zip(names, row, strict=True)) for row in found]


def as_json(rows: Sequence[Row]) -> str:
    """Write rows as the one parameter of a statement over all of them."""
    return json.dumps(rows, default=str)


def among(column: Mapped[Key], values: Iterable[object]) -> ColumnElement[bool]:
    """Keep the rows whose column is one of `values`; one parameter, whatever their number."""
    return column == func.any(list(set(values)))


def older_than(
    moment: Mapped[datetime], id: Mapped[UUID], key: Moment | None
) -> ColumnElement[bool]:
    """Continue a list sorted newest first after the row that `key` names."""
    return true() if key is None else tuple_(moment, id) < tuple_(*key)
