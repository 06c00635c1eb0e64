"""How many routine visits there were, by territory and week or month, and how many found what.

Visits after a complaint or to check repairs went where something was suspected: they do not count.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final, Literal

import numpy as np
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from scoring.domain.history import FloatArray
from scoring.domain.rates import Counts, counts_of

Period = Literal["week", "month"]

_VISITS: Final = (
    "from visit v join accommodation a on a.organisation = v.organisation "
    "and a.id = v.accommodation_id where v.outcome = 'done' and v.observed and v.kind = 'routine' "
    "and v.occurred_at >= cast(:since as date)::timestamp at time zone 'UTC' "
    "and v.occurred_at < cast(:until as date)::timestamp at time zone 'UTC' "
    "and (cast(:territories as varchar[]) is null or a.territory = any(:territories))"
)
_COUNTS: Final = text(
    "with seen as (select v.organisation, v.inspection_id, a.territory, "  # noqa: S608 - words of ours
    f"date_trunc(:period, v.occurred_at at time zone 'UTC')::date as starts {_VISITS}) "
    "select territory, starts, null as category, count(*) as visits from seen group by 1, 2 "
    "union all select s.territory, s.starts, f.category, count(distinct f.inspection_id) "
    "from seen s join finding f on f.organisation = s.organisation "
    "and f.inspection_id = s.inspection_id group by 1, 2, 3"
)


async def read_counts(
    session: AsyncSession,
    period: Period,
    until: date,
    *,
    longest: int,
    territories: Sequence[str] = (),
) -> Counts:
    """Count by whole periods before the one that begins on `until`, `longest` of them at the most.

    They begin with the first that saw a visit; without any visit there is no period.
    """
    starts = [until]
    for _ in range(longest):
        starts.insert(0, _before(starts[0], period))
    answer = await session.execute(
        _COUNTS,
        {
            "period": period,
            "since": starts[0],
            "until": until,
            "territories": list(territories) or None,
        },
    )
    rows = answer.all()
    first = min((row.starts for row in rows), default=until)
    return counts_of(
        [it for it in starts[:-1] if it >= first],
        [(row.territory, row.starts, row.visits) for row in rows if row.category is None],
        [
            (row.territory, row.category, row.starts, row.visits)
            for row in rows
            if row.category is not None
        ],
    )


def _before(start: date, period: Period) -> date:
    if period == "week":
        return start - timedelta(weeks=1)
    return (start - timedelta(days=1)).replace(day=1)


async def where(session: AsyncSession, territories: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """Find the middle of the places of each territory: degrees east and north, NaN if unknown."""
    rows = await session.execute(
        text(
            "select territory, avg(lon) as lon, avg(lat) as lat from accommodation "
            "where merged_into is null and lon is not null group by territory"
        )
    )
    known = {row.territory: (row.lon, row.lat) for row in rows}
    nowhere = (np.nan, np.nan)
    lon, lat = np.array([known.get(it, nowhere) for it in territories]).reshape(-1, 2).T
    return lon, lat
