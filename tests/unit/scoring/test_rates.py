from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scoring.domain.rates import Counts, Expected, counts_of, fit_rates, terms_of

MONDAY = date(2024, 1, 1)
PER_YEAR = 52.0


def counts(visits, found):
    """One territory and category."""
    starts = tuple(MONDAY + timedelta(weeks=week) for week in range(len(visits)))
    seen = np.array(found, dtype=np.int64)[None, None, :]
    return Counts(("75",), ("pests",), starts, np.array([visits], dtype=np.int64), seen)


def expected_next(known, visits=10.0):
    weeks = len(known.starts)
    terms = terms_of(np.arange(weeks + 1), PER_YEAR, weeks)
    rates = fit_rates(known, terms[:weeks], np.ones(weeks))
    return rates.expect(terms[weeks:], np.array([[visits]]))


def drawn(rate, *, seed=1, visits=20):
    random = np.random.default_rng(seed)
    return counts([visits] * len(rate), random.binomial(visits, rate))


def test_numbers_are_spread_over_all_weeks_and_none_is_nought():
    weeks = [MONDAY + timedelta(weeks=it) for it in range(3)]
    known = counts_of(
        weeks,
        [("93", weeks[1], 4), ("75", weeks[0], 5), ("75", weeks[2], 6)],
        [("75", "pests", weeks[2], 2)],
    )
    assert (known.territories, known.categories) == (("75", "93"), ("pests",))
    assert known.visits.tolist() == [[5, 0, 6], [0, 4, 0]]
    assert known.found.tolist() == [[[0, 0, 2]], [[0, 0, 0]]]
    # From the first visit on, weeks without one are known as well.
    assert known.known().tolist() == [3, 2]
    assert known.of(np.array([False, True])).territories == ("93",)


def test_what_is_expected_follows_the_rate_and_the_number_of_visits():
    known = drawn(np.full(156, 0.3))
    once, twice = (expected_next(known, visits) for visits in (10.0, 20.0))
    assert once.mean.item() == pytest.approx(3.0, rel=0.1)
    assert twice.mean.item() == pytest.approx(2 * once.mean.item())
    # By chance alone a count varies as much as its mean; the estimate adds a little.
    assert 1.0 < once.variance.item() / once.mean.item() < 1.3


def test_the_season_is_expected_to_come_again():
    weeks = np.arange(157)
    rate = 0.2 * np.exp(0.6 * np.cos(2 * np.pi * weeks / PER_YEAR))
    assert expected_next(drawn(rate[:156])).mean.item() == pytest.approx(10 * rate[156], rel=0.15)
    assert expected_next(drawn(rate[:130])).mean.item() == pytest.approx(10 * rate[130], rel=0.2)


def test_what_was_never_found_is_expected_seldom_and_not_never():
    never = expected_next(drawn(np.zeros(104)))
    assert 0 < never.mean.item() < 0.01
    assert never.chance_of(np.array([[3]])).item() < 1e-4


def test_weeks_without_visits_say_nothing():
    busy = drawn(np.full(104, 0.3))
    visits, found = busy.visits[0].copy(), busy.found[0, 0].copy()
    visits[40:60] = found[40:60] = 0
    rarely = expected_next(counts(visits, found))
    assert rarely.mean.item() == pytest.approx(3.0, rel=0.15)
    assert rarely.variance.item() > expected_next(busy).variance.item() - 0.5


def test_one_outbreak_hardly_raises_what_is_usual_afterwards():
    quiet = drawn(np.full(156, 0.1))
    found = quiet.found[0, 0].copy()
    found[90:96] = 14
    after = expected_next(counts(quiet.visits[0], found)).mean.item()
    plain = 10 * found.sum() / quiet.visits.sum()
    usual = expected_next(quiet).mean.item()
    assert abs(after - usual) < 0.3 * abs(plain - usual)


def test_counts_that_vary_more_than_by_chance_make_wide_statements():
    random = np.random.default_rng(3)
    lumpy = np.clip(0.2 * random.gamma(2, 0.5, 156), 0, 1)
    steady, wild = (expected_next(drawn(rate)) for rate in (np.full(156, 0.2), lumpy))
    assert wild.variance.item() / wild.mean.item() > 1.5 * steady.variance / steady.mean


@given(mean=st.floats(0.05, 200), more=st.floats(1.01, 8), share=st.sampled_from([0.05, 0.5, 0.95]))
def test_chances_and_quantiles_are_those_of_the_negative_binomial(mean, more, share):
    shape, chance = mean / (more - 1), 1 / more
    expected = Expected(np.array([mean]), np.array([mean * more]))
    known = stats.nbinom(shape, chance)
    counted = np.array([0, 1, 2, int(mean), int(3 * mean)])
    assert [expected.chance_of(np.array([it])).item() for it in counted] == pytest.approx(
        known.sf(counted - 1), abs=1e-9
    )
    # Rounding may decide at a step.
    assert abs(expected.quantile(share).item() - known.ppf(share)) <= 1e-6 or known.cdf(
        expected.quantile(share).item()
    ) == pytest.approx(share, abs=1e-6)


def test_where_nobody_goes_nothing_is_expected_and_nothing_strange():
    nothing = Expected(np.zeros(1), np.zeros(1))
    assert nothing.chance_of(np.zeros(1)).item() == 1.0
    assert nothing.quantile(0.95).item() == 0.0
