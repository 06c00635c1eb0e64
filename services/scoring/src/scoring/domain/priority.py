"""How much a visit is worth: the risk, the people exposed to it and the delay, on a fixed scale.

    raw             = probability * exposure_factor * overdue_factor
    priority_points = 100 * raw / (raw + 0.5)

    exposure_factor = 1 + log10(1 + people_exposed / 20)
    overdue_factor  = 1 + min(days_overdue, 365) / 365

A place never visited counts as overdue by a year and as no safer than the average. The scale does
not depend on the other places: 50 points mean the same every week.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

PEOPLE_PER_ROOM: Final = 2
PEOPLE_SCALE: Final = 20.0
LONGEST_OVERDUE_DAYS: Final = 365
HALF_WAY: Final = 0.5
HIGHEST_POINTS: Final = 100.0


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a priority needs to know beside the probability."""

    rooms: int
    capacity: int | None
    days_overdue: int
    visited: bool
    average_rate: float


@dataclass(frozen=True, slots=True)
class Parts:
    """All that makes a priority; `points` can be computed again from the rest."""

    probability: float
    people_exposed: int
    exposure_factor: float
    days_overdue: int
    overdue_factor: float
    raw: float
    points: float


def prioritise(probability: float, exposure: Exposure) -> Parts:
    """Weigh a probability into points from 0 to 100."""
    people = exposure.rooms * PEOPLE_PER_ROOM if exposure.capacity is None else exposure.capacity
    days = max(exposure.days_overdue, 0)
    if not exposure.visited:
        probability = max(probability, exposure.average_rate)
        days = max(days, LONGEST_OVERDUE_DAYS)
    exposure_factor = float(1.0 + np.log10(1.0 + people / PEOPLE_SCALE))
    overdue_factor = 1.0 + min(days, LONGEST_OVERDUE_DAYS) / LONGEST_OVERDUE_DAYS
    raw = probability * exposure_factor * overdue_factor
    return Parts(
        probability=probability,
        people_exposed=people,
        exposure_factor=exposure_factor,
        days_overdue=days,
        overdue_factor=overdue_factor,
        raw=raw,
        points=points_of(raw),
    )


def points_of(raw: float) -> float:
    """Put a raw priority on the fixed scale."""
    return HIGHEST_POINTS * raw / (raw + HALF_WAY)
