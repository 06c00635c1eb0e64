"""What visits that were timed took, summed for learning."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.pace import LONGEST_MIN, SHORTEST_MIN, Timed

# The last ones only: teams and places change, and the work stays the same as the record grows.
LAST_VISITS = 500
KINDS = ("routine", "complaint", "reinspection", "opening")
SUMS = text(
    "with timed as ("
    "select kinds.kind, last.rooms, last.minutes "
    "from unnest(cast(:kinds as varchar[])) as kinds (kind) cross join lateral ("
    "select coalesce(rooms_seen, 0) / greatest(cardinality(inspector_ids), 1)::float as rooms, "
    "extract(epoch from ended_at - started_at)::float / 60 as minutes "
    "from visit where visit.kind = kinds.kind and ended_at is not null and state = 'done' "
    "order by ended_at desc limit :last_visits) as last) "
    "select kind, count(*), sum(rooms), sum(rooms * rooms), sum(minutes), sum(rooms * minutes) "
    "from timed where minutes between :shortest and :longest group by kind"
)


async def sums(session: AsyncSession) -> dict[str, Timed]:
    """Sum the last timed visits that were carried out, by kind; no kind without one."""
    found = await session.execute(
        SUMS,
        {
            "kinds": list(KINDS),
            "last_visits": LAST_VISITS,
            "shortest": SHORTEST_MIN,
            "longest": LONGEST_MIN,
        },
    )
    return {kind: Timed(*numbers) for kind, *numbers in found}
