"""All findings at once, column by column, written as JSON by the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store.scope import PLACES_SEEN

# The days of a moment are told by the time zone of the session, several times as fast as by a
# named one; the buffers hold what is written of a year of the largest organisations.
SETTINGS = text(
    "select set_config('timezone', 'Europe/Paris', true), set_config('work_mem', '64MB', true)"
)
# Places and items are named once and meant by their number; days count from 2000-01-01. Numbers
# are joined as the texts they are written as: aggregates of JSON take three times as long.
COLUMNS = (
    "with place as materialized (select id, (row_number() over (order by id) - 1)::text as n "
    "from accommodation where {seen} and exists (select from finding "
    "where finding.organisation = accommodation.organisation "
    "and finding.accommodation_id = accommodation.id "
    "and known_at <= :at and occurred_at >= :since)), "
    "kind as materialized ("
    "select item, category, (row_number() over (order by item, category) - 1)::text as n "
    "from (select distinct item, category from finding "
    "where known_at <= :at and occurred_at >= :since) as it), "
    "numbered as (select jsonb_object_agg(item || chr(31) || category, n) as by_name from kind), "
    "told as (select place.n as place, "
    "(select by_name from numbered) ->> (item || chr(31) || category) as kind, severity, "
    "case when critical then '1' else '0' end as critical, "
    "case when repeat then '1' else '0' end as repeat, "
    "(occurred_at::date - date '2000-01-01')::text as day "
    "from finding join place on place.id = finding.accommodation_id "
    "where known_at <= :at and occurred_at >= :since) "
    "select count(*), coalesce((select json_agg(id order by n::int) from place), '[]')::text, "
    "coalesce((select json_agg(item order by n::int) from kind), '[]')::text, "
    "coalesce((select json_agg(category order by n::int) from kind), '[]')::text, "
    "string_agg(place, ','), string_agg(kind, ','), string_agg(day, ','), "
    "string_agg((array['1','2','3','4'])[severity], ','), "
    "string_agg(critical, ','), string_agg(repeat, ',') from told"
)
WRITTEN = (
    '{{"count":{},"accommodations":{},"items":{},"categories":{},"columns":{{"accommodation":[{}],'
    '"item":[{}],"day":[{}],"severity":[{}],"critical":[{}],"repeat":[{}]}}}}'
)


async def written(
    session: AsyncSession, territories: Sequence[str], *, since: datetime, at: datetime
) -> str:
    """Write the findings known at a moment, in no order, as `FindingColumns` in JSON."""
    values = {"since": since, "at": at, "territories": list(territories)}
    await session.execute(SETTINGS)
    found = await session.execute(text(COLUMNS.format(seen=PLACES_SEEN)), values)
    return WRITTEN.format(*("" if it is None else it for it in found.one()))


async def last_change(session: AsyncSession) -> int:
    """Give the position of the organisation's last event: nothing changed where it is the same."""
    found = await session.execute(text("select coalesce(max(position), 0) from event"))
    return cast("int", found.scalar_one())
