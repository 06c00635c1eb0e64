"""Ask for a week's plan: join who could be visited with what each visit is worth."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, time
from hashlib import sha256
from uuid import UUID
from zoneinfo import ZoneInfo

from gateway.clients import inspections, routing, scoring
from gateway.clients.services import Services
from shared.contracts.gateway import WeeklyPlanCreated, WeeklyPlanRequest
from shared.contracts.inspections import Candidate, VisitOrigin
from shared.contracts.message import Label
from shared.contracts.routing import PlanCandidate, PlanRequest
from shared.contracts.scoring import Priority
from shared.http import CallerAuth

MOST_CANDIDATES = 5000
MOST_REASONS = 5
LOCAL = ZoneInfo("Europe/Paris")


async def ask_weekly_plan(
    services: Services, auth: CallerAuth, wanted: WeeklyPlanRequest, *, key: str | None
) -> WeeklyPlanCreated:
    """Ask routing for a plan of the places and priorities known now; solved in the background.

    The same key and request give the plan first asked for, whatever has changed since.

    Raises
    ------
    Problem : what a service refuses, in its words
    """
    # Delays are counted to the first day of the plan, so that a repeat asks for the same.
    as_of = datetime.combine(wanted.starts_on, time(), LOCAL)
    page, priorities = await asyncio.gather(
        inspections.list_candidates(
            services.inspections, auth, starts_on=wanted.starts_on, days=wanted.days
        ),
        scoring.list_priorities(services.scoring, auth, as_of=as_of),
    )
    candidates = join(page.items, priorities.items)
    # A repeat finds other places and priorities: what the caller said is what must be the same.
    digest = sha256(wanted.model_dump_json().encode()).hexdigest()
    request = PlanRequest(**wanted.model_dump(), candidates=candidates, request_digest=digest)
    created = await routing.create_plan(services.routing, auth, request, key=key)
    return WeeklyPlanCreated(
        id=created.id, job=created.job, candidates=len(candidates), unplaced=page.unplaced
    )


def join(candidates: Sequence[Candidate], priorities: Sequence[Priority]) -> list[PlanCandidate]:
    """Give each candidate its priority; a place scoring does not know yet is worth nothing.

    When there are more than a plan takes, must-visits come first, then the highest priorities.
    """
    by_place = {priority.accommodation_id: priority for priority in priorities}
    joined = [_joined(it, by_place.get(it.accommodation_id)) for it in candidates]
    if len(joined) > MOST_CANDIDATES:
        joined.sort(key=_least_wanted_last)
    return joined[:MOST_CANDIDATES]


def _least_wanted_last(place: PlanCandidate) -> tuple[bool, float, UUID]:
    return not place.must_visit, -place.priority_points, place.accommodation_id


def _joined(place: Candidate, priority: Priority | None) -> PlanCandidate:
    return PlanCandidate(
        accommodation_id=place.accommodation_id,
        name=place.name,
        territory=place.territory,
        sector=place.sector,
        position=place.position,
        priority_points=0 if priority is None else priority.priority_points,
        rooms_to_see=place.rooms_to_see,
        fixed_min=place.fixed_min,
        person_min=place.person_min,
        windows=place.windows,
        visit_kind=place.visit_kind,
        due_on=place.due_on,
        must_visit=place.must_visit,
        must_reason=place.must_reason,
        skills=place.skills,
        announced=place.announced,
        origin=VisitOrigin.due if place.must_visit else VisitOrigin.targeted,
        score_snapshot=None if priority is None else priority.score_snapshot,
        why=_why(place, priority),
    )


def _why(place: Candidate, priority: Priority | None) -> list[Label]:
    """Say first why a place must be visited, then what raises its risk, then what lowers it."""
    reasons = [] if priority is None else sorted(priority.reasons, key=lambda it: -it.share)
    must = [] if place.must_reason is None else [place.must_reason]
    return [*must, *(reason.text for reason in reasons)][:MOST_REASONS]
