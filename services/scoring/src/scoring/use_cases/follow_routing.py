"""Take what the feed of routing tells of changes by hand, to be judged by what is found later."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from scoring.store import overrides
from scoring.store.rows import Row
from shared.contracts.message import Event
from shared.contracts.routing.plan_events import PlanOutcome, PlanWithdrawn
from shared.contracts.routing.revisions import PlanOverride

PLAN_OVERRIDDEN: Final = "plan.overridden"
PLAN_ACCEPTED: Final = "plan.accepted"
PLAN_WITHDRAWN: Final = "plan.withdrawn"
# A visit on another day or by another team is the same choice of place.
_CHOICES: Final = frozenset({"dropped", "added"})


async def follow_routing(session: AsyncSession, events: Sequence[Event]) -> None:
    """Keep which visits people dropped and added, without their words; events may come twice."""
    told = [
        (it, PlanOverride.model_validate(it.data)) for it in events if it.kind == PLAN_OVERRIDDEN
    ]
    await overrides.keep(session, [_row(it, data) for it, data in told if data.change in _CHOICES])
    for it in events:
        if it.kind == PLAN_ACCEPTED:
            outcome = PlanOutcome.model_validate(it.data)
            await overrides.accept(session, outcome.plan_id, outcome.revision)
        if it.kind == PLAN_WITHDRAWN:
            await overrides.withdraw(session, PlanWithdrawn.model_validate(it.data).plan_id)


def _row(event: Event, override: PlanOverride) -> Row:
    return {
        "organisation": event.organisation,
        "plan_id": override.plan_id,
        "accommodation_id": override.accommodation_id,
        "revision": override.revision,
        "change": override.change,
        "occurred_at": event.occurred_at,
        "accepted": False,
    }
