"""Weigh the newest score of every place in use into its priority."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from scoring.domain.priority import Exposure, Parts, prioritise
from scoring.store import scores
from scoring.store.scores import ScoreFilter
from scoring.use_cases.messages import reasons_of, snapshot_of
from shared.contracts.scoring import Priority, PriorityPage, PriorityParts


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which places, as of when, and how many of the highest."""

    places: ScoreFilter
    as_of: datetime
    longest_interval_days: int
    limit: int


async def weigh_priorities(session: AsyncSession, asked: Asked) -> PriorityPage:
    """List priorities, the highest first."""
    rows = await scores.with_exposure(session, asked.places, asked.as_of)
    weighed = [(_parts(row, asked), row) for row in rows]
    weighed.sort(key=lambda pair: (-pair[0].points, pair[1]["accommodation_id"]))
    methods = {row["method"] for row in rows}
    return PriorityPage(
        items=[_message(parts, row) for parts, row in weighed[: asked.limit]],
        as_of=asked.as_of,
        method="model" if methods == {"model"} else "rule",
        followed_position=await scores.followed_position(session),
    )


def _parts(row: RowMapping, asked: Asked) -> Parts:
    last = row["last_visit_on"]
    today = asked.as_of.date()
    overdue = 0
    if row["due_on"] is not None:
        overdue = (today - row["due_on"]).days
    elif last is not None:
        overdue = (today - last).days - asked.longest_interval_days
    exposure = Exposure(
        rooms=row["rooms"],
        capacity=row["capacity"],
        days_overdue=overdue,
        visited=last is not None,
        average_rate=row["average_rate"],
    )
    return prioritise(row["probability"], exposure)


def _message(parts: Parts, row: RowMapping) -> Priority:
    points = round(parts.points, 2)
    return Priority(
        accommodation_id=row["accommodation_id"],
        priority_points=points,
        parts=PriorityParts(
            probability=parts.probability,
            people_exposed=parts.people_exposed,
            exposure_factor=parts.exposure_factor,
            days_overdue=parts.days_overdue,
            overdue_factor=parts.overdue_factor,
            raw=parts.raw,
        ),
        reasons=reasons_of(row),
        score_snapshot=snapshot_of(row, row["probability"], points),
    )
