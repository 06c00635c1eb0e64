from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.domain.features import Evidence, features, prepare
from scoring.domain.history import History, facts_of
from scoring.domain.rule import HIGHEST_PRIOR, LOWEST_PRIOR, score_by_rule

ratio = st.floats(0.05, 20)


AVERAGE = (1.0, 1.0, 1.0, 1.0)


def evidence(observed, expected, *, ratios=AVERAGE, visits=4.0, critical=(1.0, 1.0)):
    return Evidence(
        visits=np.array([visits]),
        observed_points=np.array([observed]),
        expected_points=np.array([expected]),
        observed_critical=np.array([critical[0]]),
        expected_critical=np.array([critical[1]]),
        ratio=np.array([ratios]),
        average_rate=np.array([0.2]),
        average_points=np.array([3.0]),
    )


def probability(*args, **kwargs):
    return float(score_by_rule(evidence(*args, **kwargs)).probability[0])


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


@given(st.tuples(ratio, ratio, ratio, ratio), st.floats(0, 100), st.floats(0, 100), st.floats(0, 9))
def test_the_parts_add_up_to_the_score(ratios, observed, expected, visits):
    score = score_by_rule(evidence(observed, expected, ratios=ratios, visits=visits))
    log_odds = np.log(score.probability / (1 - score.probability))
    assert score.base + score.contributions.sum(axis=1) == pytest.approx(log_odds)
    prior = np.exp(score.contributions[0, 1:].sum())
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
        scores.append(float(score_by_rule(table.evidence).probability[0]))
    assert scores == sorted(scores)
    assert scores[0] < scores[-1]
