"""Accept a week's plan: its stops become visits, once however often it is accepted."""

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

import httpx

from gateway.clients import inspections, routing
from gateway.clients.services import Services
from shared.contracts.inspections.visits import VisitBatch, VisitInput
from shared.contracts.routing.plans import Plan

BATCH = 1000


async def make_visits(services: Services, auth: httpx.Auth, plan: Plan) -> list[UUID]:
    """Create a visit for each stop, unique on plan and stop; give all their ids.

    Should this end half-way, making them again does what is missing and nothing else.

    Raises
    ------
    Problem : what inspections refuses, in its words, or that it is away
    """
    ids: list[UUID] = []
    visits = visits_of(plan)
    while items := list(islice(visits, BATCH)):
        done = await inspections.create_visits(services.inspections, auth, VisitBatch(items=items))
        ids += done.ids
    return ids


async def withdraw(services: Services, auth: httpx.Auth, plan_id: UUID) -> None:
    """Undo an acceptance: its visits are cancelled, then the plan is no longer accepted.

    Raises
    ------
    Problem : what a service refuses, in its words, or that it is away
    """
    await inspections.withdraw_visits(services.inspections, auth, plan_id)
    await routing.withdraw_acceptance(services.routing, auth, plan_id)


def visits_of(plan: Plan) -> Iterator[VisitInput]:
    """Make the appointment of each stop, with what was believed of the place when planning."""
    for tour in plan.rounds:
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
                plan_id=plan.id,
                stop_id=stop.stop_id,
                score_snapshot=stop.score_snapshot,
            )
