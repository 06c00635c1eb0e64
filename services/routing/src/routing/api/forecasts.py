"""What would be, over HTTP: plans with other means, and the weeks to come."""

import asyncio
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Body, Request, Response

from routing.api.plans import refuse_inspectors
from routing.store import plans, trials
from routing.store.trials import NewTrial
from routing.use_cases import follow_work
from routing.use_cases.foresee_coverage import foresee_coverage
from shared.auth import Planner, Reader
from shared.contracts.routing.forecasts import (
    Coverage,
    CoverageRequest,
    Trial,
    TrialPending,
    TrialRequest,
)
from shared.db import Database, Session
from shared.field_errors import FieldError
from shared.jobs import Jobs
from shared.problems import Problem, conflict, not_found, responses

router = APIRouter(prefix="/v1", tags=["forecasts"])

KIND = "try_changes"
PATIENCE_S = 15.0
LONGER = {"longer_min": 30, "another_like": "nord"}
WEEKS = {
    "starts_on": "2026-03-02",
    "places": [
        {
            "accommodation_id": "6f1f3d0e-53a1-4c0e-9d3b-0d7a3f7f2c11",
            "due_on": "2026-03-20",
            "interval_days": 180,
            "visit_min": 90,
        }
    ],
    "minutes_by_weekday": [900, 900, 900, 900, 900, 0, 0],
}


@router.post(
    "/plans/{plan_id}/trials",
    operation_id="tryPlan",
    status_code=202,
    responses=responses(403, 404, 409, 422),
)
async def try_plan(
    request: Request,
    response: Response,
    caller: Planner,
    plan_id: UUID,
    *,
    changes: Annotated[TrialRequest, Body(examples=[LONGER])],
) -> TrialPending:
    """See what another team, longer shifts, a visit or another worth of a point would bring.

    The search goes on from the plan as it stands, so that the difference is that of the change;
    the plan stays as it is. The answer has the trial when it is there within seconds.
    """
    database: Database = request.app.state.database
    jobs: Jobs = request.app.state.jobs
    trial_id = uuid4()
    async with database.session(caller.organisation) as session:
        stored = await plans.find(session, plan_id, caller.territories)
        if stored is None:
            raise not_found("plan")
        if stored.answer is None:
            raise conflict(f"The plan is {stored.job.state}; only a solved plan can be tried.")
        job = await jobs.enqueue(
            session,
            organisation=caller.organisation,
            subject=caller.subject,
            kind=KIND,
            key=None,
            arguments={"trial_id": str(trial_id)},
        )
        new = NewTrial(
            trial_id,
            caller.organisation,
            plan_id,
            job.id,
            stored.revision,
            changes.model_dump_json(),
        )
        await trials.insert(session, new)
    await follow_work.until_ended(database, jobs, caller, job.id, patience_s=PATIENCE_S)
    response.headers["Location"] = f"/v1/plans/{plan_id}/trials/{trial_id}"
    async with database.session(caller.organisation) as session:
        return await _told(session, jobs, plan_id, trial_id)


@router.get(
    "/plans/{plan_id}/trials/{trial_id}",
    operation_id="getPlanTrial",
    responses=responses(403, 404, 422),
)
async def get_trial(
    request: Request, session: Session, caller: Reader, plan_id: UUID, *, trial_id: UUID
) -> TrialPending:
    """Read what a trial came to, once its job is done."""
    refuse_inspectors(caller)
    if await plans.find(session, plan_id, caller.territories) is None:
        raise not_found("plan")
    return await _told(session, request.app.state.jobs, plan_id, trial_id)


@router.post("/coverage-forecasts", operation_id="foreseeCoverage", responses=responses(403, 422))
async def foresee(
    caller: Reader, wanted: Annotated[CoverageRequest, Body(examples=[WEEKS])]
) -> Coverage:
    """Foresee which places will pass their interval between visits at a staffing, and when."""
    refuse_inspectors(caller)
    return await asyncio.to_thread(foresee_coverage, wanted)


async def _told(session: Session, jobs: Jobs, plan_id: UUID, trial_id: UUID) -> TrialPending:
    found = await trials.find(session, plan_id, trial_id)
    job = None if found is None else await jobs.state(session, found.job_id)
    if found is None or job is None:
        raise not_found("trial")
    if found.refusal is not None:
        errors = [FieldError.model_validate(it) for it in found.refusal]
        raise Problem(422, "invalid-request", errors[0].detail, errors=errors)
    trial = None if found.outcome is None else Trial.model_validate(found.outcome)
    return TrialPending(id=trial_id, job=job, trial=trial)
