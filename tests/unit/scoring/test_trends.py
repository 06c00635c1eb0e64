from dataclasses import replace

import numpy as np
import pytest
from made_up_counts import by_month, made_up

from scoring.domain.trends import foretell, judge, known_for_a_year, usual_visits


def months(number=None, seed=1):
    whole = by_month(made_up(seed)[0])
    return whole if number is None else whole.before(number)


def test_a_month_is_foretold_from_the_months_before_it_alone():
    counts = months()
    then = counts.before(40)
    visits = counts.visits[:, 40].astype(float)
    told = foretell(then, visits)
    found = counts.found[:, :, 40]
    assert np.mean((told.low <= found) & (found <= told.high)) > 0.8
    assert (told.low <= told.expected).all()
    assert (told.expected <= told.high).all()
    assert (told.high <= visits[:, None]).all()
    share = counts.found[:, :, 28] / counts.visits[:, 28, None]
    assert told.last_year == pytest.approx(share * visits[:, None])


def test_further_ahead_is_the_season_s_month():
    counts = months()
    usual = usual_visits(counts)
    assert usual == pytest.approx(counts.visits[:, -12:].mean(axis=1))
    year = foretell(counts, usual, ahead=12)
    share = counts.found[:, :, -1] / counts.visits[:, -1, None]
    assert year.last_year == pytest.approx(share * usual[:, None])


def test_forecasts_are_judged_beside_last_year():
    judged = judge(months())
    assert judged.forecasts == 12 * judged.error.size
    assert judged.error.mean() < judged.error_last_year.mean()
    assert 0.8 < judged.held <= 1.0


def test_months_without_visits_then_or_now_are_not_judged():
    counts = months()
    visits, found = counts.visits.copy(), counts.found.copy()
    visits[0, -12:] = found[0, :, -12:] = 0
    visits[1, -20] = found[1, :, -20] = 0
    thin = replace(counts, visits=visits, found=found)
    judged = judge(thin)
    assert judged.forecasts == (12 + 12 + 11) * len(counts.categories)
    assert np.isnan(judged.error[0]).all()
    assert np.isfinite(judged.error[1:]).all()
    # A year without visits is a month with one.
    assert usual_visits(thin)[0] == 1.0
    assert np.isnan(foretell(thin, usual_visits(thin)).last_year[0]).all()


def test_a_year_is_enough_to_foretell_and_not_to_judge():
    counts = months(12)
    assert known_for_a_year(counts).all()
    assert not known_for_a_year(months(11)).any()
    assert np.isfinite(foretell(counts, usual_visits(counts)).expected).all()
    judged = judge(counts)
    assert judged.forecasts == 0
    assert np.isnan(judged.held)
    assert np.isnan(judged.error_last_year).all()
