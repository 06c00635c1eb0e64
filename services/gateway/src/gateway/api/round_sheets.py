"""What a team takes along, over HTTP: the sheet of its round, as data and as PDF, and its map."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response

from gateway.api.on_behalf import AWAY, OnBehalf
from gateway.api.weekly_plans import find_plan
from gateway.clients import routing
from gateway.clients.services import Services
from gateway.settings import Settings
from gateway.use_cases.compose_sheet import compose_sheet
from gateway.use_cases.typeset_sheet import typeset_sheet
from shared.auth import Caller, Reader
from shared.contracts.gateway import RoundSheet
from shared.http import CallerAuth
from shared.pictures import PICTURE, Written, picture
from shared.problems import Problem, responses
from shared.sync import IfNoneMatch
from shared.typeset import NoTypesetterError

router = APIRouter(prefix="/v1/weekly-plans/{plan_id}", tags=["weekly plans"])

RoundId = Annotated[str, Path(max_length=300)]


PDF: dict[int | str, dict[str, object]] = {
    200: {
        "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        "description": "The sheet, A4.",
    }
}


@router.get(
    "/map.svg",
    operation_id="drawWeeklyPlanMap",
    response_class=Response,
    responses=responses(403, 404, 409, 422, *AWAY) | PICTURE,
)
async def draw_map(  # noqa: PLR0913 - a route takes what it needs
    request: Request,
    caller: Reader,
    plan_id: UUID,
    auth: OnBehalf,
    *,
    round_id: Annotated[str | None, Query(max_length=300, description="One round only.")] = None,
    language: Written = "fr",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Draw the rounds of a week on the greater roads, stops by number; of one, if it is named.

    As routing draws it: see `GET /v1/plans/{plan_id}/map.svg`.
    """
    await find_plan(request, caller, plan_id)
    services: Services = request.app.state.services
    drawn = await routing.draw_map(
        services.routing, auth, plan_id, language=language, round_id=round_id
    )
    return picture(drawn, if_none_match)


@router.get(
    "/rounds/{round_id:path}/sheet",
    operation_id="getRoundSheet",
    responses=responses(403, 404, 409, *AWAY),
)
async def get_sheet(
    request: Request, caller: Reader, *, plan_id: UUID, round_id: RoundId, auth: OnBehalf
) -> RoundSheet:
    """Read what a team takes along: stops in order, whom to call, what stands, the way to forms.

    No score is told, nor why a place was chosen, so that inspectors may read it and stay unbiased.
    `form_url` names the visit once the plan is accepted.
    """
    return await _sheet(request, caller, plan_id, round_id, auth=auth)


@router.get(
    "/rounds/{round_id:path}/sheet.pdf",
    operation_id="printRoundSheet",
    response_class=Response,
    responses=responses(403, 404, 409, 422, 501, *AWAY) | PDF,
)
async def print_sheet(
    request: Request,
    caller: Reader,
    *,
    plan_id: UUID,
    round_id: RoundId,
    auth: OnBehalf,
    language: Written = "fr",
) -> Response:
    """Print the sheet of a round as PDF (A4): its map, boxes to tick for what stands, notes.

    Needs the extra `pdf` of the gateway; without it the console prints the same sheet.
    """
    services: Services = request.app.state.services
    sheet, drawn = await asyncio.gather(
        _sheet(request, caller, plan_id, round_id, auth=auth),
        routing.draw_map(services.routing, auth, plan_id, language=language, round_id=round_id),
    )
    try:
        content = await asyncio.to_thread(typeset_sheet, sheet, drawn, language)
    except NoTypesetterError as error:
        raise Problem(
            501,
            "pdf-not-installed",
            "This gateway was installed without its extra `pdf`: install `ronde-gateway[pdf]`, or "
            f"print the same sheet at /console/#/plans/{plan_id}/sheets/{round_id}.",
        ) from error
    headers = {
        "Content-Disposition": f'inline; filename="round-{sheet.day}.pdf"',
        "Cache-Control": "private, no-cache",
    }
    return Response(content, media_type="application/pdf", headers=headers)


async def _sheet(
    request: Request, caller: Caller, plan_id: UUID, round_id: str, *, auth: CallerAuth
) -> RoundSheet:
    await find_plan(request, caller, plan_id)
    settings: Settings = request.app.state.settings
    services: Services = request.app.state.services
    return await compose_sheet(
        services, auth, plan_id, round_id, url=settings.reached_at, now=datetime.now(UTC)
    )
