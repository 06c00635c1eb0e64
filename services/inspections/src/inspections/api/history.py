"""The history of places over HTTP; every answer is what was known on the day it is asked of."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.api.clock import Now
from inspections.api.lists import ListQuery, page_of
from inspections.domain.calendar import day_begins_at, last_moment, local_day
from inspections.store import (
    accommodations,
    anomalies_known,
    finding_columns,
    history,
    nearby,
    timelines,
)
from inspections.store.nearby import Around
from inspections.store.tables import AccommodationRow
from inspections.use_cases import show_place_history
from inspections.use_cases.show_area_figures import area_report
from shared import paging
from shared.auth import Caller, Reader
from shared.contracts.inspections.history import (
    AreaKind,
    AreaReport,
    FindingColumns,
    Grouping,
    MonthCount,
    MonthlyFindings,
    MonthVisits,
    NearbyPlace,
    NearbyPlaces,
    PeerMeasure,
    PlaceEvent,
    PlaceMatrix,
    StandingAnomalies,
    StandingAnomaly,
)
from shared.db import Session
from shared.etags import is_known
from shared.paging import Page, moment_key
from shared.problems import invalid, not_found, responses

places = APIRouter(prefix="/v1/accommodations/{id}", tags=["history"])
router = APIRouter(prefix="/v1/history", tags=["history"])

FIRST_DAY = date(2000, 1, 1)
DEFAULT_MONTHS = 24
MOST_MONTHS = 240
NEAR_M, FARTHEST_M, MOST_NEARBY = 500, 20_000, 200
PERIOD = timedelta(days=364)


Day = Annotated[
    date | None,
    Query(description="What was known at the end of this local day; today, if left out."),
]


class TimelineQuery(ListQuery):
    """Which events to list."""

    as_of: Day = None


def known_on(now: Now, as_of: Day = None) -> date:
    """Read the day an answer is of.

    Raises
    ------
    Problem : 422 for a day to come, or before the year 2000
    """
    today = local_day(now)
    day = as_of or today
    if not FIRST_DAY <= day <= today:
        raise invalid("query: as_of", f"must be a day from {FIRST_DAY} to today, {today}")
    return day


AsOf = Annotated[date, Depends(known_on)]


@places.get("/matrix", operation_id="getPlaceMatrix", responses=responses(403, 404, 422))
async def get_matrix(
    session: Session, caller: Reader, *, id: UUID, as_of: AsOf, now: Now
) -> PlaceMatrix:
    """Show what each inspection of a place found by category: found, clean, or not seen."""
    place = await find_place(session, caller, id)
    return await show_place_history.place_matrix(session, place, as_of, now)


@places.get(
    "/timeline",
    operation_id="listPlaceEvents",
    responses=responses(403, 404, 422),
)
async def list_events(
    session: Session,
    caller: Reader,
    *,
    id: UUID,
    query: Annotated[TimelineQuery, Query()],
    now: Now,
) -> Page[PlaceEvent]:
    """List all that happened at a place, newest first, as it was known on a day."""
    place = await find_place(session, caller, id)
    rows = await timelines.page(
        session,
        place.id,
        last_moment(known_on(now, query.as_of), now),
        after=_event_key(query.cursor),
        limit=query.limit + 1,
    )
    events = [PlaceEvent.model_validate(dict(row)) for row in rows]
    return page_of(events, query.limit, _event_cursor)


def _event_cursor(it: PlaceEvent) -> str:
    return paging.encode(it.occurred_at.isoformat(), str(it.id), it.kind, it.state or "")


def _event_key(cursor: str | None) -> tuple[tuple[datetime, UUID], str, str] | None:
    if cursor is None:
        return None
    moment, id, kind, state = paging.decode(cursor, 4)
    key = moment_key(paging.encode(moment, id))
    return None if key is None else (key, kind, state)


@places.get(
    "/standing-anomalies",
    operation_id="listStandingAnomalies",
    responses=responses(403, 404, 422),
)
async def list_standing(
    session: Session, caller: Reader, *, id: UUID, as_of: AsOf, now: Now
) -> StandingAnomalies:
    """List what was wrong at a place on a day, as far as was known on it, the worst first."""
    place = await find_place(session, caller, id)
    rows = await anomalies_known.standing(session, [place.id], last_moment(as_of, now))
    return StandingAnomalies(
        accommodation_id=place.id,
        as_of=as_of,
        items=[StandingAnomaly.model_validate(dict(row)) for row in rows],
    )


@places.get("/nearby", operation_id="listNearbyPlaces", responses=responses(403, 404, 422))
async def list_nearby(
    session: Session,
    caller: Reader,
    *,
    id: UUID,
    as_of: AsOf,
    now: Now,
    radius_m: Annotated[int, Query(ge=1, le=FARTHEST_M)] = NEAR_M,
) -> NearbyPlaces:
    """List the places around a place, with what stood at them and what stood at both.

    Pests and works travel between neighbours. Nothing is near a place whose address is hidden.
    """
    place = await find_place(session, caller, id)
    hidden = place.confidential_address and not caller.keeps_addresses
    around = Around(radius_m, MOST_NEARBY, caller.territories, keeper=caller.keeps_addresses)
    rows = () if hidden else await nearby.places(session, place.id, around, last_moment(as_of, now))
    return NearbyPlaces(
        accommodation_id=place.id,
        as_of=as_of,
        radius_m=radius_m,
        items=[NearbyPlace.model_validate(dict(row)) for row in rows],
    )


@places.get("/peers", operation_id="comparePlace", responses=responses(403, 404, 422))
async def compare_place(
    session: Session, caller: Reader, *, id: UUID, as_of: AsOf, now: Now
) -> PeerMeasure:
    """Compare the findings per inspection of a place with those of comparable places.

    Comparable are places of the same territory and size; the last 24 months count.
    """
    place = await find_place(session, caller, id)
    return await show_place_history.among_peers(session, place, as_of, now)


@router.get("/months", operation_id="countFindingsByMonth", responses=responses(403, 422))
async def count_by_month(
    session: Session,
    caller: Reader,
    *,
    as_of: AsOf,
    now: Now,
    by: Annotated[Grouping, Query(description="What to count by.")] = Grouping.category,
    months: Annotated[int, Query(ge=1, le=MOST_MONTHS)] = DEFAULT_MONTHS,
) -> MonthlyFindings:
    """Count findings by month and by category, severity, territory or operator."""
    span = {"since": day_begins_at(months_before(as_of, months)), "at": last_moment(as_of, now)}
    counts = await history.findings_by_month(session, by, caller.territories, **span)
    visited = await history.inspections_by_month(session, caller.territories, **span)
    return MonthlyFindings(
        as_of=as_of,
        by=by,
        months=[MonthVisits.model_validate(dict(row)) for row in visited],
        counts=[MonthCount.model_validate(dict(row)) for row in counts],
    )


@router.get(
    "/findings",
    operation_id="getFindingColumns",
    response_model=FindingColumns,
    responses=responses(403, 422) | {304: {"description": "As the `If-None-Match` sent."}},
)
async def get_finding_columns(
    session: Session,
    caller: Reader,
    *,
    as_of: AsOf,
    now: Now,
    since: Annotated[date, Query(ge=FIRST_DAY, description="Local day.")] = FIRST_DAY,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Get all findings at once, by columns; `ETag` changes with any change of the record."""
    reach = ",".join(sorted(caller.territories))
    # Weak: the same findings may come in another order.
    etag = f'W/"{await finding_columns.last_change(session)}-{since}-{as_of}-{reach}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
    if is_known(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    body = await finding_columns.written(
        session, caller.territories, since=day_begins_at(since), at=last_moment(as_of, now)
    )
    return Response(body, media_type="application/json", headers=headers)


@router.get("/areas", operation_id="tellAreas", responses=responses(403, 422))
async def tell_areas(
    session: Session,
    caller: Reader,
    *,
    as_of: AsOf,
    now: Now,
    by: Annotated[AreaKind, Query(description="What to tell figures of.")] = AreaKind.territory,
    shared: Annotated[bool, Query(description="Withhold small counts, for others to see.")] = False,
) -> AreaReport:
    """Tell coverage, delays, days to fix and recurrence of territories or operators.

    With `shared`, counts from 1 to 4 are null, and all counts of an area of fewer than 5 places.
    """
    span = (as_of - PERIOD, as_of)
    return await area_report(session, by, caller.territories, span=span, now=now, withhold=shared)


def months_before(day: date, months: int) -> date:
    """Give the first day of the month that makes `months` of them with that of `day`."""
    first = day.replace(day=1)
    for _ in range(months - 1):
        first = (first - timedelta(days=1)).replace(day=1)
    return first


async def find_place(session: AsyncSession, caller: Caller, id: UUID) -> AccommodationRow:
    """Find a place, or the one that took its history over."""
    found = await accommodations.by_id(session, id, caller.territories)
    if found is not None and found.merged_into is not None:
        found = await accommodations.by_id(session, found.merged_into, caller.territories)
    if found is None:
        raise not_found("accommodation")
    return found
