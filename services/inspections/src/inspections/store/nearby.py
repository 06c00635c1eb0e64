"""Places near a place, and what stood at them as far as was known at a moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store.anomalies_known import STOOD
from inspections.store.scope import PLACES_SEEN

# A degree of latitude on a sphere of the mean radius, 6,371,009 m; within the radius asked about
# the earth is flat to less than a metre.
METRES_PER_DEGREE = 111_195.08
NEAR = (
    "with here as (select id, lon, lat, cos(radians(lat)) as shrunk from accommodation "
    "where id = :place), "
    "near as materialized (select accommodation.id, accommodation.name, {metres} as distance_m "
    "from here join accommodation on accommodation.id <> here.id "
    "and accommodation.lat between here.lat - :degrees and here.lat + :degrees "
    "and accommodation.lon between here.lon - :degrees / here.shrunk "
    "and here.lon + :degrees / here.shrunk "
    "where accommodation.merged_into is null and {seen} "
    "and (:keeper or not accommodation.confidential_address)), "
    "stood as ({stood}), "
    "wrong as (select stood.*, anomaly.item from stood join anomaly on anomaly.id = stood.id "
    "where stood.state <> 'verified'), "
    "mine as (select distinct item from wrong where accommodation_id = :place), "
    "theirs as (select accommodation_id, count(*)::int as standing, "
    "(count(*) filter (where critical))::int as critical, "
    "array_agg(distinct item order by item) filter (where item in (select item from mine)) "
    "as shared_items from wrong group by accommodation_id) "
    "select near.id as accommodation_id, near.name, near.distance_m, "
    "coalesce(standing, 0) as standing, coalesce(critical, 0) as critical, "
    "coalesce(shared_items, '{{}}') as shared_items, "
    "(select max(occurred_at) from inspection where accommodation_id = near.id "
    "and known_at <= :at and coverage > 0) as last_seen_at "
    "from near left join theirs on theirs.accommodation_id = near.id "
    "where near.distance_m <= :radius order by near.distance_m, near.id limit :limit"
)
METRES = (
    "(sqrt(power((accommodation.lon - here.lon) * here.shrunk, 2) "
    "+ power(accommodation.lat - here.lat, 2)) * :per_degree)::float8"
)
OF_NEAR = "and accommodation_id in (select id from near union all select id from here)"


@dataclass(frozen=True, slots=True)
class Around:
    """Which places to list: so near, so many, of these territories, of hidden ones if a keeper."""

    radius_m: float
    limit: int
    territories: Sequence[str]
    keeper: bool


async def places(
    session: AsyncSession, place: UUID, around: Around, at: datetime
) -> Sequence[RowMapping]:
    """List the places within metres of a place, nearest first; of none where it is not located."""
    statement = NEAR.format(
        metres=METRES, seen=PLACES_SEEN, stood=STOOD.format(now=OF_NEAR, then=OF_NEAR)
    )
    values = {
        "place": place,
        "territories": list(around.territories),
        "keeper": around.keeper,
        "radius": around.radius_m,
        "degrees": around.radius_m / METRES_PER_DEGREE,
        "per_degree": METRES_PER_DEGREE,
        "at": at,
        "limit": around.limit,
    }
    return (await session.execute(text(statement), values)).mappings().all()
