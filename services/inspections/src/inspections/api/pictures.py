"""Pictures of a place over HTTP (SVG), for a report, a mail or another page.

Each says what was known on a day, in French or English; nothing in it runs or is asked elsewhere.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from inspections.api.clock import Now
from inspections.api.history import DEFAULT_MONTHS, MOST_MONTHS, AsOf, find_place, months_before
from inspections.domain.calendar import last_moment
from inspections.domain.timeline_picture import Span
from inspections.use_cases import draw_place, show_place_history
from shared.auth import Reader
from shared.db import Session
from shared.pictures import PICTURE, Written, picture
from shared.problems import responses
from shared.sync import IfNoneMatch

router = APIRouter(prefix="/v1/accommodations/{id}", tags=["history"])


@router.get(
    "/matrix.svg",
    operation_id="drawPlaceMatrix",
    response_class=Response,
    responses=responses(403, 404, 422) | PICTURE,
)
async def draw_matrix(  # noqa: PLR0913 - a route takes what it needs
    session: Session,
    caller: Reader,
    *,
    id: UUID,
    as_of: AsOf,
    now: Now,
    language: Written = "fr",
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Draw what each inspection of a place found by category, for a report or another page."""
    place = await find_place(session, caller, id)
    told = await show_place_history.place_matrix(session, place, as_of, now)
    return picture(draw_place.matrix_of(told, language), if_none_match)


@router.get(
    "/timeline.svg",
    operation_id="drawPlaceTimeline",
    response_class=Response,
    responses=responses(403, 404, 422) | PICTURE,
)
async def draw_timeline(  # noqa: PLR0913 - a route takes what it needs
    session: Session,
    caller: Reader,
    *,
    id: UUID,
    as_of: AsOf,
    now: Now,
    language: Written = "fr",
    months: Annotated[int, Query(ge=1, le=MOST_MONTHS)] = DEFAULT_MONTHS,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Draw how long each anomaly of a place lasted, from found to put right, by category.

    A bar is thick once the anomaly stood longer than 14 days, and ends in dashes while it stands.
    """
    place = await find_place(session, caller, id)
    span = Span(months_before(as_of, months), as_of, language)
    drawn = await draw_place.timeline_of(session, place, span, last_moment(as_of, now))
    return picture(drawn, if_none_match)
