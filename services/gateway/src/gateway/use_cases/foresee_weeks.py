"""Foresee the weeks to come: the record knows what is due, routing how far the hours go."""

from math import ceil

import httpx

from gateway.clients import inspections, routing
from gateway.clients.services import Services
from shared.contracts.gateway import Outlook, OutlookRequest
from shared.contracts.inspections.candidates import Candidate
from shared.contracts.routing.forecasts import CoverageRequest, DuePlace
from shared.problems import conflict

LONGEST_VISIT_MIN, MOST_PLACES = 6000, 20_000


async def foresee_weeks(services: Services, auth: httpx.Auth, asked: OutlookRequest) -> Outlook:
    """Ask the record for places and intervals, and routing for what comes of them.

    Raises
    ------
    Problem : what a service refuses, or that it is away; 409 for too many places
    """
    page = await inspections.list_candidates(
        services.inspections, auth, starts_on=asked.starts_on, days=1
    )
    if len(page.items) > MOST_PLACES:
        raise conflict(
            f"An outlook covers {MOST_PLACES} places; ask with a token of fewer territories."
        )
    coverage = await routing.foresee_coverage(
        services.routing,
        auth,
        CoverageRequest(
            **asked.model_dump(exclude={"team_size", "way_min"}),
            places=[_due(it, asked) for it in page.items],
        ),
    )
    return Outlook(**coverage.model_dump(), unplaced=page.unplaced)


def _due(place: Candidate, asked: OutlookRequest) -> DuePlace:
    stay_min = place.fixed_min + place.person_min / asked.team_size
    return DuePlace(
        accommodation_id=place.accommodation_id,
        due_on=place.due_on or asked.starts_on,
        interval_days=place.interval_days,
        visit_min=min(max(1, ceil(stay_min + asked.way_min)), LONGEST_VISIT_MIN),
    )
