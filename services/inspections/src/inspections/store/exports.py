"""Whole tables of the record, streamed row by row."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store.export_columns import COLUMNS, SOURCES, TIMES
from inspections.store.scope import PLACES_CHOSEN, PLACES_SEEN

# A complaint whose place is not known yet is of the territory it names.
UNPLACED = (
    "(it.accommodation_id is null and (cardinality(cast(:territories as varchar[])) = 0 "
    "or it.territory = any(cast(:territories as varchar[]))))"
)


@dataclass(frozen=True, slots=True)
class Selection:
    """What to export: of a span, as known then, of these territories and places; none means all.

    `keeper` sees where confidential places are, `surprises` tells of visits nobody announced.
    """

    territories: Sequence[str]
    since: datetime
    at: datetime
    keeper: bool
    surprises: bool = False
    places: Sequence[UUID] = ()


async def rows(
    session: AsyncSession, table: str, selection: Selection
) -> AsyncIterator[RowMapping]:
    """Stream the rows of a table of `COLUMNS`, oldest first; the database keeps the rest."""
    wanted = ", ".join(f"{source} as {name}" for name, source in COLUMNS[table].items())
    happened, known, id = TIMES[table]
    seen = f"({PLACES_SEEN} or {UNPLACED})" if table == "complaints" else PLACES_SEEN
    statement = text(
        f"select {wanted} from {SOURCES[table]} "  # noqa: S608 - names of ours
        f"where {known} <= :at and {happened} >= :since and {seen} and {PLACES_CHOSEN} "
        f"order by {happened}, {id}"
    )
    values = {
        "territories": list(selection.territories),
        "since": selection.since,
        "at": selection.at,
        "keeper": selection.keeper,
        "places": list(selection.places),
    }
    if table == "visits":
        values["surprises"] = selection.surprises
    async for row in (await session.stream(statement, values)).mappings():
        yield row
