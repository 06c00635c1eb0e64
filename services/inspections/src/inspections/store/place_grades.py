"""What the record knew of places on a day, for their grades."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import RowMapping, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer
from sqlmodel import col

from inspections.domain.anomaly import Responsibility
from inspections.domain.place_grade import GOOD_FOR_DAYS, Standing
from inspections.store import anomalies_known
from inspections.store.rows import among
from inspections.store.tables import InspectionRow

GOOD = text(
    "select accommodation_id, array_agg(item) as items from "
    "(select distinct accommodation_id, answer->>'item' as item "
    "from inspection, jsonb_array_elements(answers) as answer "
    "where accommodation_id = any(:places) and known_at <= :at and occurred_at > :since "
    "and answer->'value' = to_jsonb(0)) as good group by accommodation_id"
)


@dataclass(frozen=True, slots=True)
class KnownOfPlace:
    """What was known: the last inspection, items seen to be good lately, and what stands.

    `standing` is what the operator answers for; `anomalies` counts all, `overdue` the late ones.
    """

    last: InspectionRow
    good: frozenset[str]
    standing: tuple[Standing, ...]
    anomalies: int
    overdue: int


async def known_of(
    session: AsyncSession, places: Sequence[UUID], at: datetime
) -> dict[UUID, KnownOfPlace]:
    """Tell what was known of each of these places that had ever been inspected."""
    values = {"places": list(places), "at": at, "since": at - timedelta(days=GOOD_FOR_DAYS)}
    lasts = await _last_inspections(session, places, at)
    found = await session.execute(GOOD, values)
    good = {place: frozenset(items) for place, items in found}
    stood: dict[UUID, list[RowMapping]] = {}
    for it in await anomalies_known.standing(session, places, at):
        stood.setdefault(it["accommodation_id"], []).append(it)
    return {
        last.accommodation_id: _known(
            last, good.get(last.accommodation_id, frozenset()), stood.get(last.accommodation_id, [])
        )
        for last in lasts
    }


def _known(last: InspectionRow, good: frozenset[str], stood: Sequence[RowMapping]) -> KnownOfPlace:
    standing = tuple(
        Standing(
            item=it["item"],
            severity=it["severity"],
            critical=it["critical"],
            overdue=it["overdue"],
            repeat=it["repeat_of"] is not None,
        )
        for it in stood
        if it["responsibility"] == Responsibility.operator
    )
    return KnownOfPlace(last, good, standing, len(stood), sum(it["overdue"] for it in stood))


async def _last_inspections(
    session: AsyncSession, places: Sequence[UUID], at: datetime
) -> Sequence[InspectionRow]:
    """Find the last inspection of each place that saw something, or else the last one known."""
    row = InspectionRow
    place = col(row.accommodation_id)
    statement = (
        select(row)
        .ext(distinct_on(place))
        .options(defer(row.answers, raiseload=True))  # type: ignore[arg-type] # SQLModel types it as its value
        .where(among(place, places), col(row.known_at) <= at)
        .order_by(place, col(row.grade).is_(None), col(row.occurred_at).desc(), col(row.id).desc())
    )
    return (await session.execute(statement)).scalars().all()
