"""Places to choose the next visits from, over HTTP."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from inspections.domain.candidates import VisitPolicy
from inspections.domain.pace import Pace
from inspections.settings import Settings
from inspections.use_cases.propose_candidates import propose_candidates
from shared.auth import Planner
from shared.contracts.inspections.candidates import CandidatePage
from shared.db import Session
from shared.problems import responses

router = APIRouter(prefix="/v1/candidates", tags=["candidates"])


@router.get(
    "",
    operation_id="listCandidates",
    response_model=CandidatePage,
    responses=responses(403, 422),
)
async def list_candidates(
    session: Session,
    caller: Planner,
    *,
    request: Request,
    starts_on: Annotated[date, Query(ge=date(2000, 1, 1), le=date(2100, 1, 1))],
    days: Annotated[int, Query(ge=1, le=31, description="Days to plan, from `starts_on`.")] = 5,
) -> Response:
    """List the places under contract with what visiting each would need on these days.

    A place that has a visit planned on one of these days already is left out, also of the
    unplaced ones; a cancelled visit does not count. Inspections alone decides here when a place
    is due and when it must be visited; how long a visit takes is learned from those that were
    timed.
    """
    settings: Settings = request.app.state.settings
    policy = VisitPolicy(
        supposed=Pace(settings.visit_fixed_min, settings.room_min),
        overdue_limit_days=settings.overdue_limit_days,
    )
    dates = [starts_on + timedelta(days=n) for n in range(days)]
    page = await propose_candidates(session, caller.territories, dates, policy)
    return Response(page, media_type="application/json")
