from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_up_counts import CATEGORIES, NEAR, TERRITORIES, made_up
from scipy import stats

from scoring.domain.outbreaks import YEAR, adjusted, look, neighbours
from scoring.domain.rates import Counts

PESTS = CATEGORIES.index("pests")


def quiet(seed=1, weeks=120):
    """Give counts of some weeks before anything was planted."""
    return made_up(seed)[0].before(weeks)


def with_last(counts, share, *, territory=0, weeks=2, visits=None):
    """Let the last weeks' visits find pests at a rate, and all else as often as before."""
    visited, found = counts.visits.copy(), counts.found.copy()
    if visits is not None:
        rate = found[territory].sum(axis=1) / visited[territory].sum()
        visited[territory, -weeks:] = visits
        found[territory, :, -weeks:] = np.rint(rate * visits)[:, None]
    found[territory, PESTS, -weeks:] = np.rint(share * visited[territory, -weeks:])
    return replace(counts, visits=visited, found=found)


def test_pests_that_are_suddenly_found_three_times_as_often_are_suspected():
    counts = quiet()
    usual = counts.found[0, PESTS].sum() / counts.visits[0].sum()
    seen = look(with_last(counts, 3 * usual, visits=25), NEAR)
    (it,) = seen.suspicions
    assert (it.territory, it.category, it.visits) == ("75", "pests", 25 * it.weeks)
    assert it.found / it.expected == pytest.approx(3, rel=0.4)
    assert it.chance < it.adjusted_chance < 0.1
    assert seen.series == len(TERRITORIES) * len(CATEGORIES)


def test_more_visits_that_find_as_often_are_no_outbreak():
    counts = quiet()
    usual = counts.found[0, PESTS].sum() / counts.visits[0].sum()
    busy = with_last(counts, usual, visits=100)
    assert busy.found[0, PESTS, -1] > 2 * counts.found[0, PESTS, :-8].max()
    assert [it.category for it in look(busy, NEAR).suspicions] == []


def test_a_week_without_visits_is_no_outbreak():
    assert look(with_last(quiet(), 0.0, visits=0), NEAR).suspicions == ()


def test_before_a_year_of_visits_a_territory_is_not_looked_at():
    counts = with_last(quiet(weeks=YEAR), 1.0)
    visits = counts.visits.copy()
    visits[0, 0] = 0
    late = look(replace(counts, visits=visits), NEAR)
    assert late.weeks_known == {"75": YEAR - 1, "92": YEAR, "93": YEAR, "94": YEAR}
    assert late.series == 3 * len(CATEGORIES)
    assert "75" not in {it.territory for it in late.suspicions}
    assert "75" in {it.territory for it in look(counts, NEAR).suspicions}


def test_without_a_year_or_without_findings_there_is_nothing_to_look_at():
    assert look(quiet(weeks=YEAR - 1), NEAR).series == 0
    counts = quiet()
    spotless = Counts(counts.territories, (), counts.starts, counts.visits, counts.found[:, :0, :])
    assert look(spotless, NEAR).series == 0
    nobody = Counts((), (), (), np.zeros((0, 0), np.int64), np.zeros((0, 0, 0), np.int64))
    assert look(nobody, np.zeros((0, 0), bool)).weeks_known == {}


def test_two_findings_are_no_outbreak_however_rare_they_were():
    counts = quiet()
    found = counts.found.copy()
    found[0, PESTS] = 0

    def told(number):
        found[0, PESTS, -1] = number
        return [it.found for it in look(replace(counts, found=found), NEAR).suspicions]

    assert told(2) == []
    assert told(5) == [5]


def test_neighbours_who_find_more_too_make_a_suspicion_of_a_doubt():
    counts = quiet()
    usual = counts.found[:, PESTS].sum(axis=1) / counts.visits.sum(axis=1)
    for territory in range(len(TERRITORIES)):
        rate = 1.5 * usual[territory]
        counts = with_last(counts, rate, territory=territory, weeks=3, visits=20)
    assert look(counts, NEAR & False).suspicions == ()
    told = look(counts, NEAR).suspicions
    assert {(it.category, it.neighbours) for it in told} == {("pests", True)}


def test_neighbours_are_the_three_nearest_that_are_near():
    #               Paris  Nanterre Bobigny Créteil Versailles Marseille unknown
    lon = np.array([2.35, 2.20, 2.45, 2.46, 2.13, 5.37, np.nan])
    lat = np.array([48.86, 48.89, 48.91, 48.79, 48.80, 43.30, np.nan])
    near = neighbours(lon, lat)
    assert np.flatnonzero(near[0]).tolist() == [1, 2, 3]
    assert np.flatnonzero(near[4]).tolist() == [0, 1, 3]
    assert not near[5].any()
    assert not near[6].any()
    assert not near[:, 6].any()


@given(st.lists(st.floats(1e-12, 1), min_size=1, max_size=40))
def test_without_weights_chances_are_adjusted_as_by_benjamini_and_hochberg(chances):
    chance = np.array(chances)
    assert adjusted(chance, np.ones(chance.size)) == pytest.approx(
        stats.false_discovery_control(chance)
    )


@given(st.lists(st.tuples(st.floats(1e-9, 1), st.sampled_from([1.0, 10.0])), min_size=1))
def test_weights_are_paid_for_by_those_who_have_less(pairs):
    chance, weight = np.array(pairs).T
    told = adjusted(chance, weight)
    weighed = np.minimum(chance * weight.mean() / weight, 1.0)
    assert told == pytest.approx(stats.false_discovery_control(weighed))
    assert adjusted(chance, 3 * weight) == pytest.approx(told)


def test_quiet_weeks_seldom_alarm():
    alarms = [
        len(look(quiet(seed, weeks), NEAR).suspicions)
        for seed in range(12)
        for weeks in range(104, 156, 6)
    ]
    # A tenth of these 108 weeks would be a false alarm more than is promised.
    assert sum(alarms) <= 11
