"""Score runs and the other background work of scoring over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from scoring.api.models import IdempotencyKey, location_of
from shared.auth import Manager, Reader
from shared.contracts.message import JobState
from shared.db import Session
from shared.jobs import Jobs
from shared.problems import not_found, responses

router = APIRouter(tags=["score-runs"])


@router.post(
    "/v1/score-runs", operation_id="scoreEverything", status_code=202, responses=responses(403, 422)
)
async def score_everything(
    request: Request,
    response: Response,
    session: Session,
    caller: Manager,
    *,
    idempotency_key: IdempotencyKey = None,
) -> JobState:
    """Score all places again, as of now."""
    jobs: Jobs = request.app.state.jobs
    job = await jobs.enqueue(
        session,
        organisation=caller.organisation,
        subject=caller.subject,
        kind="score_everything",
        key=idempotency_key,
        arguments={},
    )
    response.headers["Location"] = location_of(job)
    return job


@router.get(
    "/v1/scoring/jobs/{job_id}", operation_id="getScoringJob", responses=responses(403, 404)
)
async def get_job(request: Request, session: Session, caller: Reader, job_id: UUID) -> JobState:
    """Say where a training or a score run stands."""
    del caller
    jobs: Jobs = request.app.state.jobs
    state = await jobs.state(session, job_id)
    if state is None:
        raise not_found("job")
    return state


@router.delete(
    "/v1/scoring/jobs/{job_id}", operation_id="cancelScoringJob", responses=responses(403, 404)
)
async def cancel_job(request: Request, session: Session, caller: Manager, job_id: UUID) -> JobState:
    """Cancel a training or a score run; one that has ended stays as it is."""
    del caller
    jobs: Jobs = request.app.state.jobs
    state = await jobs.cancel(session, job_id)
    if state is None:
        raise not_found("job")
    return state
