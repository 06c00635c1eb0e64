"""Times planned and taken, summed by kind of visit and size of team."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.pace import LONGEST_MIN, SHORTEST_MIN
from inspections.store.scope import PLACES_SEEN

LARGEST_TEAM = 3
TIMES = text(
    "with timed as (select visit.kind, "  # noqa: S608 - constants
    "least(greatest(cardinality(inspector_ids), 1), :largest) as team_size, "
    "ended_at >= :recent as is_recent, "
    "extract(epoch from scheduled_end_at - scheduled_at)::float / 60 as planned, "
    "extract(epoch from ended_at - started_at)::float / 60 as actual "
    "from visit join accommodation on accommodation.organisation = visit.organisation "
    "and accommodation.id = visit.accommodation_id "
    "where visit.state = 'done' and ended_at >= :since and scheduled_end_at is not null "
    f"and {PLACES_SEEN}) "
    "select kind, team_size, count(*)::int as visits, avg(planned) as planned_min, "
    "avg(actual) as actual_min, exp(avg(ln(actual / planned))) as ratio, "
    "percentile_cont(0.9) within group (order by actual - planned) as late_tenth_min, "
    "count(*) filter (where is_recent)::int as recent_visits, "
    "coalesce(avg(ln(actual / planned)) filter (where is_recent), 0) as recent_mean, "
    "coalesce(var_samp(ln(actual / planned)) filter (where is_recent), 0) as recent_variance, "
    "coalesce(avg(ln(actual / planned)) filter (where not is_recent), 0) as earlier_mean, "
    "coalesce(var_samp(ln(actual / planned)) filter (where not is_recent), 0) as earlier_variance "
    "from timed where planned > 0 and actual between :shortest and :longest "
    "group by kind, team_size order by kind, team_size"
)


async def figures(
    session: AsyncSession, territories: Sequence[str], *, since: datetime, recent: datetime
) -> Sequence[RowMapping]:
    """Sum the visits that ended after `since`, and apart those that ended after `recent`."""
    found = await session.execute(
        TIMES,
        {
            "territories": list(territories),
            "since": since,
            "recent": recent,
            "largest": LARGEST_TEAM,
            "shortest": SHORTEST_MIN,
            "longest": LONGEST_MIN,
        },
    )
    return found.mappings().all()
