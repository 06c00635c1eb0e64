"""Accept a week's plan: its stops become visits, once however often it is accepted."""

from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from gateway.clients import inspections, routing
from gateway.clients.services import Services
from shared.contracts.gateway import Acceptance
from shared.contracts.inspections import VisitBatch, VisitInput
from shared.contracts.routing import Plan
from shared.http import CallerAuth

BATCH = 1000


async def accept_weekly_plan(services: Services, auth: CallerAuth, plan_id: UUID) -> Acceptance:
    """Accept a plan and create a visit for each stop, unique on plan and stop.

    Should this end half-way, accepting again does what is missing and nothing else.

    Raises
    ------
    Problem : what a service refuses, in its words
    """
    plan = await routing.accept_plan(services.routing, auth, plan_id)
    result = Acceptance(plan_id=plan_id, created=0, unchanged=0, ids=[])
    visits = visits_of(plan)
    while items := list(islice(visits, BATCH)):
        done = await inspections.create_visits(services.inspections, auth, VisitBatch(items=items))
        result = Acceptance(
            plan_id=plan_id,
            created=result.created + done.created,
            unchanged=result.unchanged + done.unchanged,
            ids=[*result.ids, *done.ids],
        )
    return result


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
