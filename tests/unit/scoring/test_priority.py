import math
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.domain.priority import (
    Exposure,
    PriorityPolicy,
    Steering,
    moves,
    points_of,
    prioritise,
)

TODAY = date(2026, 3, 1)
USUAL = PriorityPolicy()
PLACE = Exposure(
    accommodation_id="place",
    territory="75",
    operator="Alpha",
    kind="hotel",
    rooms=20,
    capacity=60,
    days_overdue=0,
    visited=True,
    worst_severity=0,
    average_rate=0.2,
)
CAMPAIGN = Steering("Winter", 3, starts_on=date(2026, 2, 1), ends_on=TODAY, territory="75")


def weigh(probability, policy=USUAL, today=TODAY, **changes):
    return prioritise(probability, replace(PLACE, **changes), policy, today)


def steered(*steering, **changes):
    return weigh(0.3, PriorityPolicy(steering=steering), **changes)


@given(
    st.floats(0, 1),
    st.fixed_dictionaries(
        {
            "rooms": st.integers(1, 500),
            "capacity": st.none() | st.integers(0, 2000),
            "days_overdue": st.integers(-99, 999),
            "worst_severity": st.integers(0, 4),
        }
    ),
)
def test_points_can_be_computed_again_from_the_parts(probability, place):
    policy = PriorityPolicy(
        severity_weights=(0.5, 1.0, 1.5, 2.0, 3.0),
        people_scale=50.0,
        overdue_weight=2.0,
        longest_overdue_days=200,
        steering=(CAMPAIGN,),
    )
    parts = weigh(probability, policy, **place)
    assert parts.severity_weight == policy.severity_weights[place["worst_severity"]]
    assert parts.exposure_factor == pytest.approx(1 + math.log10(1 + parts.people_exposed / 50))
    assert parts.overdue_factor == pytest.approx(1 + 2 * min(parts.days_overdue, 200) / 200)
    assert (parts.steering_level, parts.steering_factor) == (3, 1.5)
    factors = parts.severity_weight * parts.exposure_factor * parts.overdue_factor
    raw = parts.probability * factors * parts.steering_factor
    assert parts.raw == pytest.approx(raw)
    assert parts.points == pytest.approx(100 * raw / (raw + 0.5))
    assert 0 <= parts.points < 100


def test_more_risk_more_people_more_delay_or_worse_findings_are_never_worth_less():
    start = weigh(0.3).points
    assert weigh(0.4).points > start
    assert weigh(0.3, capacity=90).points > start
    assert weigh(0.3, days_overdue=30).points > start
    assert weigh(0.3, worst_severity=4).points > weigh(0.3, worst_severity=3).points > start


def test_people_are_counted_by_rooms_where_nobody_said_how_many():
    assert weigh(0.3, capacity=None, rooms=30).people_exposed == 60


@given(st.floats(0, 1), st.floats(0.01, 0.9), st.integers(1, 4))
def test_a_never_visited_place_is_never_low_whatever_is_steered(probability, average, level):
    policy = PriorityPolicy(steering=(replace(CAMPAIGN, level=level),))
    new = weigh(probability, policy, visited=False, average_rate=average)
    usual = weigh(average, average_rate=average)
    assert new.points > usual.points
    assert new.days_overdue == 365


def test_the_scale_is_fixed():
    assert points_of(0.0) == 0
    assert points_of(0.5) == 50


@pytest.mark.parametrize(
    ("selector", "elsewhere"),
    [
        ({"territory": "75"}, {"territory": "93"}),
        ({"operator": "Alpha"}, {"operator": "Beta"}),
        ({"kind": "hotel"}, {"kind": "residence"}),
        ({"accommodation_ids": frozenset({"place"})}, {"accommodation_id": "other"}),
    ],
)
def test_a_place_is_steered_only_by_what_is_about_it_and_only_then(selector, elsewhere):
    steering = Steering("Campaign", 4, starts_on=TODAY, ends_on=date(2026, 3, 2), **selector)
    parts = steered(steering)
    assert (parts.steering_level, parts.steering_factor, parts.steered_by) == (
        4,
        2.0,
        ("Campaign",),
    )
    assert steered(steering, **elsewhere).steered_by == ()
    assert steered(steering, today=date(2026, 3, 2)).steering_level == 4
    assert steered(steering, today=date(2026, 3, 3)).steering_level == 2
    assert steered(steering, today=date(2026, 2, 28)).steering_factor == 1.0
    assert steered(replace(steering, ends_on=None), today=date(2030, 1, 1)).steering_level == 4


def test_all_that_a_steering_names_must_hold_and_the_highest_level_counts():
    both = replace(CAMPAIGN, level=4, operator="Beta")
    assert steered(CAMPAIGN, both).steered_by == ("Winter",)
    later = replace(CAMPAIGN, name="Later", level=1)
    assert steered(later).steering_factor == 0.5
    assert steered(later, CAMPAIGN, replace(CAMPAIGN, name="Spring")).steered_by == (
        "Winter",
        "Spring",
    )


def test_moves_are_told_by_how_many_ranks_a_place_moves():
    before = {"a": 50.0, "b": 40.0, "c": 30.0, "d": 10.0}
    after = {"a": 45.0, "b": 40.0, "c": 60.0, "d": 10.0}
    found = moves(before, after)
    assert [(it.accommodation_id, it.rank_before, it.rank_after) for it in found] == [
        ("c", 3, 1),
        ("a", 1, 2),
        ("b", 2, 3),
        ("d", 4, 4),
    ]
    assert (found[0].points_before, found[0].points_after) == (30.0, 60.0)
