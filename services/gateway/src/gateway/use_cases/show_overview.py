"""Say what awaits a coordinator, from all services that answer."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta

import httpx

from gateway.clients import inspections, scoring
from gateway.clients.partial import or_missing
from gateway.clients.services import Services
from shared.contracts.gateway import Overview, WeeklyPlanSummary
from shared.contracts.scoring import PriorityPage

DAYS = 7


async def show_overview(
    services: Services,
    auth: httpx.Auth,
    weeks: list[WeeklyPlanSummary],
    *,
    today: date,
    known: tuple[PriorityPage, datetime] | None,
) -> Overview:
    """Gather the figures at once; `known` are the scores last told, for when scoring is away.

    Raises
    ------
    Problem : what a service refuses
    """
    missing: list[str] = []
    begins = datetime.combine(today, time(), UTC)
    ends = begins + timedelta(days=DAYS)
    visits_ahead = inspections.count_visits(services.inspections, auth, begins=begins, ends=ends)
    page, visits, scores = await asyncio.gather(
        or_missing(
            "inspections",
            inspections.list_candidates(services.inspections, auth, starts_on=today, days=DAYS),
            missing,
        ),
        or_missing("inspections", visits_ahead, missing),
        or_missing(
            "scoring", scoring.list_priorities(services.scoring, auth, as_of=begins), missing
        ),
    )
    last = today + timedelta(days=DAYS)
    told_at = None
    if scores is None and known is not None:
        scores, told_at = known
    points = [] if scores is None else [it.priority_points for it in scores.items]
    return Overview(
        places_due=None
        if page is None
        else sum(it.due_on is not None and it.due_on <= last for it in page.items),
        must_visits=None if page is None else sum(it.must_visit for it in page.items),
        visits_ahead=visits,
        highest_priority=max(points, default=None),
        scores_told_at=told_at,
        latest_weeks=weeks,
        missing=missing,
    )
