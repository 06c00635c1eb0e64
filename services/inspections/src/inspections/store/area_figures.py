"""Figures of territories and operators as they were known at a moment, in one statement."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store.anomalies_known import STOOD
from inspections.store.scope import PLACES_SEEN

AREAS = {
    "territory": "accommodation.territory",
    "operator": "coalesce(operator.name, accommodation.operator)",
}
# The contract of a place is that of today, and so are its territory and its operator.
FIGURES = (
    "with place as (select accommodation.id, {area} as area from accommodation "
    "left join operator on operator.organisation = accommodation.organisation "
    "and operator.id = accommodation.operator_id "
    "where merged_into is null and contract_state <> 'withdrawn' and {seen}), "
    "visited as (select accommodation_id, count(*) as inspections from inspection "
    "where known_at <= :at and occurred_at > :since and coverage > 0 group by accommodation_id), "
    "stood as ({stood}), "
    "trouble as (select accommodation_id, count(*) filter (where state <> 'verified') as standing, "
    "count(*) filter (where state in ('open', 'notified', 'reopened') and due_at < :at) "
    "as overdue, count(*) filter (where first_seen_at > :since) as anomalies, "
    "count(*) filter (where first_seen_at > :since and repeat_of is not null) as repeats "
    "from stood group by accommodation_id), "
    "pace as (select area, count(*) as fixed, percentile_cont(0.5) within group "
    "(order by date_part('epoch', state_since - first_seen_at)) / 86400 as median_days_to_fix "
    "from stood join place on place.id = stood.accommodation_id "
    "where state = 'verified' and state_since > :since group by area) "
    "select area, count(*)::int as places, count(visited.inspections)::int as places_visited, "
    "coalesce(sum(visited.inspections), 0)::int as inspections, "
    "coalesce(sum(standing), 0)::int as standing, coalesce(sum(overdue), 0)::int as overdue, "
    "coalesce(sum(anomalies), 0)::int as anomalies, coalesce(sum(repeats), 0)::int as repeats, "
    "coalesce(max(fixed), 0)::int as fixed, max(median_days_to_fix) as median_days_to_fix "
    "from place left join visited on visited.accommodation_id = place.id "
    "left join trouble on trouble.accommodation_id = place.id left join pace using (area) "
    "group by area order by area"
)


async def figures(
    session: AsyncSession,
    by: str,
    territories: Sequence[str],
    *,
    since: datetime,
    at: datetime,
) -> Sequence[RowMapping]:
    """Give a row of figures per area, by a key of `AREAS`; counts of events are after `since`."""
    stood = STOOD.format(now="", then="")
    statement = text(FIGURES.format(area=AREAS[by], seen=PLACES_SEEN, stood=stood))
    values = {"at": at, "since": since, "territories": list(territories)}
    return (await session.execute(statement, values)).mappings().all()
