"""Background work of routing over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Request

from shared.auth import Planner, Reader
from shared.contracts.message import JobState
from shared.db import Session
from shared.jobs import Jobs
from shared.problems import not_found, responses

router = APIRouter(prefix="/v1/routing/jobs", tags=["jobs"])


@router.get("/{id}", operation_id="getRoutingJob", responses=responses(403, 404))
async def get_job(request: Request, session: Session, _caller: Reader, id: UUID) -> JobState:
    """Tell where a job stands, and why it failed if it did."""
    jobs: Jobs = request.app.state.jobs
    return _found(await jobs.state(session, id))


@router.delete("/{id}", operation_id="cancelRoutingJob", responses=responses(403, 404))
async def cancel_job(request: Request, session: Session, _caller: Planner, id: UUID) -> JobState:
    """Cancel a job; one that has ended stays as it is."""
    jobs: Jobs = request.app.state.jobs
    return _found(await jobs.cancel(session, id))


def _found(state: JobState | None) -> JobState:
    if state is None:
        raise not_found("job")
    return state
