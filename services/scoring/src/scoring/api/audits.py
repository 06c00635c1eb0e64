"""Audit draws over HTTP: places drawn at random, and what they tell of all."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Body, Query, Request
from pydantic import Field

from scoring.api import lists
from scoring.api.scores import refuse_inspectors
from scoring.settings import Settings
from scoring.use_cases.draw_audits import audit_result, draw_audits, list_draws
from shared.auth import Planner, Reader
from shared.contracts.audits import AuditDrawRequest, AuditDraws, AuditResult
from shared.contracts.message import Day
from shared.db import Session
from shared.problems import responses

router = APIRouter(prefix="/v1/audit-draws", tags=["audit-draws"])

# A drawn place may be seen within two weeks; until then its week is not over.
_OPEN: Final = timedelta(days=14)
_YEAR: Final = timedelta(days=365)


class WeekQuery(lists.Query):
    """Which week."""

    week: Day = Field(description="Its Monday.")


class ResultQuery(lists.Query):
    """Which weeks to estimate from."""

    since: Day | None = Field(default=None, description="A year before `until` by default.")
    until: Day | None = Field(default=None, description="Two weeks ago by default and at most.")


@router.post("", operation_id="drawAudits", responses=responses(403, 422))
async def post_draw(
    request: Request,
    session: Session,
    caller: Planner,
    body: Annotated[AuditDrawRequest, Body(examples=[{"week": "2026-11-30", "capacity": 40}])],
) -> AuditDraws:
    """Draw the places of a week at random; asked again it gives the same draw.

    All places in use may be drawn, spread over territories and the time since their last visit.
    """
    settings: Settings = request.app.state.settings
    return await draw_audits(session, body, caller, settings.longest_interval_days)


@router.get("", operation_id="listAuditDraws", responses=responses(403, 422))
async def get_draws(
    session: Session, caller: Reader, query: Annotated[WeekQuery, Query()]
) -> AuditDraws:
    """List what was drawn for a week, territory by territory."""
    refuse_inspectors(caller)
    return await list_draws(session, query.week, caller.territories)


@router.get("/result", operation_id="getAuditResult", responses=responses(403, 422))
async def get_result(
    session: Session, caller: Reader, query: Annotated[ResultQuery, Query()]
) -> AuditResult:
    """Estimate how many places are dangerous, and how much of that the ranking misses."""
    refuse_inspectors(caller)
    ended = datetime.now(UTC).date() - _OPEN
    until = min(query.until or ended, ended)
    return await audit_result(session, query.since or until - _YEAR, until, caller.territories)
