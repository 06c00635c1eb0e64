"""Features of the record for maps of others, by id, a page at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.feature_collections import FeatureCollection, Shape, Value
from inspections.domain.feature_query import Box, Span
from inspections.store.scope import PLACES_SEEN

# How long a visit and a round stay on the map after their day.
LOOK_BACK = timedelta(days=31)
# A place where a stay must not be known is on no map but a keeper's.
LOCATED = "(:keeper or not accommodation.confidential_address)"
AT_PLACES = (
    "join accommodation on accommodation.organisation = it.organisation "
    f"and accommodation.id = it.accommodation_id and {PLACES_SEEN} and {LOCATED} "
)
PLACE = (
    "accommodation.external_id as accommodation, accommodation.name as accommodation_name, "
    "accommodation.city, accommodation.territory, accommodation.sector, "
    "accommodation.lon, accommodation.lat"
)
# One that was called off may be made anew, so it stays as unknown as it was.
TOLD = "(:surprises or it.announced or it.state not in ('planned', 'en_route', 'cancelled'))"
PARTS: Mapping[str, str] = {
    "at_places": AT_PLACES,
    "place": PLACE,
    "seen": PLACES_SEEN,
    "located": LOCATED,
    "told": TOLD,
}
# Where a leg begins is the last stop before it that has a position.
ROUNDS = (
    "with stop as (select md5(concat_ws('|', it.plan_id, local.day, it.round_id))::uuid as id, "
    "it.id as visit, it.round_id, local.day, it.state, it.scheduled_at, it.sequence, "
    "accommodation.lon, accommodation.lat, "
    "accommodation.lon is not null and accommodation.lat is not null as located "
    "from visit as it {at_places} cross join lateral "
    "(select to_char(it.scheduled_at at time zone 'Europe/Paris', 'YYYYMMDD')::int as day) "
    "as local "
    "where it.round_id is not null and it.state <> 'cancelled' "
    "and it.scheduled_at >= :since and {told}), "
    "leg as (select *, lag(point(lon, lat)) over (partition by id, located "
    "order by sequence, scheduled_at, visit) as before from stop) "
    "select id, min(round_id) as round_id, min(day) as day, count(*) as stops, "
    "count(*) filter (where state in ('planned', 'en_route')) as stops_to_come, "
    "min(scheduled_at) as starts_at, json_agg(json_build_array(lon, lat) "
    "order by sequence, scheduled_at, visit) filter (where located) as line, "
    "array_agg(lseg(before, point(lon, lat))) filter (where located and before is not null) "
    "as legs from leg group by id"
)
SOURCES: Mapping[str, str] = {
    "accommodations": "select id, external_id, name, kind, city, territory, sector, rooms, "
    "contract_state, lon, lat from accommodation where merged_into is null and {seen} "
    "and {located}",
    "findings": "select it.id, {place}, it.item, it.category, it.severity, it.critical, "
    "it.repeat, it.room, it.due_on, it.occurred_at "
    "from finding as it {at_places} where it.known_at <= :at",
    "visits": "select it.id, {place}, it.kind, it.state, it.announced, it.round_id, "
    "it.scheduled_at from visit as it {at_places} where it.scheduled_at >= :since and {told}",
    "rounds": ROUNDS,
}
SCORES = (
    "select distinct on (accommodation_id) accommodation_id, "
    "(score_snapshot->>'priority_points')::float8 as points, "
    "(score_snapshot->>'as_of')::timestamptz as scored_at from visit as it "
    "where accommodation_id = any(:places) and score_snapshot is not null "
    "and {told} order by accommodation_id, scored_at desc, id"
)
EXTENT = (
    "select min(lon), min(lat), max(lon), max(lat) from accommodation "
    "where merged_into is null and lon is not null and lat is not null and {seen} and {located}"
)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a caller may see, at a moment; no territories means all.

    `keeper` sees confidential places, `surprises` visits nobody announced, `scores` what was
    thought of places.
    """

    territories: Sequence[str]
    keeper: bool
    surprises: bool
    scores: bool
    at: datetime

    def values(self) -> dict[str, object]:
        """Give what the statements are filled with."""
        return {
            "territories": list(self.territories),
            "keeper": self.keeper,
            "surprises": self.surprises,
            "at": self.at,
            "since": self.at - LOOK_BACK,
        }


