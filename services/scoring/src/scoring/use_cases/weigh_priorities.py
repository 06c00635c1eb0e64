"""Weigh the newest score of every place in use into its priority."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from scoring.domain.priority import Exposure, Parts, prioritise
from scoring.store import scores
from scoring.store.scores import ScoreFilter
from shared.contracts.scoring import PriorityPage


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
    # One validation of the whole page: message by message takes three times as long.
    return PriorityPage.model_validate(
        {
            "items": [_message(parts, row) for parts, row in weighed[: asked.limit]],
            "as_of": asked.as_of,
            "method": "model" if methods == {"model"} else "rule",
            "followed_position": await scores.followed_position(session),
        }
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


def _message(parts: Parts, row: RowMapping) -> dict[str, object]:
    values = asdict(parts)
    points = round(values.pop("points"), 2)
    return {
        "accommodation_id": row["accommodation_id"],
        "priority_points": points,
        "parts": values,
        "reasons": row["reasons"],
        "score_snapshot": {
            "score_id": row["id"],
            "model_id": row["model_id"],
            "method": row["method"],
            "as_of": row["as_of"],
            "probability": row["probability"],
            "priority_points": points,
        },
    }
