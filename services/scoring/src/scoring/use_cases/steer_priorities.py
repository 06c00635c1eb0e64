"""Change how priorities are weighed, or see who would move if it were changed."""

from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncSession

from scoring.domain.priority import Move, PriorityPolicy, moves
from scoring.store import priority_policies
from scoring.use_cases.priority_policy import current_policy, policy_of
from scoring.use_cases.weigh_priorities import Asked, weighed_places
from shared.auth import Caller
from shared.contracts.priorities import (
    PriorityMove,
    PriorityPolicyChange,
    PriorityPreview,
    PriorityWeights,
)
from shared.problems import Problem


async def change_priority_policy(
    session: AsyncSession, change: PriorityPolicyChange, caller: Caller, *, revision: int | None
) -> None:
    """Let a new version hold from now on; priorities are weighed as they are asked for.

    Raises
    ------
    Problem : 412 when the policy changed since it was read
    """
    await priority_policies.alone(session)
    held = (await current_policy(session)).version
    if revision != held:
        raise Problem(
            412,
            "precondition-failed",
            f"Version {held} holds by now; read it, and send its ETag with your change.",
        )
    await priority_policies.add(
        session,
        {
            "organisation": caller.organisation,
            "version": held + 1,
            "weights": change.model_dump(mode="json", exclude={"reason"}),
            "author": caller.subject,
            "reason": change.reason,
        },
    )


async def preview_priorities(
    session: AsyncSession, change: PriorityWeights, asked: Asked
) -> PriorityPreview:
    """Weigh the same places, as of the same moment, by the policy that holds and by another."""
    held = await current_policy(session)
    before = await _points(session, asked, held)
    found = moves(before, await _points(session, asked, policy_of(change, held.version)))
    return PriorityPreview(
        as_of=asked.as_of,
        compared_with=held.version,
        places=len(found),
        up=sum(it.rank_after < it.rank_before for it in found),
        down=sum(it.rank_after > it.rank_before for it in found),
        moves=[_message(it) for it in found[: asked.limit]],
    )


async def _points(session: AsyncSession, asked: Asked, policy: PriorityPolicy) -> dict[str, float]:
    weighed = await weighed_places(session, asked, policy)
    return {str(row["accommodation_id"]): parts.points for parts, row in weighed}


def _message(move: Move) -> PriorityMove:
    rounded = {
        "points_before": round(move.points_before, 2),
        "points_after": round(move.points_after, 2),
    }
    return PriorityMove.model_validate(asdict(move) | rounded)
