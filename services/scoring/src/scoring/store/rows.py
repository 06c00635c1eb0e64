"""Write many rows with one statement."""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from scoring.store.tables import Table

Row = Mapping[str, object]


async def insert_rows(
    session: AsyncSession, table: type[Table], rows: Sequence[Row], on_conflict: str = ""
) -> None:
    """Insert rows that all have the same columns; one parameter, whatever their number.

    `on_conflict` ends the statement; without it a row that is there already is an error.
    """
    if not rows:
        return
    columns = ", ".join(rows[0])
    await session.execute(
        text(
            f"insert into {table.__tablename__} ({columns}) select {columns} "  # noqa: S608 - names of ours
            f"from jsonb_populate_recordset(null::{table.__tablename__}, cast(:rows as jsonb)) "
            f"{on_conflict}"
        ),
        {"rows": json.dumps(rows, default=str)},
    )
