"""Take the acceptance of a plan back, when its visits could not be made."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from routing.store import plans
from shared import feed
from shared.auth import Caller
from shared.contracts.routing.plan_events import PlanWithdrawn
from shared.feed import NewEvent
from shared.problems import not_found


async def withdraw_acceptance(session: AsyncSession, caller: Caller, plan_id: UUID) -> None:
    """Mark a plan not accepted, and tell it; one that is not accepted stays as it is.

    Raises
    ------
    Problem : 404 for a plan the caller may not see.
    """
    stored = await plans.find(session, plan_id, caller.territories)
    if stored is None:
        raise not_found("plan")
    if await plans.withdraw(session, plan_id):
        told = PlanWithdrawn(plan_id=plan_id, starts_on=stored.starts_on, days=stored.days)
        event = NewEvent("plan.withdrawn", plan_id, datetime.now(UTC), told)
        await feed.append(session, caller.organisation, [event])
