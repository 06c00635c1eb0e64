"""What a visit of a place would need, and whether it has to take place now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from inspections.domain.calendar import OpenWindow, WeeklyHours, windows_on
from inspections.domain.deadlines import DEFAULT_DELAYS, Delays, interval_days, next_due_on
from inspections.domain.grading import Grade
from inspections.domain.pace import Pace
from inspections.domain.room_draw import rooms_to_see

ROUTINE, REINSPECTION = "routine", "reinspection"
SUPPOSED_PACE = Pace(fixed_min=30.0, room_min=5.0)


@dataclass(frozen=True, slots=True)
class VisitPolicy:
    """How long a visit takes, and how late a place may be before it must be visited.

    The defaults are ours, to be calibrated with the teams. `learned` is the pace of visits of a
    kind where some of them were timed.
    """

    supposed: Pace = SUPPOSED_PACE
    overdue_limit_days: int = 30
    delays: Delays = DEFAULT_DELAYS
    learned: Mapping[str, Pace] = field(default_factory=dict)

    def pace(self, kind: str) -> Pace:
        """Give the pace of visits of a kind."""
        return self.learned.get(kind, self.supposed)


@dataclass(frozen=True, slots=True)
class PlaceState:
    """What the record knows of a place when a plan is made.

    `last_visit_on` is of the last visit that was carried out, `grade` what the place is worth
    since: None where that visit could see nothing. `reinspect_by` is the
    earliest deadline of the critical findings not followed up, None when there is none: any
    later visit that was carried out and gave a grade counts as the re-inspection. `see_again_by`
    is the day of a re-inspection that is proposed for something overdue or said to be fixed.
    """

    rooms: int
    hours: tuple[WeeklyHours, ...]
    last_visit_on: date | None
    grade: Grade | None
    reinspect_by: date | None
    see_again_by: date | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a place must be visited, in the two languages of the product."""

    fr: str
    en: str


@dataclass(frozen=True, slots=True)
class VisitNeed:
    """What a visit of a place would take, minutes, and by when it is due.

    It is a re-inspection when something critical was found that no visit has followed up, or
    when one is proposed.
    """

    kind: str
    rooms_to_see: int
    fixed_min: float
    person_min: float
    windows: tuple[OpenWindow, ...]
    due_on: date
    due_reason: Reason
    interval_days: int
    must_reason: Reason | None


def visit_need(place: PlaceState, days: Sequence[date], policy: VisitPolicy) -> VisitNeed:
    """Say what visiting a place on one of `days` would need.

    Raises
    ------
    ValueError : when no day is given.
    """
    if not days:
        raise ValueError("give at least one day")
    first, last = min(days), max(days)
    again = _again(place)
    routine = _routine(place, first, policy.delays)
    due = routine if again is None or again.by > routine.by else again
    kind = ROUTINE if again is None else REINSPECTION
    pace = policy.pace(kind)
    sample = rooms_to_see(place.rooms)
    return VisitNeed(
        kind=kind,
        rooms_to_see=sample,
        fixed_min=pace.fixed_min,
        person_min=round(sample * pace.room_min, 1),
        windows=windows_on(place.hours, days),
        due_on=due.by,
        due_reason=due.reason,
        interval_days=interval_days(place.grade, policy.delays),
        must_reason=_by_duty(again, last) or _overdue(due.by, first, policy.overdue_limit_days),
    )


class _Duty(NamedTuple):
    """A visit that is owed, and the day by which."""

    by: date
    reason: Reason


AGAIN = Reason(fr="Contre-visite à faire", en="Re-inspection to be made")
CRITICAL_AGAIN = Reason(fr="Anomalie critique à revoir", en="Critical finding to be seen again")
NEVER = Reason(fr="Jamais visité", en="Never visited")
SAW_NOTHING = Reason(
    fr="La dernière visite n’a rien pu voir", en="The last visit could see nothing"
)


def _again(place: PlaceState) -> _Duty | None:
    """Give the re-inspection that is owed first, if any."""
    critical, proposed = place.reinspect_by, place.see_again_by
    if critical is not None and (proposed is None or critical <= proposed):
        return _Duty(critical, CRITICAL_AGAIN)
    return None if proposed is None else _Duty(proposed, AGAIN)


def _routine(place: PlaceState, today: date, delays: Delays) -> _Duty:
    if place.last_visit_on is None:
        return _Duty(today, NEVER)
    due_on = next_due_on(place.last_visit_on, place.grade, delays=delays)
    if place.grade is None:
        return _Duty(due_on, SAW_NOTHING)
    return _Duty(due_on, _interval_reason(place.grade, (due_on - place.last_visit_on).days))


# Grades are few, and so are their intervals.
@lru_cache(maxsize=64)
def _interval_reason(grade: Grade, days: int) -> Reason:
    return Reason(
        fr=f"Note {grade} : visite tous les {days} jours au plus",
        en=f"Grade {grade}: a visit every {days} days at the most",
    )


def _by_duty(again: _Duty | None, last: date) -> Reason | None:
    if again is None or again.by > last:
        return None
    day = again.by.isoformat()
    return Reason(fr=f"{again.reason.fr} au plus tard le {day}", en=f"{again.reason.en} by {day}")


def _overdue(due_on: date, first: date, limit_days: int) -> Reason | None:
    late = (first - due_on).days
    if late <= limit_days:
        return None
    return Reason(fr=f"Visite en retard de {late} jours", en=f"Visit overdue by {late} days")
