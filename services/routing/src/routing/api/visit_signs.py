"""Signs of life of who is on a visit alone, over HTTP: when, never where."""

from dataclasses import asdict
from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Request

from routing.settings import Settings
from routing.store import plans, visit_signs
from routing.use_cases.plan_messages import plan_message
from shared.auth import Caller, Inspector, Planner
from shared.contracts.routing.day import SilentVisit
from shared.db import Session
from shared.problems import conflict, not_found, responses

router = APIRouter(prefix="/v1", tags=["signs of life"])


@router.put(
    "/plans/{plan_id}/signs/{accommodation_id}",
    operation_id="giveSign",
    status_code=204,
    responses=responses(403, 404, 409),
)
async def give_sign(
    request: Request, session: Session, caller: Inspector, plan_id: UUID, *, accommodation_id: UUID
) -> None:
    """Say that a visit has begun, or that all is well on it; no position is taken.

    Where `ROUTING_SILENCE_MIN` is set, the coordinator is alerted of who is not heard of so long.
    """
    settings: Settings = request.app.state.settings
    if settings.silence_min == 0:
        raise conflict("Signs of life are switched off here; nothing is kept.")
    await _refuse_unseen(session, caller, plan_id, accommodation_id)
    now = datetime.now(UTC)
    await visit_signs.sign(session, caller.organisation, plan_id, accommodation_id, now=now)


@router.delete(
    "/plans/{plan_id}/signs/{accommodation_id}",
    operation_id="endSigns",
    status_code=204,
    responses=responses(403),
)
async def end_signs(
    session: Session, _caller: Inspector, plan_id: UUID, accommodation_id: UUID
) -> None:
    """Say that the visit is over and all are well; its signs are forgotten."""
    await visit_signs.end(session, plan_id, accommodation_id)


@router.get("/silent-visits", operation_id="listSilentVisits", responses=responses(403))
async def list_silent(session: Session, _caller: Planner) -> list[SilentVisit]:
    """List the visits nobody has heard of for too long, the longest first."""
    return [SilentVisit.model_validate(asdict(it)) for it in await visit_signs.silent(session)]


async def _refuse_unseen(
    session: Session, caller: Caller, plan_id: UUID, accommodation_id: UUID
) -> None:
    """Refuse a sign from a place that the plan does not visit."""
    stored = await plans.find(session, plan_id, caller.territories)
    rounds = [] if stored is None else plan_message(stored).rounds
    stops = {stop.accommodation_id for it in rounds for stop in it.stops}
    if accommodation_id not in stops:
        raise not_found("visit")
