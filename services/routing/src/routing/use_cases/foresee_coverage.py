"""The weeks to come as a message."""

from datetime import timedelta

from routing.domain.coverage import Duty, Foreseen, foresee
from shared.contracts.routing.forecasts import (
    Coverage,
    CoverageRequest,
    CoverageWeek,
    LatePlace,
)

WEEK = 7


def foresee_coverage(request: CoverageRequest) -> Coverage:
    """Foresee which places pass their interval, and when."""
    off, days = set(request.days_off), request.weeks * WEEK
    dates = [request.starts_on + timedelta(days=day) for day in range(days)]
    minutes = [0 if it in off else request.minutes_by_weekday[it.weekday()] for it in dates]
    duties = [
        Duty((it.due_on - request.starts_on).days, it.interval_days, it.visit_min)
        for it in request.places
    ]
    found = foresee(duties, minutes, request.earliest_share)
    return Coverage(
        weeks=[_week(request, found, minutes, week) for week in range(request.weeks)],
        late=[
            LatePlace(
                accommodation_id=request.places[it.place].accommodation_id,
                late_on=dates[it.since],
                visited_on=None if it.visited is None else dates[it.visited],
            )
            for it in found.late
        ],
    )


def _week(request: CoverageRequest, found: Foreseen, minutes: list[int], week: int) -> CoverageWeek:
    days = slice(week * WEEK, (week + 1) * WEEK)
    used = sum(found.minutes[days])
    return CoverageWeek(
        starts_on=request.starts_on + timedelta(weeks=week),
        visits=sum(found.visits[days]),
        used_min=used,
        free_min=sum(minutes[days]) - used,
        late_places=found.late_places[days][-1],
    )
