"""Accepting a weekly plan over HTTP: its stops become visits, or nothing is done at all."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from gateway.api.on_behalf import AWAY, OnBehalf
from gateway.clients import routing
from gateway.clients.services import Services
from gateway.store import weekly_plans
from gateway.use_cases import follow_work
from gateway.use_cases.request_weekly_plan import request_acceptance, withdrawn
from shared.auth import Caller, Planner
from shared.contracts.gateway import Acceptance, AcceptanceUnderway
from shared.contracts.message import JobState
from shared.db import Database
from shared.jobs import Jobs, as_asked
from shared.problems import Problem, conflict, not_found, responses

router = APIRouter(prefix="/v1/weekly-plans", tags=["weekly plans"])

WAIT_S = 20.0


@router.post(
    "/{plan_id}/acceptance",
    operation_id="acceptWeeklyPlan",
    responses=responses(403, 404, 409, *AWAY)
    | {202: {"model": AcceptanceUnderway, "description": "It goes on in the background."}},
    response_model=Acceptance,
)
async def accept(
    request: Request,
    caller: Planner,
    *,
    plan_id: UUID,
    auth: OnBehalf,
    revision: Annotated[
        int | None, Query(ge=0, description="Default: the newest, or the one accepted already.")
    ] = None,
) -> Acceptance | Response:
    """Accept a plan: a visit is created for each stop; accepting again gives the same answer.

    A newer `revision` takes the place of the one accepted: its visits are created, moved or
    cancelled; those begun, over, or cancelled by somebody stay as they are.

    It is done in the background, whatever is restarted meanwhile, and mostly within the request;
    else the answer is 202 and the plan's `step` tells how it ends. Where the record refuses a
    visit for good, all is undone: the visits are cancelled and the plan is withdrawn.
    """
    database: Database = request.app.state.database
    jobs: Jobs = request.app.state.jobs
    services: Services = request.app.state.services
    async with database.session(caller.organisation) as session:
        row = await weekly_plans.find(session, plan_id, caller.territories)
        if row is None:
            raise not_found("weekly plan")
    if row.step in {"gathering", "asked", "refused"}:
        await _refuse_unsolved(services, auth, plan_id, row.step)
    async with database.session(caller.organisation) as session:
        job = await request_acceptance(session, jobs, caller, plan_id, revision=revision)
    ended = await follow_work.until_ended(database, jobs, caller, job.id, patience_s=WAIT_S)
    if ended is None or ended.state in follow_work.UNENDED:
        return _underway(plan_id, job)
    return await _outcome(database, caller, plan_id, ended)


async def _refuse_unsolved(services: Services, auth: OnBehalf, plan_id: UUID, step: str) -> None:
    if step != "asked":
        raise conflict("The week has no plan yet; only a solved plan can be accepted.")
    content = await routing.get_plan(services.routing, auth, plan_id)
    plan = routing.PlanSummary.model_validate_json(content)
    if plan.state != "done":
        raise conflict(f"The plan is {plan.state}; only a solved plan can be accepted.")


def _underway(plan_id: UUID, job: JobState) -> Response:
    told = AcceptanceUnderway(plan_id=plan_id, job=as_asked(job))
    return Response(
        told.model_dump_json(),
        status_code=202,
        media_type="application/json",
        headers={"Location": f"{router.prefix}/{plan_id}"},
    )


async def _outcome(
    database: Database, caller: Caller, plan_id: UUID, ended: JobState
) -> Acceptance:
    async with database.session(caller.organisation) as session:
        row = await weekly_plans.find(session, plan_id, caller.territories)
    if row is not None and row.step == "accepted" and ended.state != "done":
        raise conflict(f"{ended.message} The plan stays accepted as it was.")
    if row is not None and row.step == "accepted":
        return Acceptance.model_validate(ended.result)
    if row is not None and row.step == "withdrawn":
        raise withdrawn(row)
    if row is not None and row.step == "asked":
        raise conflict(ended.message or "The plan cannot be accepted; ask for a new one.")
    raise Problem(
        503,
        "service-unavailable",
        f"The acceptance stopped: {ended.message} Accept again to go on.",
        headers={"Retry-After": "10"},
    )
