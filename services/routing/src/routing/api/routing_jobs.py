"""Background work of routing over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Request

from routing.store.job_scope import is_hidden
from routing.use_cases import request_import, request_plan
from shared.auth import Caller, Planner, Reader
from shared.contracts.message import JobState
from shared.db import Session
from shared.jobs import Jobs
from shared.problems import Problem, not_found, responses

router = APIRouter(prefix="/v1/routing/jobs", tags=["jobs"])


@router.get("/{id}", operation_id="getRoutingJob", responses=responses(403, 404))
async def get_job(request: Request, session: Session, caller: Reader, id: UUID) -> JobState:
    """Tell where a job stands, and why it failed if it did."""
    state = await _seen(request, session, caller, id)
    if state.kind == request_plan.KIND and caller.is_only_inspector:
        raise Problem(
            403, "forbidden", "A plan shows scores; inspectors read their round in /v1/visits."
        )
    return state


@router.delete("/{id}", operation_id="cancelRoutingJob", responses=responses(403, 404))
async def cancel_job(request: Request, session: Session, caller: Planner, id: UUID) -> JobState:
    """Cancel a job; one that has ended stays as it is. Imports are an administrator's to cancel."""
    state = await _seen(request, session, caller, id)
    imports = {request_import.KIND, request_import.TIMETABLE_KIND}
    if state.kind in imports and "admin" not in caller.roles:
        raise Problem(403, "forbidden", "Cancelling an import needs the role admin.")
    jobs: Jobs = request.app.state.jobs
    return await jobs.cancel(session, id) or state


async def _seen(request: Request, session: Session, caller: Caller, id: UUID) -> JobState:
    """Return a job, unless it works on a plan the caller may not know of."""
    jobs: Jobs = request.app.state.jobs
    state = await jobs.state(session, id)
    if state is None or await is_hidden(session, id, caller.territories):
        raise not_found("job")
    return state
