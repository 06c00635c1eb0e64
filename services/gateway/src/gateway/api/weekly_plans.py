"""Weekly plans over HTTP: candidates, priorities and roads brought together."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Request, Response

from gateway.clients import routing
from gateway.clients.services import Services
from gateway.use_cases.accept_weekly_plan import accept_weekly_plan
from gateway.use_cases.ask_weekly_plan import ask_weekly_plan
from shared.auth import CurrentCaller, Planner, Reader
from shared.contracts.gateway import Acceptance, WeeklyPlanCreated, WeeklyPlanRequest
from shared.contracts.routing import Plan
from shared.http import CallerAuth
from shared.problems import responses

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


def on_behalf(request: Request, _caller: CurrentCaller) -> CallerAuth:
    """Take over the caller's token and organisation."""
    headers = request.headers
    return CallerAuth(headers["authorization"], headers.get("ronde-organisation"))


OnBehalf = Annotated[CallerAuth, Depends(on_behalf)]


@router.post(
    "", operation_id="createWeeklyPlan", status_code=202, responses=responses(403, 422, 503)
)
async def create_weekly_plan(
    request: Request,
    response: Response,
    _caller: Planner,
    *,
    auth: OnBehalf,
    week: Annotated[WeeklyPlanRequest, Body(examples=[WEEK])],
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=200, description="Makes a repeated request harmless."),
    ] = None,
) -> WeeklyPlanCreated:
    """Plan some days with these teams: which places, in which order, and why.

    Solved in the background. A repeat with the same key gives the plan first asked for, although
    places or scores may have changed since; the same key with another request is refused.
    """
    services: Services = request.app.state.services
    created = await ask_weekly_plan(services, auth, week, key=idempotency_key)
    response.headers["Location"] = f"{router.prefix}/{created.id}"
    return created


@router.get(
    "/{plan_id}",
    operation_id="getWeeklyPlan",
    response_model=Plan,
    responses=responses(403, 404, 503),
)
async def get_weekly_plan(
    request: Request, _caller: Reader, plan_id: UUID, auth: OnBehalf
) -> Response:
    """Read a weekly plan: its progress while it is solved, then rounds, reasons and certificate."""
    services: Services = request.app.state.services
    content = await routing.get_plan(services.routing, auth, plan_id)
    return Response(content, media_type="application/json")


@router.get(
    "/{plan_id}/geojson",
    operation_id="getWeeklyPlanShapes",
    response_class=Response,
    responses=responses(403, 404, 409, 503) | SHAPES,
)
async def get_weekly_plan_shapes(
    request: Request, _caller: Reader, plan_id: UUID, auth: OnBehalf
) -> Response:
    """Read the rounds as GeoJSON: a line for each round, and a point for each stop."""
    services: Services = request.app.state.services
    content = await routing.get_shapes(services.routing, auth, plan_id)
    return Response(content, media_type="application/geo+json")


@router.post(
    "/{plan_id}/acceptance",
    operation_id="acceptWeeklyPlan",
    responses=responses(403, 404, 409, 503),
)
async def accept(request: Request, _caller: Planner, plan_id: UUID, auth: OnBehalf) -> Acceptance:
    """Accept a plan: a visit is created for each stop; accepting again makes no more."""
    services: Services = request.app.state.services
    return await accept_weekly_plan(services, auth, plan_id)
