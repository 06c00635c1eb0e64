"""Write many rows with one statement, and read lists newest first."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, func, text, true, tuple_
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


def among(column: Mapped[Key], values: Iterable[Key]) -> ColumnElement[bool]:
    """Keep the rows whose column is one of `values`; one parameter, whatever their number."""
    return column == func.any(list(set(values)))


def older_than(
    moment: Mapped[datetime], id: Mapped[UUID], key: Moment | None
) -> ColumnElement[bool]:
    """Continue a list sorted newest first after the row that `key` names."""
    return true() if key is None else tuple_(moment, id) < tuple_(*key)
