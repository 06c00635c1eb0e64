"""Tell how territories stand as a table, for the team or for others."""

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import RowMapping

from inspections.domain.calendar import day_begins_at, local_day
from inspections.domain.small_counts import suppressed
from inspections.store import territory_figures
from inspections.store.export_columns import COUNTED
from inspections.store.exports import Selection
from shared.db import Database

# Visits count for a year, as in the figures of areas, unless a later day is asked for.
PERIOD = timedelta(days=364)


async def territory_batches(
    database: Database, organisation: UUID, selection: Selection, *, withhold: bool
) -> AsyncIterator[list[Mapping[str, object]]]:
    """Read a row per territory, all at once; there are a hundred at the most."""
    year = day_begins_at(local_day(selection.at) - PERIOD)
    async with database.session(organisation) as session:
        found = await territory_figures.figures(
            session, selection, since=max(selection.since, year)
        )
        yield [_row(it, withhold=withhold) for it in found]


def _row(told: RowMapping, *, withhold: bool) -> Mapping[str, object]:
    counts: dict[str, int | None] = {name: told[name] for name in COUNTED}
    if withhold:
        counts = suppressed({name: told[name] for name in COUNTED}, places="places")
    part, whole = counts["places_visited"], counts["places"]
    coverage = None if part is None or not whole else part / whole
    return {"territory": told["territory"], **counts, "coverage": coverage}
