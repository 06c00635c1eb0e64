"""Weigh the newest score of every place in use into its priority."""

from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncSession

from scoring.domain.priority import Exposure, Parts, PriorityPolicy, prioritise
from scoring.store import scores
from scoring.store.scores import ScoreFilter
from scoring.use_cases.priority_policy import current_policy
from shared.contracts.scoring import PriorityPage


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which places, as of when, and how many of the highest."""

    places: ScoreFilter
    as_of: datetime
    longest_interval_days: int
    limit: int


async def weigh_priorities(session: AsyncSession, asked: Asked) -> PriorityPage:
    """List priorities by the policy that holds, the highest first."""
    policy = await current_policy(session)
    weighed = await weighed_places(session, asked, policy)
    methods = {row["method"] for _, row in weighed}
    # One validation of the whole page: message by message takes three times as long.
    return PriorityPage.model_validate(
        {
            "items": [_message(parts, row) for parts, row in weighed[: asked.limit]],
            "as_of": asked.as_of,
            # Of several the one that claims least.
            "method": next((it for it in ("heuristic", "rule") if it in methods), "model")
            if methods
            else "heuristic",
            "followed_position": await scores.followed_position(session),
            "policy_version": policy.version,
        }
    )


async def weighed_places(
    session: AsyncSession, asked: Asked, policy: PriorityPolicy
) -> list[tuple[Parts, RowMapping]]:
    """Weigh the newest score of every place asked for by a policy, the highest first."""
    rows = await scores.with_exposure(session, asked.places, asked.as_of)
    weighed = [(_parts(row, asked, policy), row) for row in rows]
    weighed.sort(key=lambda pair: (-pair[0].points, pair[1]["accommodation_id"]))
    return weighed


def _parts(row: RowMapping, asked: Asked, policy: PriorityPolicy) -> Parts:
    last = row["last_visit_on"]
    today = asked.as_of.date()
    overdue = 0
    if row["due_on"] is not None:
        overdue = (today - row["due_on"]).days
    elif last is not None:
        overdue = (today - last).days - asked.longest_interval_days
    place = Exposure(
        accommodation_id=str(row["accommodation_id"]),
        territory=row["territory"],
        operator=row["operator"],
        kind=row["kind"],
        rooms=row["rooms"],
        capacity=row["capacity"],
        days_overdue=overdue,
        visited=last is not None,
        worst_severity=row["worst_severity"],
        average_rate=row["average_rate"],
    )
    return prioritise(row["probability"], place, policy, today)


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
