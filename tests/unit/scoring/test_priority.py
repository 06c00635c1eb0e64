import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.domain.priority import Exposure, points_of, prioritise


def exposure(**changes):
    values = {"rooms": 20, "capacity": 60, "days_overdue": 0, "visited": True, "average_rate": 0.2}
    return Exposure(**(values | changes))


@given(
    st.floats(0, 1), st.integers(1, 500), st.none() | st.integers(0, 2000), st.integers(-99, 999)
)
def test_points_can_be_computed_again_from_the_parts(probability, rooms, capacity, days):
    parts = prioritise(probability, exposure(rooms=rooms, capacity=capacity, days_overdue=days))
    assert parts.exposure_factor == pytest.approx(1 + math.log10(1 + parts.people_exposed / 20))
    assert parts.overdue_factor == pytest.approx(1 + min(parts.days_overdue, 365) / 365)
    raw = parts.probability * parts.exposure_factor * parts.overdue_factor
    assert parts.raw == pytest.approx(raw)
    assert parts.points == pytest.approx(100 * raw / (raw + 0.5))
    assert 0 <= parts.points < 100


def test_more_risk_more_people_or_more_delay_is_never_worth_less():
    start = prioritise(0.3, exposure()).points
    assert prioritise(0.4, exposure()).points > start
    assert prioritise(0.3, exposure(capacity=90)).points > start
    assert prioritise(0.3, exposure(days_overdue=30)).points > start


def test_people_are_counted_by_rooms_where_nobody_said_how_many():
    assert prioritise(0.3, exposure(capacity=None, rooms=30)).people_exposed == 60


@given(st.floats(0, 1), st.floats(0.01, 0.9))
def test_a_never_visited_place_is_never_low(probability, average):
    new = prioritise(probability, exposure(visited=False, average_rate=average))
    usual = prioritise(average, exposure(visited=True, average_rate=average))
    assert new.points > usual.points
    assert new.days_overdue == 365


def test_the_scale_is_fixed():
    assert points_of(0.0) == 0
    assert points_of(0.5) == 50
