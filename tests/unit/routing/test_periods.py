"""Stretches of the week with travel times of their own."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from routing.domain.periods import period_at, slowed_ms
from routing.domain.profiles import CLASS_NUMBER

MONDAY = datetime(2026, 3, 2)  # noqa: DTZ001 - local time, as the caller gives it


@pytest.mark.parametrize(
    ("day", "hour", "period"),
    [
        (0, 0, "night"),
        (0, 5.99, "night"),
        (0, 6, "midday"),
        (0, 7, "morning_rush"),
        (4, 9.99, "morning_rush"),
        (4, 10, "midday"),
        (2, 16, "evening_rush"),
        (2, 20, "evening"),
        (2, 22, "night"),
        (5, 8, "weekend"),
        (6, 19.99, "weekend"),
        (6, 20, "night"),
        (5, 7.99, "night"),
    ],
)
def test_each_hour_of_the_week_has_its_period(day, hour, period):
    assert period_at(MONDAY + timedelta(days=day, hours=hour), "drive") == period


def test_only_cars_stand_in_traffic():
    for profile in ("walk", "bike"):
        assert period_at(MONDAY + timedelta(hours=8), profile) is None


def test_the_rush_slows_greater_roads_most_and_opens_no_closed_direction():
    kinds = ("motorway", "secondary", "residential", "motorway")
    road_class = np.array([CLASS_NUMBER[kind] for kind in kinds], dtype=np.uint8)
    free = np.array([1000, 1000, 1000, -1], dtype=np.int32)
    assert slowed_ms(free, road_class, "morning_rush").tolist() == [1600, 1400, 1150, -1]
    assert slowed_ms(free, road_class, "night").tolist() == free.tolist()
