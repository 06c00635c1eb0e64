"""Occupancy snapshots in the database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col

from inspections.store.accommodations import stands_for
from inspections.store.rows import Row, among, as_json
from inspections.store.scope import at_places_in, in_territories
from inspections.store.tables import AccommodationRow, OccupancyRow

UPSERT = text(
    "insert into occupancy "
    "(organisation, accommodation_id, day, rooms_booked, people, children_under_three) "
    "select :organisation, accommodation_id, day, rooms_booked, people, children_under_three "
    "from jsonb_populate_recordset(null::occupancy, cast(:rows as jsonb)) "
    "order by accommodation_id, day "
    "on conflict (organisation, accommodation_id, day) do update set "
    "rooms_booked = excluded.rooms_booked, people = excluded.people, "
    "children_under_three = excluded.children_under_three, recorded_at = now() "
    "where (occupancy.rooms_booked, occupancy.people, occupancy.children_under_three) "
    "is distinct from (excluded.rooms_booked, excluded.people, excluded.children_under_three) "
    "returning (xmax = 0) as created"
)
# The place keeps its newest snapshot, so that reading many places reads one table.
NEWEST = text(
    "update accommodation set occupied_on = newest.day, rooms_booked = newest.rooms_booked, "
    "people = newest.people, children_under_three = newest.children_under_three "
    "from (select distinct on (accommodation_id) * from occupancy "
    "where accommodation_id = any(:ids) order by accommodation_id, day desc) as newest "
    "where accommodation.id = newest.accommodation_id and "
    "(occupied_on, accommodation.rooms_booked, accommodation.people, "
    "accommodation.children_under_three) is distinct from "
    "(newest.day, newest.rooms_booked, newest.people, newest.children_under_three) "
    "returning accommodation.id, occupied_on, accommodation.rooms_booked, "
    "accommodation.people, accommodation.children_under_three"
)


@dataclass(frozen=True, slots=True)
class CountedPlace:
    """What a snapshot is checked against: the place that stands for the ids asked for."""

    asked_id: UUID
    asked_external_id: str
    id: UUID
    rooms: int


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest snapshot of a place."""

    accommodation_id: UUID
    day: date
    rooms_booked: int
    people: int
    children_under_three: int


async def places(
    session: AsyncSession,
    ids: Iterable[UUID],
    external_ids: Iterable[str],
    territories: Sequence[str],
) -> list[CountedPlace]:
    """Find places by id or external id, and keep others from counting them meanwhile."""
    place, asked = AccommodationRow, aliased(AccommodationRow)
    statement = (
        select(col(asked.id), col(asked.external_id), col(place.id), col(place.rooms))
        .join(place, stands_for(asked))
        .where(
            among(col(asked.id), ids) | among(col(asked.external_id), external_ids),
            in_territories(territories),
        )
        .order_by(col(place.id))
        .with_for_update(of=place)
    )
    return [CountedPlace(*it) for it in await session.execute(statement)]


async def upsert(
    session: AsyncSession, organisation: UUID, rows: Sequence[Row]
) -> tuple[int, int, list[Newest]]:
    """Write snapshots; give how many are new and changed, and the places' new newest ones."""
    done = await session.execute(UPSERT, {"organisation": organisation, "rows": as_json(rows)})
    created = [bool(it.created) for it in done]
    newest = await take_newest(session, {UUID(str(row["accommodation_id"])) for row in rows})
    return sum(created), len(created) - sum(created), newest


async def take_newest(session: AsyncSession, ids: Iterable[UUID]) -> list[Newest]:
    """Let places keep their newest snapshots; give those of which that is another now."""
    newest = await session.execute(NEWEST, {"ids": sorted(set(ids))})
    return [Newest(*it) for it in newest]


async def page(
    session: AsyncSession,
    accommodation_id: UUID | None,
    territories: Sequence[str],
    *,
    after: tuple[date, UUID] | None,
    limit: int,
) -> list[OccupancyRow]:
    """List snapshots, newest day first."""
    order = (col(OccupancyRow.day), col(OccupancyRow.accommodation_id))
    statement = (
        select(OccupancyRow)
        .where(at_places_in(col(OccupancyRow.accommodation_id), territories))
        .order_by(*(it.desc() for it in order))
        .limit(limit)
    )
    if accommodation_id is not None:
        statement = statement.where(col(OccupancyRow.accommodation_id) == accommodation_id)
    if after is not None:
        statement = statement.where(tuple_(*order) < tuple_(*after))
    return list((await session.execute(statement)).scalars())
