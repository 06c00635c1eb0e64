"""When a place must be seen again."""

from dataclasses import dataclass
from datetime import date, timedelta

from inspections.domain.grading import Grade


@dataclass(frozen=True, slots=True)
class Delays:
    """Days allowed; the defaults are ours, to be calibrated with the teams.

    A place is seen twice a year (New York's shelters), or sooner when its grade is bad.
    """

    revisit_d_days: int = 30
    revisit_c_days: int = 90
    revisit_days: int = 180


DEFAULT_DELAYS = Delays()


def interval_days(grade: Grade | None, delays: Delays = DEFAULT_DELAYS) -> int:
    """Give the most days from one visit to the next; the usual ones where no grade is known."""
    sooner = {Grade.D: delays.revisit_d_days, Grade.C: delays.revisit_c_days}
    return sooner.get(grade, delays.revisit_days) if grade else delays.revisit_days


def next_due_on(
    visited_on: date,
    grade: Grade | None,
    *,
    reinspect_by: date | None = None,
    delays: Delays = DEFAULT_DELAYS,
) -> date:
    """Give the day by which a place is to be visited again.

    A visit that could see nothing, so gave no grade, does not count: the place is due at once.
    `reinspect_by` is the deadline of critical findings that no graded visit has followed; it may
    come sooner.
    """
    days = 0 if grade is None else interval_days(grade, delays)
    due_on = visited_on + timedelta(days=days)
    return due_on if reinspect_by is None else min(due_on, reinspect_by)


# On site within 72 hours of a danger, within two weeks of anything else that is not put right.
DANGER_AGAIN = timedelta(days=3)
AGAIN = timedelta(days=14)


def see_again_by(told_on: date, *, critical: bool) -> date:
    """Give the day by which what is overdue, or said to be fixed, should be seen again."""
    return told_on + (DANGER_AGAIN if critical else AGAIN)
