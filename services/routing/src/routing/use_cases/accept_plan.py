"""Accept a plan: from then on its stops are appointments to be made."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from routing.store import plans
from routing.use_cases.plan_messages import plan_message
from shared import feed
from shared.auth import Caller
from shared.contracts.routing import Plan, PlanOutcome
from shared.feed import NewEvent
from shared.problems import conflict, not_found


async def accept_plan(session: AsyncSession, caller: Caller, plan_id: UUID) -> Plan:
    """Mark a solved plan accepted, once; a repeat answers the same plan.

    Raises
    ------
    Problem : 404 for a plan the caller may not see, 409 when it is not solved or not verified.
    """
    stored = await plans.find(session, plan_id, caller.territories)
    if stored is None:
        raise not_found("plan")
    plan = plan_message(stored)
    if plan.state != "done" or plan.certificate is None:
        raise conflict(f"The plan is {plan.state}; only a solved plan can be accepted.")
    if not plan.certificate.accepted:
        raise conflict("The checker refused this plan; ask for a new one.")
    if await plans.accept(session, plan_id, caller.subject):
        now = datetime.now(UTC)
        plan = plan.model_copy(update={"accepted_at": now})
        event = NewEvent("plan.accepted", plan_id, now, outcome(plan))
        await feed.append(session, caller.organisation, [event])
    return plan


def outcome(plan: Plan) -> PlanOutcome:
    """Say which places a plan visits and which it leaves, for those who follow the feed."""
    return PlanOutcome(
        plan_id=plan.id,
        starts_on=plan.starts_on,
        days=plan.days,
        visited=[stop.accommodation_id for round_ in plan.rounds for stop in round_.stops],
        left_out={str(left.accommodation_id): left.code for left in plan.unvisited},
    )
