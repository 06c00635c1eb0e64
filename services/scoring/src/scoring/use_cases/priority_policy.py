"""Read how priorities are weighed, and translate it between message and domain."""

from sqlalchemy.ext.asyncio import AsyncSession

from scoring.domain import priority
from scoring.store import priority_policies
from scoring.store.tables import PriorityPolicyRow
from shared.contracts.priorities import PriorityPolicy, PriorityWeights, Steering


async def current_policy(session: AsyncSession) -> priority.PriorityPolicy:
    """Read the policy that holds."""
    row = await priority_policies.newest(session)
    if row is None:
        return priority.PriorityPolicy()
    return policy_of(PriorityWeights.model_validate(row.weights), row.version)


def policy_of(weights: PriorityWeights, version: int) -> priority.PriorityPolicy:
    """Turn a message into the policy it describes."""
    return priority.PriorityPolicy(
        version=version,
        severity_weights=tuple(weights.severity_weights),
        people_scale=weights.people_scale,
        overdue_weight=weights.overdue_weight,
        longest_overdue_days=weights.longest_overdue_days,
        level_factors=tuple(weights.level_factors),
        steering=[_steering(it) for it in weights.steering],
    )


def _steering(steering: Steering) -> priority.Steering:
    return priority.Steering(
        name=steering.name,
        level=steering.level,
        starts_on=steering.starts_on,
        ends_on=steering.ends_on,
        territory=steering.territory,
        operator=steering.operator,
        kind=None if steering.kind is None else steering.kind.value,
        accommodation_ids=frozenset(str(it) for it in steering.accommodation_ids),
    )


def policy_message(row: PriorityPolicyRow | None) -> PriorityPolicy:
    """Send a version; without one, what the product comes with."""
    if row is None:
        weights = PriorityWeights()
        return PriorityPolicy(version=0, weights=weights, author=None, reason=None, created_at=None)
    return PriorityPolicy.model_validate(row.model_dump(exclude={"organisation"}))
