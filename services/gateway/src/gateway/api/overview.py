"""What awaits, and what there is: answers of all services in one."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Body, Query, Request

from gateway.api.on_behalf import AWAY, OnBehalf
from gateway.api.week_messages import summary_of
from gateway.clients import inspections
from gateway.clients.partial import or_missing
from gateway.clients.services import Services
from gateway.store import known_scores, weekly_plans
from gateway.use_cases.ask_weekly_plan import LOCAL
from gateway.use_cases.foresee_weeks import foresee_weeks
from gateway.use_cases.show_overview import show_overview
from shared.auth import Planner, Reader
from shared.contracts.gateway import (
    Outlook,
    OutlookRequest,
    Overview,
    SearchHit,
    SearchKind,
    SearchPage,
)
from shared.contracts.inspections.search import Found, FoundKind
from shared.db import Database
from shared.problems import responses

router = APIRouter(prefix="/v1", tags=["overview"])

WEEKS, HITS = 3, 20
OUTLOOK = {"starts_on": "2026-03-02", "minutes_by_weekday": [900, 900, 900, 900, 900, 0, 0]}


@router.get("/overview", operation_id="getOverview", responses=responses(403))
async def overview(request: Request, caller: Planner, auth: OnBehalf) -> Overview:
    """Say what awaits in the next seven days; what is missing because a service is away is named.

    While scoring is away the scores last told stand in, with their time.
    """
    database: Database = request.app.state.database
    async with database.session(caller.organisation) as session:
        rows = await weekly_plans.page(session, caller.territories, before=None, limit=WEEKS)
        # What an organisation was told is more than some territories of it may know.
        known = None if caller.territories else await known_scores.last(session)
    services: Services = request.app.state.services
    return await show_overview(
        services,
        auth,
        [summary_of(row) for row in rows],
        today=datetime.now(LOCAL).date(),
        known=known,
    )


@router.post(
    "/coverage-outlooks", operation_id="foreseeWeeks", responses=responses(403, 409, 422, *AWAY)
)
async def foresee(
    request: Request,
    caller: Planner,  # noqa: ARG001 - a caller is needed
    auth: OnBehalf,
    asked: Annotated[OutlookRequest, Body(examples=[OUTLOOK])],
) -> Outlook:
    """Foresee which places will pass their interval in the weeks to come, at a staffing.

    Each day those due first are visited, as far as the minutes go; a place is due again an
    interval later, that of its grade today.
    """
    services: Services = request.app.state.services
    return await foresee_weeks(services, auth, asked)


@router.get("/search", operation_id="search", responses=responses(403, 422))
async def search(
    request: Request,
    caller: Reader,
    *,
    auth: OnBehalf,
    q: Annotated[str, Query(min_length=2, max_length=100, description="Words, or an id.")],
) -> SearchPage:
    """Find what the record tells by its words, and weekly plans by their first day or id.

    What was changed in the record is found some seconds later.
    """
    services: Services = request.app.state.services
    database: Database = request.app.state.database
    missing: list[str] = []
    async with database.session(caller.organisation) as session:
        weeks = await weekly_plans.page(session, caller.territories, before=None, limit=200)
    found = await or_missing(
        "inspections",
        inspections.search_record(services.inspections, auth, q, limit=HITS),
        missing,
    )
    hits = [
        SearchHit(
            kind=SearchKind(it.kind.value),
            id=it.id,
            title=it.title,
            told=it.told,
            href=_where(it),
        )
        for it in found or []
    ]
    if not caller.is_only_inspector:
        hits += [
            SearchHit(
                kind=SearchKind.weekly_plan,
                id=row.id,
                title=row.starts_on.isoformat(),
                told=None,
                href=f"/v1/weekly-plans/{row.id}",
            )
            for row in weeks
            if q in row.starts_on.isoformat() or q == str(row.id)
        ]
    return SearchPage(items=hits[:HITS], missing=missing)


def _where(found: Found) -> str:
    """Say where something found is read: a finding with all that was seen at its place."""
    if found.kind is FoundKind.finding:
        return f"/v1/findings?accommodation_id={found.accommodation_id}"
    return f"/v1/{found.kind.value}s/{found.id}"
