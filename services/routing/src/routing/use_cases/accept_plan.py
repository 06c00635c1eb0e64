"""Accept a plan: from then on its stops are appointments to be made."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from routing.store import plans, revisions
from routing.store.plans import StoredPlan
from routing.use_cases.plan_messages import plan_message
from shared import feed
from shared.auth import Caller
from shared.contracts.routing.plan_events import PlanOutcome
from shared.contracts.routing.plans import Plan
from shared.feed import NewEvent
from shared.problems import conflict, not_found


async def accept_plan(
    session: AsyncSession, caller: Caller, plan_id: UUID, *, revision: int | None = None
) -> Plan:
    """Mark a revision of a solved plan accepted, once; a repeat answers the same plan.

    A newer revision takes the place of the one that is accepted.

    Raises
    ------
    Problem : 404 for a plan or revision the caller may not see, 409 when it is not solved or not
        verified, or a newer revision was accepted.
    """
    stored = await plans.find(session, plan_id, caller.territories)
    if stored is None:
        raise not_found("plan")
    plan = plan_message(await _at(session, stored, revision))
    if plan.state != "done" or plan.certificate is None:
        raise conflict(f"The plan is {plan.state}; only a solved plan can be accepted.")
    if not plan.certificate.accepted:
        raise conflict("The checker refused this plan; ask for a new one.")
    if await plans.accept(session, plan_id, caller.subject, plan.revision):
        now = datetime.now(UTC)
        accepted = {"accepted_at": now, "accepted_revision": plan.revision}
        plan = plan.model_copy(update=accepted)
        event = NewEvent("plan.accepted", plan_id, now, outcome(plan))
        await feed.append(session, caller.organisation, [event])
    return plan


async def _at(session: AsyncSession, stored: StoredPlan, revision: int | None) -> StoredPlan:
    """Give a plan as it is in a revision: the one accepted already, else the newest."""
    last = stored.accepted_revision
    if revision is not None and last is not None and revision < last:
        raise conflict(
            f"Revision {last} was accepted; restore revision {revision} and accept what that makes."
        )
    standing = last if stored.accepted_at else None
    wanted = next(it for it in (revision, standing, stored.revision) if it is not None)
    if wanted == stored.revision:
        return stored
    found = await revisions.find(session, stored.id, wanted)
    if found is None:
        raise not_found("revision")
    return replace(stored, revision=wanted, answer=found.answer)


def outcome(plan: Plan) -> PlanOutcome:
    """Say which places a plan visits and which it leaves, for those who follow the feed."""
    return PlanOutcome(
        plan_id=plan.id,
        starts_on=plan.starts_on,
        days=plan.days,
        visited=[stop.accommodation_id for round_ in plan.rounds for stop in round_.stops],
        left_out={str(left.accommodation_id): left.code for left in plan.unvisited},
        revision=plan.revision,
    )
