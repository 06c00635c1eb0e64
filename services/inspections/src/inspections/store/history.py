"""Histories of places as they were known at a moment; each is one statement."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store.scope import PLACES_SEEN

# A checklist's items are unrolled once, answers of the place's inspections once.
MATRIX = text(
    "with known as materialized (select * from inspection "
    "where accommodation_id = :place and known_at <= :at), "
    "items as materialized (select checklist.code, checklist.version, item.value->>'code' as item, "
    "item.value->>'category' as category, (item.value->>'danger_at')::int as danger_at, "
    "item.ordinality from checklist "
    "cross join jsonb_array_elements(items) with ordinality as item "
    "where (checklist.code, checklist.version) in "
    "(select distinct checklist, checklist_version from known)), "
    "answered as (select known.id, items.category, items.ordinality, items.danger_at, "
    "case when jsonb_typeof(answer.value->'value') = 'number' "
    "then (answer.value->>'value')::int end as severity, answer.value->>'value' as told "
    "from known cross join jsonb_array_elements(known.answers) as answer "
    "join items on items.code = known.checklist and items.version = known.checklist_version "
    "and items.item = answer.value->>'item') "
    "select known.id as inspection_id, known.visit_id, known.visit_kind as kind, known.outcome, "
    "known.occurred_at, known.grade, known.insalubrity_index, answered.category, "
    "min(answered.ordinality) as rank, coalesce(max(severity), 0) as severity, "
    "count(*) filter (where severity > 0) as findings, "
    "count(*) filter (where severity = 4 or (danger_at > 0 and severity >= danger_at)) "
    "as critical, count(severity) as seen "
    "from known left join answered on answered.id = known.id and told <> 'not_applicable' "
    "group by known.id, known.visit_id, known.visit_kind, known.outcome, known.occurred_at, "
    "known.grade, known.insalubrity_index, answered.category "
    "order by known.occurred_at, known.id, rank"
)
GROUPS = {
    "category": "finding.category",
    "severity": "finding.severity::text",
    "territory": "accommodation.territory",
    "operator": "coalesce(operator.name, accommodation.operator)",
}
# Months are those of the session's time zone, told several times as fast as those of a named one.
LOCAL = text("select set_config('timezone', 'Europe/Paris', true)")
MONTH = "date_trunc('month', {table}.occurred_at)::date"
MONTHLY = (
    "select {month} as month, {group} as group, count(*) as findings, "
    "count(*) filter (where finding.critical) as critical, "
    "count(*) filter (where finding.repeat) as repeats, "
    "count(distinct finding.accommodation_id) as places "
    "from finding join accommodation on accommodation.organisation = finding.organisation "
    "and accommodation.id = finding.accommodation_id "
    "left join operator on operator.organisation = accommodation.organisation "
    "and operator.id = accommodation.operator_id "
    "where finding.known_at <= :at and finding.occurred_at >= :since and {seen} "
    "group by 1, 2 order by 1, 2"
)
VISITED = text(
    "select " + MONTH.format(table="inspection") + " as month, count(*) as inspections, "
    "count(distinct inspection.accommodation_id) as places "
    "from inspection join accommodation on accommodation.organisation = inspection.organisation "
    "and accommodation.id = inspection.accommodation_id "
    "where inspection.known_at <= :at and inspection.occurred_at >= :since "
    "and inspection.coverage > 0 and " + PLACES_SEEN + " group by 1 order by 1"
)
PEERS = text(
    "with peers as (select id from accommodation where merged_into is null "
    "and territory = :territory and rooms between :fewest and :most), "
    "rates as (select inspection.accommodation_id, count(*) as inspections, "
    "coalesce(sum(found.findings), 0)::float8 / count(*) as rate "
    "from inspection join peers on peers.id = inspection.accommodation_id "
    "left join lateral (select count(*) as findings from finding "
    "where finding.organisation = inspection.organisation "
    "and finding.inspection_id = inspection.id) as found on true "
    "where inspection.known_at <= :at and inspection.occurred_at > :since "
    "and inspection.coverage > 0 group by inspection.accommodation_id), "
    "own as (select * from rates where accommodation_id = :place), "
    "others as (select * from rates where accommodation_id <> :place) "
    "select coalesce((select inspections from own), 0) as inspections, "
    "(select rate from own) as findings_per_inspection, count(*) as peers, "
    "percentile_cont(0.1) within group (order by rate) as p10, "
    "percentile_cont(0.5) within group (order by rate) as median, "
    "percentile_cont(0.9) within group (order by rate) as p90, "
    "avg((rate < (select rate from own))::int)::float8 as share_below from others"
)


async def matrix(session: AsyncSession, place: UUID, at: datetime) -> Sequence[RowMapping]:
    """Give one row per inspection and category asked about, or one for an inspection of none."""
    return (await session.execute(MATRIX, {"place": place, "at": at})).mappings().all()


async def findings_by_month(
    session: AsyncSession,
    by: str,
    territories: Sequence[str],
    *,
    since: datetime,
    at: datetime,
) -> Sequence[RowMapping]:
    """Count findings by local month and by a key of `GROUPS`."""
    statement = MONTHLY.format(
        month=MONTH.format(table="finding"), group=GROUPS[by], seen=PLACES_SEEN
    )
    values = {"at": at, "since": since, "territories": list(territories)}
    await session.execute(LOCAL)
    return (await session.execute(text(statement), values)).mappings().all()


async def inspections_by_month(
    session: AsyncSession, territories: Sequence[str], *, since: datetime, at: datetime
) -> Sequence[RowMapping]:
    """Count the inspections that saw something by local month."""
    values = {"at": at, "since": since, "territories": list(territories)}
    await session.execute(LOCAL)
    return (await session.execute(VISITED, values)).mappings().all()


async def among_peers(
    session: AsyncSession,
    place: UUID,
    territory: str,
    *,
    rooms: tuple[int, int],
    since: datetime,
    at: datetime,
) -> RowMapping:
    """Compare findings per inspection with places of the territory with so many rooms."""
    values = {
        "place": place,
        "territory": territory,
        "fewest": rooms[0],
        "most": rooms[1],
        "since": since,
        "at": at,
    }
    return (await session.execute(PEERS, values)).mappings().one()
