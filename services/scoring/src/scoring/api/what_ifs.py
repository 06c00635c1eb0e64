"""What if more, fewer or other places were visited, over HTTP."""

from typing import Annotated, Final

from fastapi import APIRouter, Body, Request, Response

from scoring.api.models import IdempotencyKey, location_of
from scoring.settings import Settings
from shared.auth import Planner
from shared.contracts.message import JobState
from shared.contracts.what_ifs import WhatIfRequest
from shared.db import Session
from shared.jobs import Jobs
from shared.problems import Problem, responses

router = APIRouter(prefix="/v1/what-ifs", tags=["what-ifs"])

_EXAMPLE: Final = {
    "weeks": 26,
    "visits_per_week": [10, 20, 40],
    "policies": [{"name": "as it holds"}, {"name": "risk alone", "weights": {"overdue_weight": 0}}],
}


@router.post("", operation_id="playWhatIf", status_code=202, responses=responses(403, 422))
async def play_what_if(
    request: Request,
    response: Response,
    session: Session,
    caller: Planner,
    *,
    body: Annotated[WhatIfRequest, Body(examples=[_EXAMPLE])],
    idempotency_key: IdempotencyKey = None,
) -> JobState:
    """Play policies over past weeks; the job's result holds a point per policy and number.

    Places are ranked by the rule as of each week; what a visit would have found is what the next
    real one within half a year found.
    """
    if caller.territories:
        detail = "A play is of all territories; your token names only some."
        raise Problem(403, "forbidden", detail)
    settings: Settings = request.app.state.settings
    jobs: Jobs = request.app.state.jobs
    job = await jobs.enqueue(
        session,
        organisation=caller.organisation,
        subject=caller.subject,
        kind="play_what_if",
        key=idempotency_key,
        arguments=body.model_dump(mode="json")
        | {"longest_interval_days": settings.longest_interval_days},
    )
    response.headers["Location"] = location_of(job)
    return job
