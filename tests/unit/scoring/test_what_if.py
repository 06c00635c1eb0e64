from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from scoring.domain.history import MS_PER_DAY, milliseconds
from scoring.domain.labels import labelled_visits
from scoring.domain.priority import PriorityPolicy, Steering
from scoring.domain.rule import DEFAULT_WEIGHTS
from scoring.domain.what_if import LOOK_AHEAD_DAYS, Play, Scenario, _told, play

FIRST = datetime(2025, 1, 6, tzinfo=UTC)
WEEKS = tuple(milliseconds(FIRST + timedelta(weeks=number)) for number in range(12))
USUAL = PriorityPolicy()
NORTH = Steering("North", 4, starts_on=FIRST.date(), territory="93")
ELSEWHERE = replace(NORTH, level=1, name="Not Paris", territory="75")


def scenario(visits, policy=USUAL, name="usual"):
    return Scenario(name, visits, policy)


@pytest.fixture(scope="module")
def history(invented):
    return invented(100, 3000, seed=6, signal=2.0)


@pytest.fixture(scope="module")
def played(history):
    asked = Play(
        WEEKS,
        (
            scenario(3),
            scenario(8),
            scenario(100),
            scenario(8, PriorityPolicy(steering=(NORTH, ELSEWHERE)), "north"),
            scenario(8, PriorityPolicy(overdue_weight=0.0), "risk alone"),
        ),
        DEFAULT_WEIGHTS,
        longest_interval_days=365,
    )
    reports = []
    return play(lambda share, _: reports.append(share), history, asked), reports


def test_more_visits_find_more_cover_more_and_leave_shorter_gaps(played):
    few, some, all_places, *_ = played[0]
    assert [it.visits for it in (few, some, all_places)] == [36, 96, 1200]
    assert few.found.value < some.found.value < all_places.found.value
    assert few.coverage.value < some.coverage.value < all_places.coverage.value == 1.0
    assert few.days_since_visit.value > some.days_since_visit.value
    assert all_places.days_since_visit.value == 7.0
    assert some.found.low < some.found.value < some.found.high
    assert some.found.value == pytest.approx(some.hit_rate.value * 96)
    assert 0 < some.told <= 96


def test_the_few_that_are_chosen_are_worse_than_all(played):
    few, _, all_places, *_ = played[0]
    assert few.hit_rate.value > all_places.hit_rate.value


def test_a_policy_changes_who_is_visited(played):
    _, usual, _, north, risk_alone = played[0]
    assert north.coverage.value != usual.coverage.value
    assert risk_alone.visits == usual.visits
    assert played[1] == sorted(played[1])


def test_each_real_visit_answers_once_and_only_within_half_a_year(source):
    outcomes = labelled_visits(source.facts, np.iinfo(np.int64).max)
    days = outcomes.as_of_ms / MS_PER_DAY
    place = int(outcomes.place[0])
    own = np.flatnonzero(outcomes.place == place)
    first = own[np.argsort(days[own], kind="stable")][0]
    on = float(days[first])
    told = _told([(place, on - 1), (place, on - 0.5)], outcomes)
    assert told[0] == (place, bool(outcomes.positive[first]))
    assert len(told) == 1
    assert _told([(place, on - LOOK_AHEAD_DAYS - 1)], outcomes) == []
    assert _told([(place, float(days.max()) + 1)], outcomes) == []


def test_weeks_after_the_record_have_no_outcome_to_tell(history):
    late = milliseconds(datetime(2027, 1, 4, tzinfo=UTC))
    asked = Play((late,), (scenario(5),), DEFAULT_WEIGHTS, longest_interval_days=365)
    (only,) = play(lambda *_: None, history, asked)
    assert (only.told, only.hit_rate, only.found) == (0, None, None)
    early = replace(asked, starts_ms=(milliseconds(datetime(2020, 1, 6, tzinfo=UTC)),))
    (never,) = play(lambda *_: None, history, early)
    # Nobody was ever seen but the five of the play.
    assert never.days_since_visit.value == pytest.approx((95 * 372 + 5 * 7) / 100)
