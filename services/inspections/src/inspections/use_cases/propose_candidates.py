"""Propose the places that could be visited on the days of a plan."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from functools import lru_cache

from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.calendar import OpenWindow, WeeklyHours, day_begins_at, local_day
from inspections.domain.candidates import PlaceState, VisitPolicy, visit_need
from inspections.domain.grading import Grade
from inspections.domain.pace import learn_pace
from inspections.domain.place_grade import worsened
from inspections.store import candidates, timed_visits
from inspections.store.candidates import Bookable


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
    timed = await timed_visits.sums(session)
    learned = {kind: learn_pace(it, policy.supposed) for kind, it in timed.items()}
    policy = replace(policy, learned=learned)
    # A region's places and a month's windows take a second; other requests are answered meanwhile.
    return await asyncio.to_thread(_written, found, days, policy)


def _written(found: Sequence[Bookable], days: Sequence[date], policy: VisitPolicy) -> bytes:
    """Write plain values: making messages of them would take most of the time."""
    items = b",".join(_candidate(it, days, policy) for it in found if it.lon is not None)
    unplaced = to_json([it.id for it in found if it.lon is None])
    return b'{"items":[' + items + b'],"unplaced":' + unplaced + b"}"


def _candidate(row: Bookable, days: Sequence[date], policy: VisitPolicy) -> bytes:
    """Write a `Candidate`; its windows, most of it, are those of many others."""
    state = _state(row)
    need = visit_need(state, days, policy)
    told = {
        "accommodation_id": row.id,
        "name": row.name,
        "territory": row.territory,
        "sector": row.sector,
        "position": {"lon": row.lon, "lat": row.lat},
        "rooms_to_see": need.rooms_to_see,
        "fixed_min": need.fixed_min,
        "person_min": need.person_min,
        "visit_kind": need.kind,
        "due_on": need.due_on,
        "due_reason": need.due_reason,
        "interval_days": need.interval_days,
        "must_visit": need.must_reason is not None,
        "must_reason": need.must_reason,
        "skills": row.skills,
        "announced": False,
        "last_visit_on": state.last_visit_on,
        "people": row.people,
        "children_under_three": row.children_under_three,
    }
    return to_json(told)[:-1] + b',"windows":' + _written_windows(need.windows) + b"}"


def _state(row: Bookable) -> PlaceState:
    return PlaceState(
        rooms=row.rooms,
        hours=_hours(row.visit_hours),
        last_visit_on=None if row.visited_at is None else local_day(row.visited_at),
        grade=_grade(row),
        reinspect_by=row.reinspect_by,
        see_again_by=row.see_again_by,
    )


def _grade(row: Bookable) -> Grade | None:
    """Grade a place as it stands: what was not put right makes it no better than that."""
    if row.grade is None:
        return None
    return worsened(
        Grade(row.grade),
        danger=bool(row.danger),
        worst=row.worst or 0,
        worst_late=row.worst_late or 0,
    )


# Most places have the same hours.
@lru_cache(maxsize=2000)
def _hours(text: str) -> tuple[WeeklyHours, ...]:
    return tuple(
        WeeklyHours(
            it["weekday"], time.fromisoformat(it["opens"]), time.fromisoformat(it["closes"])
        )
        for it in json.loads(text)
    )


@lru_cache(maxsize=2000)
def _written_windows(windows: tuple[OpenWindow, ...]) -> bytes:
    return to_json(windows)
