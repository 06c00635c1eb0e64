"""Propose the places that could be visited on the days of a plan."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from functools import lru_cache

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.calendar import WeeklyHours, day_begins_at, local_day
from inspections.domain.candidates import PlaceState, VisitPolicy, visit_need
from inspections.domain.grading import Grade
from inspections.store import candidates
from inspections.store.candidates import Bookable
from inspections.use_cases.messages import position_of
from shared.contracts.inspections import Candidate, CandidatePage, VisitKind
from shared.contracts.message import Label, Position, Window


async def propose_candidates(
    session: AsyncSession, territories: Sequence[str], days: Sequence[date], policy: VisitPolicy
) -> CandidatePage:
    """List the places under contract with what their visit needs; those not located apart.

    A place with a visit planned on these days is left out: it would be booked twice.
    """
    first, end = day_begins_at(min(days)), day_begins_at(max(days) + timedelta(days=1))
    found = await candidates.bookable(session, territories, first, end)
    placed = [(row, position_of(row)) for row in found]
    return CandidatePage.model_construct(
        items=[_candidate(row, at, days=days, policy=policy) for row, at in placed if at],
        unplaced=[row.id for row, at in placed if not at],
    )


def _candidate(
    row: Bookable, position: Position, *, days: Sequence[date], policy: VisitPolicy
) -> Candidate:
    state = _state(row)
    need = visit_need(state, days, policy)
    reason = need.must_reason
    return Candidate.model_construct(
        accommodation_id=row.id,
        name=row.name,
        territory=row.territory,
        sector=row.sector,
        position=position,
        rooms_to_see=need.rooms_to_see,
        fixed_min=need.fixed_min,
        person_min=need.person_min,
        windows=[
            Window.model_construct(opens_at=it.opens_at, closes_at=it.closes_at)
            for it in need.windows
        ],
        visit_kind=VisitKind.reinspection if need.is_reinspection else VisitKind.routine,
        due_on=need.due_on,
        must_visit=reason is not None,
        must_reason=None if reason is None else Label(fr=reason.fr, en=reason.en),
        skills=row.skills,
        announced=False,
        last_visit_on=state.last_visit_on,
    )


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
