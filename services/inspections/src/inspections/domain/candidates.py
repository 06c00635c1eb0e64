"""What a visit of a place would need, and whether it has to take place now."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from inspections.domain.calendar import OpenWindow, WeeklyHours, windows_on
from inspections.domain.deadlines import DEFAULT_DELAYS, Delays, next_due_on
from inspections.domain.grading import Grade

FEWEST_ROOMS = 3
ROOMS_PER_ROOT = 1.5


@dataclass(frozen=True, slots=True)
class VisitPolicy:
    """How long a visit takes, and how late a place may be before it must be visited.

    The defaults are ours, to be calibrated with the teams.
    """

    fixed_min: float = 30.0
    room_min: float = 5.0
    overdue_limit_days: int = 30
    delays: Delays = DEFAULT_DELAYS


@dataclass(frozen=True, slots=True)
class PlaceState:
    """What the record knows of a place when a plan is made.

    `last_visit_on` and `grade` are of the last visit that was carried out. `reinspect_by` is the
    earliest deadline of the critical findings not followed up, None when there is none: any
    later visit that was carried out and gave a grade counts as the re-inspection.
    """

    rooms: int
    hours: tuple[WeeklyHours, ...]
    last_visit_on: date | None
    grade: Grade | None
    reinspect_by: date | None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a place must be visited, in the two languages of the product."""

    fr: str
    en: str


@dataclass(frozen=True, slots=True)
class VisitNeed:
    """What a visit of a place would take, minutes, and by when it is due.

    It is a re-inspection when something critical was found that no visit has followed up.
    """

    rooms_to_see: int
    fixed_min: float
    person_min: float
    windows: tuple[OpenWindow, ...]
    due_on: date
    must_reason: Reason | None
    is_reinspection: bool


def rooms_to_see(rooms: int) -> int:
    """Give the number of rooms to sample: a few at least, growing as the square root."""
    return min(rooms, max(FEWEST_ROOMS, math.ceil(math.sqrt(rooms) * ROOMS_PER_ROOT)))


def visit_need(place: PlaceState, days: Sequence[date], policy: VisitPolicy) -> VisitNeed:
    """Say what visiting a place on one of `days` would need.

    Raises
    ------
    ValueError : when no day is given.
    """
    if not days:
        raise ValueError("give at least one day")
    sample = rooms_to_see(place.rooms)
    due_on = _due_on(place, min(days), policy.delays)
    return VisitNeed(
        rooms_to_see=sample,
        fixed_min=policy.fixed_min,
        person_min=sample * policy.room_min,
        windows=windows_on(place.hours, days),
        due_on=due_on,
        must_reason=_must_reason(place, due_on, days, policy),
        is_reinspection=place.reinspect_by is not None,
    )


def _due_on(place: PlaceState, today: date, delays: Delays) -> date:
    if place.last_visit_on is None:
        return min(today, place.reinspect_by or today)
    return next_due_on(
        place.last_visit_on, place.grade, reinspect_by=place.reinspect_by, delays=delays
    )


def _must_reason(
    place: PlaceState, due_on: date, days: Sequence[date], policy: VisitPolicy
) -> Reason | None:
    if place.reinspect_by is not None and place.reinspect_by <= max(days):
        day = place.reinspect_by.isoformat()
        return Reason(
            fr=f"Anomalie critique à revoir au plus tard le {day}",
            en=f"Critical finding to be seen again by {day}",
        )
    if due_on + timedelta(days=policy.overdue_limit_days) < min(days):
        late = (min(days) - due_on).days
        return Reason(
            fr=f"Visite en retard de {late} jours",
            en=f"Visit overdue by {late} days",
        )
    return None
