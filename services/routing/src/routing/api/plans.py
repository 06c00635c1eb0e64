"""Plans of visits over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import to_json

from routing.settings import Settings
from routing.store import plans
from routing.store.plans import StoredPlan
from routing.use_cases.accept_plan import accept_plan
from routing.use_cases.compose_crews import with_crews
from routing.use_cases.pin_versions import pin_versions
from routing.use_cases.plan_messages import Factor, plan_message, with_emissions
from routing.use_cases.read_plan_request import RequestUnreadableError, read_plan_request
from routing.use_cases.request_plan import Asked, request_plan
from shared import paging
from shared.auth import Caller, Planner, Reader
from shared.contracts.routing.plans import Plan, PlanCreated, PlanRequest
from shared.db import Session
from shared.etags import named
from shared.jobs import Jobs
from shared.paging import Cursor, Limit, Page, moment_key
from shared.problems import Problem, conflict, not_found, responses
from shared.sync import (
    UNCHANGED,
    CopiedPage,
    IfNoneMatch,
    Row,
    UpdatedSince,
    changed_page,
    check_known,
    last_change,
    since,
)

router = APIRouter(prefix="/v1/plans", tags=["plans"])

REQUEST = {
    "starts_on": "2026-03-02",
    "days": 1,
    "candidates": [
        {
            "accommodation_id": "6f1f3d0e-53a1-4c0e-9d3b-0d7a3f7f2c11",
            "name": "Hôtel de l'Étoile",
            "territory": "93",
            "position": {"lon": 2.3574, "lat": 48.9356},
            "priority_points": 62,
            "fixed_min": 20,
            "person_min": 90,
            "windows": [
                {
                    "opens_at": "2026-03-02T09:00:00+01:00",
                    "closes_at": "2026-03-02T17:00:00+01:00",
                }
            ],
        }
    ],
    "teams": [
        {
            "id": "nord",
            "name": "Équipe Nord",
            "size": 2,
            "start": {"lon": 2.36, "lat": 48.87},
            "shifts": [
                {
                    "starts_at": "2026-03-02T09:00:00+01:00",
                    "ends_at": "2026-03-02T17:30:00+01:00",
                }
            ],
        }
    ],
    "minutes_per_point": 1,
    "time_limit_s": 10,
}


def _as_it_came(value: object, _validate: ValidatorFunctionWrapHandler) -> object:
    """Leave a body unread: thousands of candidates are read beside the event loop."""
    return value


@router.post("", operation_id="createPlan", status_code=202, responses=responses(403, 409, 422))
async def create_plan(
    session: Session,
    caller: Planner,
    *,
    plan: Annotated[PlanRequest, WrapValidator(_as_it_came), Body(examples=[REQUEST])],
    request: Request,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=200, description="Makes a repeated request harmless."),
    ] = None,
) -> PlanCreated:
    """Choose and route the visits of some days; solved in the background.

    A place is worth a detour of `priority_points` times `minutes_per_point` minutes of driving. A
    must-visit is left out only when no round can take it. A place due before the first day is
    late already: it keeps no deadline. Lunch is taken on shifts that span all its starts.

    A team by public transport (`transit`) is given times that hold whenever it leaves; `legs` of
    its stops tell the lines. It needs a timetable for the days of the plan.

    Work is travel and visits. `max_work_min` of a team limits it over the days of the plan;
    `minutes_per_uneven_hour` prices each hour that would have to change hands for all teams to
    work the same share of their shifts. A visit starts as soon as it can; each hour it starts
    after `preferred_until` of its window costs `minutes_per_late_hour`.
    """
    # The parameter is the JSON as it came, its type only what the page says of it.
    try:
        wanted = await read_plan_request(plan)
    except RequestUnreadableError as error:
        located = [{**item, "loc": ("body", *item["loc"])} for item in error.errors]
        raise RequestValidationError(located) from error
    wanted = await with_crews(session, wanted)
    jobs: Jobs = request.app.state.jobs
    asked = Asked(caller, idempotency_key, await pin_versions(session, wanted))
    created = await request_plan(session, jobs, wanted, asked)
    response.headers["Location"] = f"{router.prefix}/{created.id}"
    return created


@router.get(
    "",
    operation_id="listPlans",
    response_model=CopiedPage[Plan],
    responses=responses(403, 422) | UNCHANGED,
)
async def list_plans(  # noqa: PLR0913 - a route takes what it needs
    session: Session,
    caller: Reader,
    *,
    limit: Limit = 50,
    cursor: Cursor = None,
    updated_since: UpdatedSince = None,
    if_none_match: IfNoneMatch = None,
    request: Request,
    response: Response,
) -> Page[Plan] | Response:
    """List plans, newest first, without their rounds and reasons: read one plan for those.

    With `updated_since`, the last changed last; how far a search is, is no change.
    """
    refuse_inspectors(caller)
    changed_at = await last_change(session, ["plan"])
    state = f"{changed_at}/{await plans.searches(session)}"
    headers = named(check_known(request, caller, state, if_none_match))
    if updated_since is not None:
        after = since(updated_since, cursor)
        found = await plans.changed(session, caller.territories, after=after, limit=limit + 1)
        page = changed_page(found, limit, last=changed_at or updated_since, show=_changed_plan)
        return Response(to_json(page), media_type="application/json", headers=headers)
    response.headers.update(headers)
    rows = await plans.page(session, caller.territories, before=moment_key(cursor), limit=limit + 1)
    given = [plan_message(row) for row in rows[:limit]]
    more = len(rows) > limit
    last = given[-1] if more else None
    return Page(
        items=given,
        next_cursor=None
        if last is None
        else paging.encode(last.created_at.isoformat(), str(last.id)),
    )


@router.get("/{plan_id}", operation_id="getPlan", responses=responses(403, 404))
async def get_plan(request: Request, session: Session, caller: Reader, plan_id: UUID) -> Plan:
    """Read a plan: its progress while it is solved, then rounds, reasons and certificate."""
    refuse_inspectors(caller)
    stored = await plans.find(session, plan_id, caller.territories)
    if stored is None:
        raise not_found("plan")
    settings: Settings = request.app.state.settings
    factor = Factor(settings.car_kg_co2e_per_km, settings.car_co2e_source)
    return with_emissions(plan_message(stored), factor)


@router.get(
    "/{plan_id}/geojson",
    operation_id="getPlanShapes",
    response_class=Response,
    responses=responses(403, 404, 409)
    | {200: {"content": {"application/geo+json": {"schema": {"type": "object"}}}}},
)
async def get_plan_shapes(session: Session, caller: Reader, plan_id: UUID) -> Response:
    """Read the rounds as GeoJSON: a line along the streets for each, and a point for each stop."""
    refuse_inspectors(caller)
    shapes = await plans.shapes(session, plan_id, caller.territories)
    if shapes is None:
        stored = await plans.find(session, plan_id, caller.territories)
        if stored is None:
            raise not_found("plan")
        raise conflict(f"The plan is {stored.job.state}; its shapes are there once it is done.")
    return Response(shapes, media_type="application/geo+json")


@router.delete("/{plan_id}", operation_id="cancelPlan", responses=responses(403, 404))
async def cancel_plan(
    session: Session,
    caller: Planner,
    plan_id: UUID,
    *,
    request: Request,
    keep_best: Annotated[
        bool, Query(description="End the search, and keep the best plan found so far.")
    ] = False,
) -> PlanCreated:
    """Stop solving a plan; one that has ended stays as it is.

    With `keep_best` the plan is done a second or two later, verified as any other.
    """
    stored = await plans.find(session, plan_id, caller.territories)
    if stored is None:
        raise not_found("plan")
    if keep_best:
        await plans.ask_to_stop(session, plan_id)
        return PlanCreated(id=plan_id, job=stored.job)
    jobs: Jobs = request.app.state.jobs
    job = await jobs.cancel(session, stored.job.id)
    return PlanCreated(id=plan_id, job=job or stored.job)


@router.post("/{plan_id}/acceptance", operation_id="acceptPlan", responses=responses(403, 404, 409))
async def accept(
    session: Session,
    caller: Planner,
    plan_id: UUID,
    revision: Annotated[
        int | None, Query(ge=0, description="Default: the newest, or the one accepted already.")
    ] = None,
) -> Plan:
    """Accept a revision of a solved plan; its stops keep their ids, so a repeat is harmless.

    Once one is accepted, only a newer one can be.
    """
    return await accept_plan(session, caller, plan_id, revision=revision)


def refuse_inspectors(caller: Caller) -> None:
    """Keep scores from those who are about to inspect: they read their round from their visits."""
    if caller.is_only_inspector:
        raise Problem(
            403, "forbidden", "A plan shows scores; inspectors read their round in /v1/visits."
        )


def _changed_plan(row: Row) -> Plan:
    stored = row["plan"]
    assert isinstance(stored, StoredPlan)  # noqa: S101 - as `plans.changed` made it
    return plan_message(stored)
