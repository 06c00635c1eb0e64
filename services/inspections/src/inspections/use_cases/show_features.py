"""Show the record as features of a map (GeoJSON, RFC 7946)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.calendar import local_day
from inspections.domain.feature_collections import ACCOMMODATIONS, FeatureCollection, Property
from inspections.domain.place_grade import PlaceGrade
from inspections.store import features, place_grades
from inspections.store.features import FeatureKey, Features, Sight
from inspections.store.place_grades import KnownOfPlace
from inspections.use_cases.grade_places import grades_of

Row = Mapping[str, object]
FEWEST_STOPS = 2


@dataclass(frozen=True, slots=True)
class FeaturePage:
    """Some features; `after` names the last of them if there are more, `matched` counts all.

    Only a first page counts: it would take longer than the page, and programs ask for hundreds.
    """

    features: list[dict[str, object]]
    after: FeatureKey | None
    matched: int | None


async def show_page(
    session: AsyncSession,
    organisation: UUID,
    asked: Features,
    *,
    after: FeatureKey | None,
    limit: int,
) -> FeaturePage:
    """Show the features after the one that `after` names."""
    rows = await asked.page(session, after=after, limit=limit + 1)
    given = rows[:limit]
    more = len(rows) > limit
    matched = None
    if after is None:
        matched = await asked.count(session) if more else len(given)
    shown = await _shown(session, organisation, asked, given)
    return FeaturePage(shown, asked.key_of(given[-1]) if more else None, matched)


async def show_one(
    session: AsyncSession, organisation: UUID, asked: Features, id: UUID
) -> dict[str, object] | None:
    """Show one feature; None when there is none the caller may see."""
    row = await asked.one(session, id)
    if row is None:
        return None
    (feature,) = await _shown(session, organisation, asked, [row])
    return feature


def told(collection: FeatureCollection, sight: Sight) -> dict[str, Property]:
    """Give what the features of a collection tell to a caller."""
    return {name: it for name, it in collection.properties.items() if sight.scores or not it.scored}


async def _shown(
    session: AsyncSession, organisation: UUID, asked: Features, rows: Sequence[Row]
) -> list[dict[str, object]]:
    if asked.collection is ACCOMMODATIONS:
        rows = await _judged(session, organisation, asked.sight, rows)
    names = tuple(told(asked.collection, asked.sight))
    return [_feature(row, names) for row in rows]


async def _judged(
    session: AsyncSession, organisation: UUID, sight: Sight, rows: Sequence[Row]
) -> list[Row]:
    """Add to places what is known of them now, and what they were thought to be worth."""
    places = [id for row in rows if isinstance(id := row["id"], UUID)]
    known = await place_grades.known_of(session, places, sight.at)
    grades = await grades_of(session, organisation, known)
    scores = await features.scores(session, places, sight) if sight.scores else {}
    judged: list[Row] = []
    for row, id in zip(rows, places, strict=True):
        points, scored_at = scores.get(id, (None, None))
        about = _about(known.get(id), grades.get(id))
        scored_on = None if scored_at is None else local_day(scored_at)
        judged.append({**row, **about, "priority_points": points, "scored_on": scored_on})
    return judged


def _about(known: KnownOfPlace | None, verdict: PlaceGrade | None) -> dict[str, object]:
    seen = known is not None and known.last.grade is not None
    return {
        "grade": None if verdict is None or verdict.grade is None else verdict.grade.value,
        "anomalies_open": 0 if known is None else known.anomalies,
        "anomalies_overdue": 0 if known is None else known.overdue,
        "last_visit_on": local_day(known.last.occurred_at) if known and seen else None,
    }


def _feature(row: Row, names: Sequence[str]) -> dict[str, object]:
    return {
        "type": "Feature",
        "id": str(row["id"]),
        "geometry": _geometry(row),
        "properties": {name: _plain(row[name]) for name in names},
    }


def _geometry(row: Row) -> dict[str, object] | None:
    if "line" in row:
        line = row["line"]
        if not isinstance(line, list) or len(line) < FEWEST_STOPS:
            return None
        return {"type": "LineString", "coordinates": line}
    if row["lon"] is None or row["lat"] is None:
        return None
    return {"type": "Point", "coordinates": [row["lon"], row["lat"]]}


def _plain(value: object) -> object:
    """Give what JSON can hold: moments in UTC, since GDAL leaves offsets out of what it asks.

    Days are numbers that sort as they do: 20260331.
    """
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return int(f"{value:%Y%m%d}")
        case _:
            return value
