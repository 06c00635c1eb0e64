"""Weekly plans over HTTP: candidates, priorities and roads brought together."""

from typing import Annotated
from uuid import UUID

import httpx
from fastapi import APIRouter, Body, Header, Request, Response

from gateway.api.on_behalf import AWAY, OnBehalf
from gateway.api.week_messages import plan_page, refused, summary_of, unread_plan
from gateway.clients import routing
from gateway.clients.services import Services
from gateway.store import weekly_plans
from gateway.store.tables import WeeklyPlanRow
from gateway.use_cases import follow_work
from gateway.use_cases.request_weekly_plan import request_weekly_plan
from shared import paging
from shared.auth import Caller, Planner, Reader
from shared.contracts.gateway import (
    WeeklyPlan,
    WeeklyPlanCreated,
    WeeklyPlanRequest,
    WeeklyPlanSummary,
)
from shared.contracts.message import JobState
from shared.db import Database, Session
from shared.jobs import Jobs, as_asked
from shared.paging import Cursor, Limit, Page, moment_key
from shared.problems import Problem, not_found, responses

router = APIRouter(prefix="/v1/weekly-plans", tags=["weekly plans"])

WEEK = {
    "starts_on": "2026-03-02",
    "days": 1,
    "teams": [
        {
            "id": "nord",
            "name": "Équipe Nord",
            "size": 2,
            "start": {"lon": 2.36, "lat": 48.87},
            "shifts": [
                {
                    "starts_at": "2026-03-02T09:00:00+01:00",
                    "ends_at": "2026-03-02T17:00:00+01:00",
                }
            ],
        }
    ],
    "time_limit_s": 10,
}
SHAPES: dict[int | str, dict[str, object]] = {
    200: {
        "description": "The rounds.",
        "content": {"application/geo+json": {"schema": {"type": "object"}}},
    }
}
# Gathering takes a second or two: an answer that waits for it can tell what was gathered.
CREATION_WAIT_S = 10.0


@router.post(
    "", operation_id="createWeeklyPlan", status_code=202, responses=responses(403, 422, 503)
)
async def create_weekly_plan(
    request: Request,
    response: Response,
    caller: Planner,
    *,
    week: Annotated[WeeklyPlanRequest, Body(examples=[WEEK])],
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=200, description="Makes a repeated request harmless."),
    ] = None,
) -> WeeklyPlanCreated:
    """Plan some days with these teams: which places, in which order, and why.

    Gathered and solved in the background, whatever is restarted meanwhile. A repeat with the same
    key gives the plan first asked for, although places or scores may have changed since; the same
    key with another request is refused.
    """
    database: Database = request.app.state.database
    jobs: Jobs = request.app.state.jobs
    async with database.session(caller.organisation) as session:
        plan_id, job = await request_weekly_plan(session, jobs, caller, week, key=idempotency_key)
    await follow_work.until_ended(database, jobs, caller, job.id, patience_s=CREATION_WAIT_S)
    row = await find_plan(request, caller, plan_id)
    if row.refusal is not None:
        raise refused(row.refusal)
    response.headers["Location"] = f"{router.prefix}/{plan_id}"
    return WeeklyPlanCreated(
        id=plan_id,
        job=as_asked(job),
        candidates=row.candidates,
        unplaced=row.unplaced,
        notices=summary_of(row).notices,
    )


@router.get("", operation_id="listWeeklyPlans", responses=responses(403, 422))
async def list_weekly_plans(
    session: Session, caller: Reader, limit: Limit = 50, cursor: Cursor = None
) -> Page[WeeklyPlanSummary]:
    """List weekly plans, newest first, without their rounds: read one plan for those."""
    refuse_inspectors(caller)
    rows = await weekly_plans.page(
        session, caller.territories, before=moment_key(cursor), limit=limit + 1
    )
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(
        items=[summary_of(row) for row in rows[:limit]],
        next_cursor=None
        if last is None
        else paging.encode(last.created_at.isoformat(), str(last.id)),
    )


@router.get(
    "/{plan_id}",
    operation_id="getWeeklyPlan",
    response_model=WeeklyPlan,
    responses=responses(403, 404, *AWAY),
)
async def get_weekly_plan(
    request: Request, caller: Reader, plan_id: UUID, auth: OnBehalf
) -> Response:
    """Read a weekly plan: its progress while it is solved, then rounds, reasons and certificate."""
    refuse_inspectors(caller)
    row = await find_plan(request, caller, plan_id)
    services: Services = request.app.state.services
    job = await _gathering(request, caller, row.job_id)
    if row.step == "gathering" and job.state == "done":
        # It ended between the two reads: what it wrote is there by now.
        row = await find_plan(request, caller, plan_id)
    if row.step in {"gathering", "refused"}:
        content = unread_plan(row, job)
    else:
        content = await routing.get_plan(services.routing, auth, plan_id)
    return Response(plan_page(row, content, caller), media_type="application/json")


@router.get(
    "/{plan_id}/geojson",
    operation_id="getWeeklyPlanShapes",
    response_class=Response,
    responses=responses(403, 404, 409, *AWAY) | SHAPES,
)
async def get_weekly_plan_shapes(
    request: Request, caller: Reader, plan_id: UUID, auth: OnBehalf
) -> Response:
    """Read the rounds as GeoJSON: a line for each round, and a point for each stop."""
    refuse_inspectors(caller)
    await find_plan(request, caller, plan_id)
    services: Services = request.app.state.services
    content = await routing.get_shapes(services.routing, auth, plan_id)
    return Response(content, media_type="application/geo+json")


@router.delete(
    "/{plan_id}",
    operation_id="cancelWeeklyPlan",
    status_code=204,
    responses=responses(403, 404, *AWAY),
)
async def cancel_weekly_plan(
    request: Request, caller: Planner, plan_id: UUID, auth: OnBehalf
) -> None:
    """Stop planning a week; one that is solved stays as it is."""
    row = await find_plan(request, caller, plan_id)
    database: Database = request.app.state.database
    jobs: Jobs = request.app.state.jobs
    async with database.session(caller.organisation) as session:
        await jobs.cancel(session, row.job_id)
    services: Services = request.app.state.services
    try:
        await routing.cancel_plan(services.routing, auth, plan_id)
    except Problem as problem:
        if problem.status != httpx.codes.NOT_FOUND:
            raise


async def find_plan(request: Request, caller: Caller, plan_id: UUID) -> WeeklyPlanRow:
    """Find a plan in a transaction of its own: none waits while a service is asked."""
    database: Database = request.app.state.database
    async with database.session(caller.organisation) as session:
        row = await weekly_plans.find(session, plan_id, caller.territories)
    if row is None:
        raise not_found("weekly plan")
    return row


async def _gathering(request: Request, caller: Caller, job_id: UUID) -> JobState:
    database: Database = request.app.state.database
    jobs: Jobs = request.app.state.jobs
    async with database.session(caller.organisation) as session:
        state = await jobs.state(session, job_id)
    if state is None:
        raise not_found("weekly plan")
    return state


def refuse_inspectors(caller: Caller) -> None:
    """Keep scores from those who are about to inspect: they read their round from their visits."""
    if caller.is_only_inspector:
        raise Problem(
            403, "forbidden", "A plan shows scores; inspectors read their round in /v1/visits."
        )
