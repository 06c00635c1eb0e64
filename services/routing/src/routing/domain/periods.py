"""Stretches of the week with travel times of their own: how much longer each kind of road takes.

The factors are assumed, for want of an open source of traffic that may be reused: no time is
shorter than on free roads, greater roads suffer more than side streets, the rush most of all.
"""

from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from routing.domain.profiles import ROAD_CLASSES, Profile
from routing.domain.road_network import Float64, Int32

Period = Literal["night", "morning_rush", "midday", "evening_rush", "evening", "weekend"]

_GREATER = frozenset({"motorway", "motorway_link", "trunk", "trunk_link"})
_MAIN = frozenset(
    {"primary", "primary_link", "secondary", "secondary_link", "tertiary", "tertiary_link"}
)

_LONGER: dict[Period, tuple[float, float, float]] = {
    "night": (1.0, 1.0, 1.0),
    "morning_rush": (1.6, 1.4, 1.15),
    "midday": (1.2, 1.2, 1.05),
    "evening_rush": (1.6, 1.45, 1.15),
    "evening": (1.1, 1.1, 1.0),
    "weekend": (1.15, 1.1, 1.0),
}
"""On motorways and the like, on main roads, on side streets."""

_WEEKDAY: tuple[tuple[int, Period], ...] = (
    (6, "night"),
    (7, "midday"),
    (10, "morning_rush"),
    (16, "midday"),
    (20, "evening_rush"),
    (22, "evening"),
)
"""Until which hour, local time."""

_SATURDAY = 5
_WEEKEND_HOURS = range(8, 20)


def period_at(local: datetime, profile: Profile) -> Period | None:
    """Name the period of a moment in local time; only cars stand in traffic."""
    if profile != "drive":
        return None
    if local.weekday() >= _SATURDAY:
        return "weekend" if local.hour in _WEEKEND_HOURS else "night"
    return next((name for until, name in _WEEKDAY if local.hour < until), "night")


def slowed_ms(free_ms: Int32, road_class: NDArray[np.uint8], period: Period) -> Int32:
    """Give the milliseconds each edge takes in a period; closed directions stay closed."""
    slowed: Float64 = np.rint(free_ms * _factors(period)[road_class])
    return np.where(free_ms < 0, free_ms, slowed).astype(np.int32)


def _factors(period: Period) -> Float64:
    greater, main, side = _LONGER[period]
    return np.array(
        [greater if name in _GREATER else main if name in _MAIN else side for name in ROAD_CLASSES]
    )
