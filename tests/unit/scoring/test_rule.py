from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.domain.ensemble import probability as chance
from scoring.domain.evidence import Evidence
from scoring.domain.facts import facts_of
from scoring.domain.features import features
from scoring.domain.history import History
from scoring.domain.rule import (
    COMPLAINT_POINTS,
    DEFAULT_WEIGHTS,
    HEURISTIC,
    HIGHEST_PRIOR,
    LOWEST_PRIOR,
    RULE_GROUPS,
    score_by_rule,
)
from scoring.domain.source import prepare

ratio = st.floats(0.05, 20)


AVERAGE = (1.0, 1.0, 1.0, 1.0)


def evidence(observed, expected, *, ratios=AVERAGE, visits=4.0, critical=(1.0, 1.0), told=(0, 0)):
    return Evidence(
        visits=np.array([visits]),
        observed_points=np.array([observed]),
        expected_points=np.array([expected]),
        observed_critical=np.array([critical[0]]),
        expected_critical=np.array([critical[1]]),
        ratio=np.array([ratios]),
        average_rate=np.array([0.2]),
        average_points=np.array([3.0]),
        verified=np.array([float(told[0])]),
        unverified=np.array([float(told[1])]),
        contacts=np.array([0.0]),
    )


def probability(*args, weights=DEFAULT_WEIGHTS, **kwargs):
    return float(chance(score_by_rule(evidence(*args, **kwargs), weights).log_odds)[0])


def test_a_place_where_the_expected_was_found_has_the_average_probability():
    assert probability(12.0, 12.0) == pytest.approx(0.2)


@given(st.floats(0, 200), st.floats(0.01, 50), st.floats(0, 100), ratio)
def test_more_severe_findings_never_lower_the_score(observed, more, expected, kind):
    ratios = (kind, 1.0, 1.0, 1.0)
    before = probability(observed, expected, ratios=ratios)
    assert probability(observed + more, expected, ratios=ratios) > before


@given(st.floats(0, 200), st.floats(0, 100), st.floats(0.01, 100))
def test_severe_inspectors_do_not_make_a_bad_place(observed, expected, more):
    assert probability(observed, expected + more) < probability(observed, expected)


@pytest.mark.parametrize("group", RULE_GROUPS)
def test_a_group_that_is_left_out_adds_nothing_and_the_others_what_they_did(group):
    whole = score_by_rule(evidence(20, 9, ratios=(2, 1.5, 1.2, 1.1), told=(3, 1)), DEFAULT_WEIGHTS)
    left = whole.without(group)
    column = RULE_GROUPS.index(group)
    assert left.contributions[0, column] == 0
    assert left.base + left.contributions.sum(axis=1) == pytest.approx(left.log_odds)
    assert left.high - left.low == pytest.approx(whole.high - whole.low)
    assert np.delete(left.contributions, column) == pytest.approx(
        np.delete(whole.contributions, column)
    )
    assert whole.without("period") is whole


@given(st.tuples(ratio, ratio, ratio, ratio), st.floats(0, 100), st.floats(0, 100), st.floats(0, 9))
def test_the_parts_add_up_to_the_score(ratios, observed, expected, visits):
    score = score_by_rule(
        evidence(observed, expected, ratios=ratios, visits=visits), DEFAULT_WEIGHTS
    )
    assert score.base + score.contributions.sum(axis=1) == pytest.approx(score.log_odds)
    assert score.low[0] < score.log_odds[0] < score.high[0]
    prior = np.exp(score.contributions[0, 1:4].sum())
    assert LOWEST_PRIOR * 0.999 <= prior <= HIGHEST_PRIOR * 1.001


@given(st.floats(0, 20), st.floats(0.01, 5), st.floats(0, 20))
def test_more_dangerous_visits_raise_the_score(observed, more, expected):
    before = probability(5.0, 5.0, critical=(observed, expected))
    assert probability(5.0, 5.0, critical=(observed + more, expected)) > before


def test_a_never_visited_place_follows_its_operator_and_its_neighbours():
    average = probability(0.0, 0.0, visits=0.0, critical=(0, 0))
    assert average == pytest.approx(0.2)
    assert probability(0.0, 0.0, visits=0.0, critical=(0, 0), ratios=(1, 2, 1, 1)) > average
    assert probability(0.0, 0.0, visits=0.0, critical=(0, 0), ratios=(1, 1, 2, 2)) > average


def test_the_neighbourhood_fades_with_own_visits():
    new = probability(6.0, 6.0, visits=0.0, critical=(0, 0), ratios=(1, 1, 2, 2))
    known = probability(6.0, 6.0, visits=9.0, ratios=(1, 1, 2, 2))
    assert new > known > probability(6.0, 6.0, visits=9.0)


@pytest.mark.parametrize("seed", range(4))
def test_raising_the_severity_of_the_last_findings_raises_the_score(invented, seed):
    history = invented(10, 80, seed=seed)
    visits = history.visits.sort("known_at")
    done = visits.filter(pl.col("inspection_id").is_in(history.findings["inspection_id"].implode()))
    last, place = done["inspection_id"][-1], done["accommodation_id"][-1]
    mine = pl.col("inspection_id") == last
    scores = []
    for severity in (1, 2, 3, 4):
        findings = history.findings.with_columns(
            severity=pl.when(mine).then(severity).otherwise("severity"),
            critical=pl.when(mine).then(severity == 4).otherwise("critical"),
        )
        source = prepare(facts_of(History(history.accommodations, history.visits, findings)))
        as_of = np.array([int(datetime(2026, 6, 1, tzinfo=UTC).timestamp() * 1000)])
        table = features(source, source.facts.places_of([place]), as_of)
        scores.append(float(score_by_rule(table.evidence, DEFAULT_WEIGHTS).log_odds[0]))
    assert scores == sorted(scores)
    assert scores[0] < scores[-1]


@given(st.floats(0, 60), st.floats(0.01, 60))
def test_what_is_complained_of_raises_the_score_up_to_a_bound(points, more):
    before = probability(5.0, 5.0, told=(points, 0))
    after = probability(5.0, 5.0, told=(points + more, 0))
    bounded = points >= 2 * COMPLAINT_POINTS
    assert after == before if bounded else after > before
    assert after <= probability(5.0, 5.0, told=(1e9, 0))


def test_a_verified_complaint_weighs_more_than_all_that_nobody_verified():
    unverified = probability(5.0, 5.0, told=(0, COMPLAINT_POINTS))
    assert probability(5.0, 5.0) < unverified < probability(5.0, 5.0, told=(COMPLAINT_POINTS, 0))


def test_the_heuristic_weighs_points_kind_and_complaints_alone():
    plain = probability(5.0, 5.0, weights=HEURISTIC)
    assert probability(5.0, 5.0, weights=HEURISTIC, ratios=(1, 3, 3, 3)) == pytest.approx(plain)
    assert probability(5.0, 5.0, weights=HEURISTIC, critical=(9, 1)) == pytest.approx(plain)
    assert probability(9.0, 5.0, weights=HEURISTIC) > plain
    assert probability(5.0, 5.0, weights=HEURISTIC, told=(5, 0)) > plain


def test_more_visits_narrow_the_interval():
    few, many = (
        score_by_rule(evidence(5.0, 5.0, visits=visits), DEFAULT_WEIGHTS) for visits in (1.0, 20.0)
    )
    assert many.high - many.low < few.high - few.low
