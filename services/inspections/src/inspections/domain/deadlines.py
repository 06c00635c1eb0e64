"""When a finding must be put right, and when a place must be seen again."""

from dataclasses import dataclass
from datetime import date, timedelta

from inspections.domain.grading import Grade


@dataclass(frozen=True, slots=True)
class Delays:
    """Days allowed; the defaults are ours, to be calibrated with the teams.

    A danger gets one day (New York's class C, England's emergency hazards); a place is seen
    twice a year (New York's shelters) or sooner when its grade is bad.
    """

    danger_days: int = 1
    finding_days: int = 14
    revisit_d_days: int = 30
    revisit_c_days: int = 90
    revisit_days: int = 180


DEFAULT_DELAYS = Delays()


def finding_due_on(found_on: date, *, critical: bool, delays: Delays = DEFAULT_DELAYS) -> date:
    """Give the day by which a finding must be put right."""
    days = delays.danger_days if critical else delays.finding_days
    return found_on + timedelta(days=days)


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
