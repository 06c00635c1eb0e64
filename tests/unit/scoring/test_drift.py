import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from scoring.domain import drift
from scoring.domain.drift import Outcomes, profile_of
from scoring.domain.metrics import auc, place_weights, resampled_auc


def outcomes(random, number, *, slope=1.0, level=0.0, places=200):
    log_odds = random.normal(size=number) - 1.0
    believed = 1 / (1 + np.exp(-log_odds))
    truth = level - 1.0 + slope * (log_odds + 1.0)
    positive = random.random(number) < 1 / (1 + np.exp(-truth))
    return Outcomes(random.integers(0, places, number), believed, positive)


@given(st.floats(0, 200), st.integers(1, 12))
def test_the_tail_of_chi_square_is_that_of_scipy(value, degrees):
    assert drift.chi_square_tail(value, degrees) == pytest.approx(
        chi2.sf(value, degrees), rel=1e-9, abs=1e-15
    )


def test_without_degrees_nothing_is_out_of_the_ordinary():
    assert drift.chi_square_tail(9.0, 0) == 1.0


def test_a_profile_counts_tenths_and_what_is_missing():
    told = profile_of(np.array([*range(100), np.nan, np.inf], dtype=np.float64))
    assert (told.counts, told.missing, told.known) == ((10,) * 10, 2, 100)
    assert profile_of(np.full(9, np.nan)).known == 0


def test_the_stability_index_is_the_textbook_s_when_nothing_is_near_an_edge():
    before = profile_of(np.repeat([0.0, 1.0], [80, 20]))
    change = drift.spread_change(before, np.repeat([0.0, 1.0], [50, 50]))
    # Two bins and an empty one, half a value more in each.
    was, now = np.array([80.5, 20.5, 0.5]) / 101.5, np.array([50.5, 50.5, 0.5]) / 101.5
    assert change.now == pytest.approx(np.sum((now - was) * np.log(now / was)))
    assert change.before == 0
    assert change.chance < 1e-3


def test_many_places_that_move_a_hair_over_an_edge_are_no_shift():
    random = np.random.default_rng(1)
    values = np.concatenate([np.full(300, 0.15), random.random(300)])
    moved = np.where(values == 0.15, 0.1501, values)
    assert drift.spread_change(profile_of(values), moved).now < 0.01
    assert drift.spread_change(profile_of(values), np.where(values == 0.15, 0.4, values)).now > 0.25


def test_chances_of_shifts_are_spread_evenly_where_nothing_changed():
    random = np.random.default_rng(2)
    found = [
        drift.spread_change(profile_of(random.normal(size=400)), random.normal(size=400)).chance
        for _ in range(400)
    ]
    # The nudge only makes alarms rarer.
    assert np.mean(np.array(found) < 0.05) <= 0.07


def test_more_missing_values_are_a_change_and_fewer_are_none():
    few, many = np.repeat([1.0, np.nan], [95, 5]), np.repeat([1.0, np.nan], [60, 40])
    more = drift.missing_change(profile_of(few), many)
    assert (more.before, more.now) == (0.05, 0.4)
    assert more.chance < 1e-6
    assert drift.missing_change(profile_of(many), few).chance > 0.99
    never = drift.missing_change(profile_of(np.ones(60)), np.ones(60))
    assert (never.now, never.chance) == (0, 1)


@pytest.mark.parametrize("change", [drift.spread_change, drift.missing_change])
def test_few_places_say_nothing(change):
    assert change(profile_of(np.ones(49)), np.ones(500)) is None
    assert change(profile_of(np.ones(500)), np.ones(49)) is None


def test_outcomes_as_believed_have_ratio_and_slope_one():
    random = np.random.default_rng(3)
    before, now = outcomes(random, 20_000), outcomes(random, 20_000)
    rate, slope = drift.base_rate_change(before, now), drift.slope_change(before, now)
    for value in (rate.before, rate.now, slope.before, slope.now):
        assert value == pytest.approx(1, abs=0.06)
    assert min(rate.chance, slope.chance) > 0.001


def test_a_rate_a_slope_and_an_order_that_change_are_told_apart():
    random = np.random.default_rng(4)
    before = outcomes(random, 3_000)
    higher = drift.base_rate_change(before, outcomes(random, 900, level=0.8))
    assert higher.now > 1.3
    assert higher.chance < 1e-6
    flat = outcomes(random, 900, slope=0.0)
    assert drift.slope_change(before, flat).now < 0.3
    assert drift.slope_change(before, flat).chance < 1e-6
    fell = drift.discrimination_change(before, flat)
    assert fell.now < 0.6 < fell.before
    assert fell.chance < 1e-6
    assert drift.discrimination_change(flat, before).chance > 0.999


@pytest.mark.parametrize(
    "change", [drift.base_rate_change, drift.slope_change, drift.discrimination_change]
)
def test_under_ten_positives_or_twenty_places_nothing_is_told(change):
    random = np.random.default_rng(5)
    enough = outcomes(random, 500)
    few = Outcomes(enough.place, enough.probability, np.arange(500) < 9)
    assert change(few, enough) is None
    assert change(enough, few) is None
    one_place = Outcomes(np.zeros(500), enough.probability, enough.positive)
    assert change(one_place, one_place) is None


def test_where_the_same_is_believed_of_all_there_is_no_slope():
    same = Outcomes(np.arange(100), np.full(100, 0.2), np.arange(100) < 20)
    assert drift.slope_change(same, same) is None
    assert drift.discrimination_change(same, same).now == 0.5


def test_auc_and_its_error_are_those_of_pairs_and_of_resampled_places():
    random = np.random.default_rng(6)
    seen = outcomes(random, 800, places=150)
    # Ties, as scores of places nobody visited have.
    seen = Outcomes(seen.place, np.round(seen.probability, 1), seen.positive)
    value, error = drift._auc_with_error(seen)
    assert value == pytest.approx(auc(seen.probability, seen.positive))
    draws = resampled_auc(seen.probability, seen.positive, place_weights(seen.place, 1, 2_000))
    assert error == pytest.approx(draws.std(), rel=0.1)
