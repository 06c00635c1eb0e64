"""Accept a week's plan: its stops become visits, once however often it is accepted."""

from collections.abc import Iterator, Sequence
from uuid import UUID

import httpx

from gateway.clients import inspections, routing
from gateway.clients.services import Services
from shared.contracts.inspections.visits import PlanVisits, PlanVisitsReport, VisitInput
from shared.contracts.routing.plans import Round


async def make_visits(
    services: Services, auth: httpx.Auth, plan_id: UUID, rounds: Sequence[Round]
) -> PlanVisitsReport:
    """Make the visits of a plan those of these rounds, all or none; a repeat changes nothing.

    Raises
    ------
    Problem : what inspections refuses, in its words, or that it is away
    """
    visits = PlanVisits(items=list(visits_of(plan_id, rounds)))
    return await inspections.put_plan_visits(services.inspections, auth, plan_id, visits)


async def withdraw(services: Services, auth: httpx.Auth, plan_id: UUID) -> None:
    """Undo an acceptance: its visits are cancelled, then the plan is no longer accepted.

    Raises
    ------
    Problem : what a service refuses, in its words, or that it is away
    """
    await inspections.withdraw_visits(services.inspections, auth, plan_id)
    await routing.withdraw_acceptance(services.routing, auth, plan_id)


def visits_of(plan_id: UUID, rounds: Sequence[Round]) -> Iterator[VisitInput]:
    """Make the appointment of each stop, with what was believed of the place when planning."""
    for tour in rounds:
        for stop in tour.stops:
            yield VisitInput(
                accommodation_id=stop.accommodation_id,
                kind=stop.visit_kind,
                origin=stop.origin,
                scheduled_at=stop.starts_at,
                scheduled_end_at=stop.ends_at,
                inspector_ids=tour.inspector_ids,
                round_id=tour.round_id,
                sequence=stop.sequence,
                plan_id=plan_id,
                stop_id=stop.stop_id,
                score_snapshot=stop.score_snapshot,
            )
