"""The grades of places over HTTP."""

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse

from inspections.api.reach import moved
from inspections.domain.calendar import local_day
from inspections.use_cases.grade_places import grade_as_of
from shared.auth import Reader
from shared.contracts.inspections.place_grades import PlaceGrade
from shared.db import Session
from shared.problems import invalid, responses
from shared.sync import MOVED

router = APIRouter(prefix="/v1/accommodations", tags=["accommodations"])

FIRST_DAY = date(2000, 1, 1)


@router.get(
    "/{id}/grade",
    operation_id="getPlaceGrade",
    response_model=PlaceGrade,
    responses=MOVED | responses(403, 404, 422),
)
async def get_place_grade(
    session: Session,
    caller: Reader,
    *,
    id: UUID,
    request: Request,
    as_of: Annotated[
        date | None, Query(description="Local day; today, if left out.", examples=["2026-03-31"])
    ] = None,
) -> PlaceGrade | RedirectResponse:
    """Grade a place by what was known on a day: what stands, is overdue, and came back.

    The grade of an inspection is of what it saw, and never changes; this one goes on.
    """
    now = datetime.now(UTC)
    today = local_day(now)
    day = as_of or today
    if not FIRST_DAY <= day <= today:
        raise invalid("query: as_of", f"must be a day from {FIRST_DAY} to today, {today}")
    elsewhere = await moved(session, caller, request, id)
    return elsewhere or await grade_as_of(session, id, caller.territories, as_of=day, now=now)
