"""What the record knew of a place on a day, for its grade."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import defer
from sqlmodel import col

from inspections.domain.anomaly import Responsibility
from inspections.domain.place_grade import GOOD_FOR_DAYS, Standing
from inspections.store import anomalies_known
from inspections.store.tables import InspectionRow

GOOD = text(
    "select distinct answer->>'item' from inspection, jsonb_array_elements(answers) as answer "
    "where accommodation_id = :place and known_at <= :at and occurred_at > :since "
    "and answer->'value' = to_jsonb(0)"
)


@dataclass(frozen=True, slots=True)
class KnownOfPlace:
    """What was known: the last inspection, items seen to be good lately, and what stands."""

    last: InspectionRow
    good: frozenset[str]
    standing: tuple[Standing, ...]


async def known_at(
    session: AsyncSession, accommodation_id: UUID, at: datetime
) -> KnownOfPlace | None:
    """Tell what was known of a place at a moment; None when it had never been inspected."""
    last = await _last_inspection(session, accommodation_id, at)
    if last is None:
        return None
    values = {"place": accommodation_id, "at": at, "since": at - timedelta(days=GOOD_FOR_DAYS)}
    good = (await session.execute(GOOD, values)).scalars()
    standing = tuple(
        Standing(
            item=it["item"],
            severity=it["severity"],
            critical=it["critical"],
            overdue=it["overdue"],
            repeat=it["repeat_of"] is not None,
        )
        for it in await anomalies_known.standing(session, accommodation_id, at)
        if it["responsibility"] == Responsibility.operator
    )
    return KnownOfPlace(last, frozenset(good), standing)


async def _last_inspection(
    session: AsyncSession, accommodation_id: UUID, at: datetime
) -> InspectionRow | None:
    """Find the last inspection known that saw something, or else the last one known."""
    row = InspectionRow
    statement = (
        select(row)
        .options(defer(row.answers, raiseload=True))  # type: ignore[arg-type] # SQLModel types it as its value
        .where(
            col(row.accommodation_id) == accommodation_id,
            col(row.known_at) <= at,
        )
        .order_by(col(row.grade).is_(None), col(row.occurred_at).desc(), col(row.id).desc())
        .limit(1)
    )
    return (await session.execute(statement)).scalar_one_or_none()
