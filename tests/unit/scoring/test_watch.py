import math
from typing import get_args

import numpy as np
import pytest

from scoring.domain.alarm_words import PROPOSED, seen_words
from scoring.domain.drift import Change, Outcomes
from scoring.domain.inspector_calibration import TeamVisits, calibrate
from scoring.domain.watch import (
    FALSE_ALARMS_A_YEAR,
    LOOKS_A_YEAR,
    WATCHED,
    Indicator,
    Kind,
    Look,
    chance_limit,
    profiles,
    watch,
)


def a_look(random, baseline=None, places=300):
    features = {name: random.normal(size=places) for name in WATCHED}
    visits = Outcomes(np.arange(90), random.random(90), random.random(90) < 0.3)
    return Look(features, random.random(places), baseline or {}, visits, visits)


def test_the_looks_of_a_year_together_spend_its_false_alarms_and_no_more():
    random = np.random.default_rng(1)
    first = a_look(random)
    found = watch(a_look(random, profiles(first)))
    spent = sum(chance_limit(it.kind) for it in found) * LOOKS_A_YEAR
    assert spent == pytest.approx(FALSE_ALARMS_A_YEAR)
    assert {it.kind for it in found} == set(get_args(Kind))
    assert {it.state for it in found} == {"quiet"}


def test_the_first_look_has_nothing_to_be_held_against():
    found = watch(a_look(np.random.default_rng(2)))
    states = {it.kind: it.state for it in found}
    assert states.pop("base_rate") == states.pop("calibration") == "quiet"
    assert states.pop("discrimination") == "quiet"
    assert set(states.values()) == {"not_enough_data"}


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (Change(0.7, 0.6, 1e-9), "alarm"),
        (Change(0.7, 0.6, 0.01), "quiet"),
        (Change(0.7, 0.66, 1e-9), "quiet"),
    ],
)
def test_an_alarm_is_sure_and_matters(change, state):
    assert Indicator("discrimination", None, 100, change).state == state


@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_alarm_says_what_it_saw_and_proposes_in_both_languages(kind):
    subject = "rooms" if kind in {"feature_shift", "missing_values"} else None
    told = seen_words(kind, subject, Change(0.7, 0.5, 0.0))
    assert "0,50" in told.fr
    assert "0.50" in told.en
    assert ("chambres" in told.fr, "rooms" in told.en) == (subject is not None,) * 2
    assert "d’office" in PROPOSED[kind].fr
    assert "by itself" in PROPOSED[kind].en


def team_visits(random, inspectors=6, each=200):
    inspector = np.repeat(np.arange(inspectors), each)
    probability = random.uniform(0.1, 0.3, inspector.size)
    # The first sees half of what there is, the last twice as much.
    eye = np.ones(inspectors)
    eye[0], eye[-1] = 0.5, 2.0
    positive = random.random(inspector.size) < probability * eye[inspector]
    return TeamVisits(inspector, probability, positive)


def test_inspectors_are_told_by_numbers_that_another_report_draws_anew():
    random = np.random.default_rng(3)
    visits = team_visits(random)
    reports = [calibrate(visits, np.random.default_rng(seed)) for seed in range(9)]
    ratios = [{it.ratio.value: it.number for it in report} for report in reports]
    # The same figures each time, under other numbers.
    assert all(it.keys() == ratios[0].keys() for it in ratios)
    assert len({it[min(it)] for it in ratios}) > 2
    least, *_, most = sorted(reports[0], key=lambda it: it.ratio.value)
    assert least.ratio.high < 1 < most.ratio.low
    assert sorted(it.number for it in reports[0]) == [1, 2, 3, 4, 5, 6]


def test_the_interval_around_a_ratio_is_near_the_exact_one_of_counts():
    stats = pytest.importorskip("scipy.stats")
    visits = TeamVisits(np.repeat(np.arange(5), 100), np.full(500, 0.2), np.arange(500) % 100 < 30)
    for it in calibrate(visits, np.random.default_rng(4)):
        assert it.ratio.value == pytest.approx(1.5)
        assert it.ratio.low == pytest.approx(stats.chi2.ppf(0.05, 60) / 40, rel=0.01)
        assert it.ratio.high == pytest.approx(stats.chi2.ppf(0.95, 62) / 40, rel=0.01)


def test_who_found_nothing_has_an_interval_from_zero():
    visits = TeamVisits(np.repeat(np.arange(5), 100), np.full(500, 0.2), np.zeros(500, np.bool_))
    told = calibrate(visits, np.random.default_rng(5))[0].ratio
    assert (told.value, told.low) == (0, 0)
    assert 0 < told.high < 0.2 / math.log(2)


def test_few_inspectors_and_few_expected_positives_are_not_told():
    random = np.random.default_rng(6)
    assert calibrate(team_visits(random, inspectors=4), random) == []
    few = calibrate(team_visits(random, each=20), random)
    assert [it.ratio for it in few] == [None] * 6
    assert {it.visits for it in few} == {20}
