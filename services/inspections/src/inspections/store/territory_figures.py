"""How territories stand by the places in them, in one statement."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store import places_known
from inspections.store.exports import Selection
from inspections.store.scope import PLACES_CHOSEN, PLACES_SEEN

# The contract of a place is that of today, and so is its territory.
FIGURES = text(
    "with place as (select accommodation.territory, accommodation.rooms, accommodation.capacity, "  # noqa: S608 - names of ours
    f"last.visited_at, {places_known.GRADE} as grade, "
    "overdue, minor, moderate, serious, danger_standing "
    f"from accommodation {places_known.JOINED} "
    "where accommodation.merged_into is null and accommodation.contract_state <> 'withdrawn' "
    f"and {PLACES_SEEN} and {PLACES_CHOSEN}) "
    "select territory, count(*)::int as places, coalesce(sum(rooms), 0)::int as rooms, "
    "coalesce(sum(capacity), 0)::int as capacity, "
    "count(*) filter (where visited_at > :since)::int as places_visited, "
    "count(*) filter (where grade = 'A')::int as grade_a, "
    "count(*) filter (where grade = 'B')::int as grade_b, "
    "count(*) filter (where grade = 'C')::int as grade_c, "
    "count(*) filter (where grade = 'D')::int as grade_d, "
    "coalesce(sum(minor), 0)::int as standing_minor, "
    "coalesce(sum(moderate), 0)::int as standing_moderate, "
    "coalesce(sum(serious), 0)::int as standing_serious, "
    "coalesce(sum(danger_standing), 0)::int as standing_danger, "
    "coalesce(sum(overdue), 0)::int as overdue from place group by territory order by territory"
)


async def figures(
    session: AsyncSession, selection: Selection, *, since: datetime
) -> Sequence[RowMapping]:
    """Give a row per territory in which there are places, by code; visits after `since` count."""
    values = {
        "territories": list(selection.territories),
        "places": list(selection.places),
        "since": since,
        "at": selection.at,
    }
    return (await session.execute(FIGURES, values)).mappings().all()