@dataclass(frozen=True, slots=True)
class FeatureFilter:
    """Which features; empty keeps all. `boxes` are parts of one, `values` are by property."""

    boxes: Sequence[Box] = ()
    span: Span = Span(None, None)  # noqa: RUF009 - frozen
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FeatureKey:
    """What a feature is sorted by: its id, after its time where the collection is by time."""

    id: UUID
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Features:
    """The features of a collection that a caller may see and asks for."""

    collection: FeatureCollection
    sight: Sight
    wanted: FeatureFilter = field(default_factory=FeatureFilter)

    async def page(
        self, session: AsyncSession, *, after: FeatureKey | None, limit: int
    ) -> list[dict[str, object]]:
        """List them by their keys, after one that need not be there any more."""
        keys, values = ["id"], [":after_id"]
        if self.collection.timed:
            keys, values = [str(self.collection.time), "id"], [":after_at", ":after_id"]
        order = ", ".join(f"it.{name}" for name in keys)
        further: dict[str, Mapping[str, object]] = {}
        if after is not None:
            named = {"after_id": after.id, "after_at": after.at}
            further = {f"({order}) > ({', '.join(values)})": named}
        return await self._read(session, "*", further, f"order by {order} limit {limit}")

    def key_of(self, row: Mapping[str, object]) -> FeatureKey:
        """Give what a row is sorted by."""
        at = row[str(self.collection.time)] if self.collection.timed else None
        return FeatureKey(cast("UUID", row["id"]), cast("datetime | None", at))

    async def one(self, session: AsyncSession, id: UUID) -> dict[str, object] | None:
        """Find the one with this id."""
        found = await self._read(session, "*", {"it.id = :id": {"id": id}})
        return found[0] if found else None

    async def count(self, session: AsyncSession) -> int:
        """Count them."""
        (row,) = await self._read(session, "count(*) as n", {})
        return cast("int", row["n"])

    async def _read(
        self,
        session: AsyncSession,
        columns: str,
        further: Mapping[str, Mapping[str, object]],
        end: str = "",
    ) -> list[dict[str, object]]:
        values = self.sight.values()
        conditions = ["true"]
        for condition, its_values in (*self._conditions(), *further.items()):
            conditions.append(condition)
            values |= its_values
        source = SOURCES[self.collection.id].format(**PARTS)
        statement = (
            f"select {columns} from ({source}) as it "  # noqa: S608 - names of ours
            f"where {' and '.join(conditions)} {end}"
        )
        found = await session.execute(text(statement), values)
        return [dict(row) for row in found.mappings()]

    def _conditions(self) -> Iterator[tuple[str, Mapping[str, object]]]:
        if self.wanted.boxes:
            yield _in_boxes(self.wanted.boxes, self.collection.shape)
        time, span = self.collection.time, self.wanted.span
        if time is not None and span.since is not None:
            yield f"it.{time} >= :begins", {"begins": span.since}
        if time is not None and span.until is not None:
            yield f"it.{time} <= :ends", {"ends": span.until}
        for name, value in self.wanted.values.items():
            yield f"it.{name} = :its_{name}", {f"its_{name}": value}


def _in_boxes(boxes: Sequence[Box], shape: Shape) -> tuple[str, Mapping[str, object]]:
    values: dict[str, object] = {}
    conditions = []
    for number, box in enumerate(boxes):
        names = [f"{side}{number}" for side in ("west", "south", "east", "north")]
        values |= zip(names, (box.west, box.south, box.east, box.north), strict=True)
        west, south, east, north = (f"cast(:{name} as float8)" for name in names)
        if shape == Shape.point:
            conditions.append(
                f"(it.lon between {west} and {east} and it.lat between {south} and {north})"
            )
        else:
            corners = f"box(point({west}, {south}), point({east}, {north}))"
            conditions.append(f"exists (select from unnest(it.legs) as leg where leg ?# {corners})")
    return f"({' or '.join(conditions)})", values


async def scores(
    session: AsyncSession, places: Sequence[UUID], sight: Sight
) -> dict[UUID, tuple[float, datetime]]:
    """Tell by place what a visit was worth when the newest score was taken, and when that was."""
    values = {"places": list(places), "surprises": sight.surprises}
    found = await session.execute(text(SCORES.format(**PARTS)), values)
    return {place: (points, scored_at) for place, points, scored_at in found}


async def extent(session: AsyncSession, sight: Sight) -> tuple[float, float, float, float] | None:
    """Give west, south, east and north of the places a caller may see; None if there are none."""
    values = {"territories": list(sight.territories), "keeper": sight.keeper}
    west, south, east, north = (await session.execute(text(EXTENT.format(**PARTS)), values)).one()
    return None if west is None else (west, south, east, north)
