"""How much a visit is worth: the risk, the people exposed to it and the delay, on a fixed scale.

    raw             = probability * severity_weight * exposure_factor * overdue_factor
                      * steering_factor
    priority_points = 100 * raw / (raw + 0.5)

    severity_weight = the policy's, for the worst that the last visit saw
    exposure_factor = 1 + log10(1 + people_exposed / people_scale)
    overdue_factor  = 1 + overdue_weight * min(days_overdue, longest) / longest
    steering_factor = the policy's, for the highest level that steers the place; level 2 if none

A place never visited counts as overdue by the longest delay, as no safer than the average, and is
never steered down. The scale does not depend on the other places: 50 points mean the same every
week.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np

PEOPLE_PER_ROOM: Final = 2
HALF_WAY: Final = 0.5
HIGHEST_POINTS: Final = 100.0
USUAL_LEVEL: Final = 2


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a priority needs to know of a place beside the probability.

    `worst_severity` is that of the worst finding of the last visit that saw the place, 0 for none.
    """

    accommodation_id: str
    territory: str
    operator: str
    kind: str
    rooms: int
    capacity: int | None
    days_overdue: int
    visited: bool
    worst_severity: int
    average_rate: float


@dataclass(frozen=True, slots=True)
class Steering:
    """A wish that some places come sooner or later for a while, under a name people know.

    It is about places for which all that is said holds: territory, operator, kind, being listed.
    """

    name: str
    level: int
    starts_on: date
    ends_on: date | None = None
    territory: str | None = None
    operator: str | None = None
    kind: str | None = None
    accommodation_ids: frozenset[str] = frozenset()

    def holds(self, place: Exposure, today: date) -> bool:
        """Tell whether it steers a place on a day, its last one included."""
        if today < self.starts_on or (self.ends_on is not None and today > self.ends_on):
            return False
        said = (
            (self.territory, place.territory),
            (self.operator, place.operator),
            (self.kind, place.kind),
        )
        listed = not self.accommodation_ids or place.accommodation_id in self.accommodation_ids
        return listed and all(wanted is None or wanted == found for wanted, found in said)


@dataclass(frozen=True, slots=True)
class PriorityPolicy:
    """How the parts are weighed; version 0 is what the product comes with.

    `severity_weights` are by severity 0 to 4, `level_factors` by level 1 to 4.
    """

    version: int = 0
    severity_weights: tuple[float, ...] = (1.0, 1.0, 1.0, 1.1, 1.25)
    people_scale: float = 20.0
    overdue_weight: float = 1.0
    longest_overdue_days: int = 365
    level_factors: tuple[float, ...] = (0.5, 1.0, 1.5, 2.0)
    steering: Sequence[Steering] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Parts:
    """All that makes a priority; `points` can be computed again from the rest."""

    probability: float
    worst_severity: int
    severity_weight: float
    people_exposed: int
    exposure_factor: float
    days_overdue: int
    overdue_factor: float
    steering_level: int
    steering_factor: float
    steered_by: tuple[str, ...]
    raw: float
    points: float


def prioritise(probability: float, place: Exposure, policy: PriorityPolicy, today: date) -> Parts:
    """Weigh a probability into points from 0 to 100."""
    people = place.rooms * PEOPLE_PER_ROOM if place.capacity is None else place.capacity
    longest = policy.longest_overdue_days
    days = max(place.days_overdue, 0)
    level, steered_by = _steered(place, policy, today)
    steering_factor = policy.level_factors[level - 1]
    if not place.visited:
        probability = max(probability, place.average_rate)
        days = max(days, longest)
        steering_factor = max(steering_factor, 1.0)
    severity_weight = policy.severity_weights[place.worst_severity]
    exposure_factor = float(1.0 + np.log10(1.0 + people / policy.people_scale))
    overdue_factor = 1.0 + policy.overdue_weight * min(days, longest) / longest
    raw = probability * severity_weight * exposure_factor * overdue_factor * steering_factor
    return Parts(
        probability=probability,
        worst_severity=place.worst_severity,
        severity_weight=severity_weight,
        people_exposed=people,
        exposure_factor=exposure_factor,
        days_overdue=days,
        overdue_factor=overdue_factor,
        steering_level=level,
        steering_factor=steering_factor,
        steered_by=steered_by,
        raw=raw,
        points=points_of(raw),
    )


def _steered(place: Exposure, policy: PriorityPolicy, today: date) -> tuple[int, tuple[str, ...]]:
    """Find the highest level that steers a place, and under which names."""
    steering = [it for it in policy.steering if it.holds(place, today)]
    level = max((it.level for it in steering), default=USUAL_LEVEL)
    return level, tuple(it.name for it in steering if it.level == level)


def points_of(raw: float) -> float:
    """Put a raw priority on the fixed scale."""
    return HIGHEST_POINTS * raw / (raw + HALF_WAY)


@dataclass(frozen=True, slots=True)
class Move:
    """A place under two policies; rank 1 is the highest."""

    accommodation_id: str
    points_before: float
    points_after: float
    rank_before: int
    rank_after: int


def moves(before: dict[str, float], after: dict[str, float]) -> list[Move]:
    """Compare the same places under two policies, those first that move by the most ranks."""
    ranks_before, ranks_after = _ranks(before), _ranks(after)
    found = [Move(id, before[id], after[id], ranks_before[id], ranks_after[id]) for id in before]
    found.sort(key=lambda it: (-abs(it.rank_after - it.rank_before), it.rank_after))
    return found


def _ranks(points: dict[str, float]) -> dict[str, int]:
    """Give each place its place in the list of priorities; names settle what is equal."""
    order = sorted(points, key=lambda id: (-points[id], id))
    return {id: rank for rank, id in enumerate(order, start=1)}
