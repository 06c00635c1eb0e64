"""Propose the places that could be visited on the days of a plan."""

import asyncio
from collections.abc import Sequence
from datetime import date, time, timedelta
from functools import lru_cache

from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.calendar import WeeklyHours, day_begins_at, local_day
from inspections.domain.candidates import PlaceState, VisitPolicy, visit_need
from inspections.domain.grading import Grade
from inspections.store import candidates
from inspections.store.candidates import Bookable
from shared.contracts.inspections import VisitKind


async def propose_candidates(
    session: AsyncSession, territories: Sequence[str], days: Sequence[date], policy: VisitPolicy
) -> bytes:
    """List the places under contract with what their visit needs; those not located apart.

    A place with a visit planned on these days is left out: it would be booked twice.

    Returns
    -------
    A `CandidatePage` in JSON.
    """
    first, end = day_begins_at(min(days)), day_begins_at(max(days) + timedelta(days=1))
    found = await candidates.bookable(session, territories, first, end)
    # A region's places and a month's windows take a second; other requests are answered meanwhile.
    return await asyncio.to_thread(_written, found, days, policy)


def _written(found: Sequence[Bookable], days: Sequence[date], policy: VisitPolicy) -> bytes:
    """Write plain values: making messages of them would take most of the time."""
    return to_json(
        {
            "items": [_candidate(it, days, policy) for it in found if it.lon is not None],
            "unplaced": [it.id for it in found if it.lon is None],
        }
    )


def _candidate(row: Bookable, days: Sequence[date], policy: VisitPolicy) -> dict[str, object]:
    """Give the fields of a `Candidate`."""
    state = _state(row)
    need = visit_need(state, days, policy)
    return {
        "accommodation_id": row.id,
        "name": row.name,
        "territory": row.territory,
        "sector": row.sector,
        "position": {"lon": row.lon, "lat": row.lat},
        "rooms_to_see": need.rooms_to_see,
        "fixed_min": need.fixed_min,
        "person_min": need.person_min,
        "windows": need.windows,
        "visit_kind": VisitKind.reinspection if need.is_reinspection else VisitKind.routine,
        "due_on": need.due_on,
        "must_visit": need.must_reason is not None,
        "must_reason": need.must_reason,
        "skills": row.skills,
        "announced": False,
        "last_visit_on": state.last_visit_on,
    }


def _state(row: Bookable) -> PlaceState:
    hours = tuple(
        WeeklyHours(int(str(it["weekday"])), _time(str(it["opens"])), _time(str(it["closes"])))
        for it in row.visit_hours
    )
    return PlaceState(
        rooms=row.rooms,
        hours=hours,
        last_visit_on=None if row.visited_at is None else local_day(row.visited_at),
        grade=None if row.grade is None else Grade(row.grade),
        reinspect_by=row.reinspect_by,
    )


@lru_cache(maxsize=2000)
def _time(text: str) -> time:
    return time.fromisoformat(text)
