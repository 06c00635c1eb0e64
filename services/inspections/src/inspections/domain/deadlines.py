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
    days = {Grade.D: delays.revisit_d_days, Grade.C: delays.revisit_c_days, None: 0}
    due_on = visited_on + timedelta(days=days.get(grade, delays.revisit_days))
    return due_on if reinspect_by is None else min(due_on, reinspect_by)


# On site within 72 hours of a danger, within two weeks of anything else that is not put right.
DANGER_AGAIN = timedelta(days=3)
AGAIN = timedelta(days=14)


def see_again_by(told_on: date, *, critical: bool) -> date:
    """Give the day by which what is overdue, or said to be fixed, should be seen again."""
    return told_on + (DANGER_AGAIN if critical else AGAIN)
