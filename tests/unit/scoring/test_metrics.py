import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from scoring.domain.metrics import auc, auc_within, interval, place_weights, resampled_auc


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=60))
def test_the_auc_is_the_one_everybody_computes(rows):
    score = np.array([float(value) for value, _ in rows])
    positive = np.array([flag for _, flag in rows])
    if positive.all() or not positive.any():
        assert np.isnan(auc(score, positive))
    else:
        assert auc(score, positive) == pytest.approx(roc_auc_score(positive, score))


def test_no_row_has_no_auc():
    assert np.isnan(auc(np.array([]), np.array([], dtype=bool)))


@given(st.integers(0, 1000))
def test_a_weight_is_as_many_copies_of_a_row(seed):
    random = np.random.default_rng(seed)
    score, positive = random.integers(0, 9, 30).astype(float), random.random(30) < 0.5
    copies = random.integers(0, 3, 30)
    weighted = resampled_auc(score, positive, copies[None].astype(float))[0]
    copied = auc(np.repeat(score, copies), np.repeat(positive, copies))
    assert weighted == pytest.approx(copied, nan_ok=True)


def test_severity_of_the_inspector_alone_is_worth_nothing_within_inspectors():
    group = np.repeat([0, 1], 100)
    positive = np.random.default_rng(1).random(200) < np.where(group == 0, 0.1, 0.8)
    score = group.astype(float)
    assert auc(score, positive) > 0.8
    assert auc_within(score, positive, group) == pytest.approx(0.5)


def test_unknown_inspectors_leave_nothing_to_compare_within():
    score, positive = np.array([1.0, 2.0]), np.array([False, True])
    assert np.isnan(auc_within(score, positive, np.array([-1, -1])))
    assert np.isnan(auc_within(score, positive, np.array([0, 1])))


def test_visits_of_a_place_are_drawn_together():
    weights = place_weights(np.array([7, 3, 7, 3, 9]), seed=1, draws=50)
    np.testing.assert_array_equal(weights[:, 0], weights[:, 2])
    np.testing.assert_array_equal(weights[:, 1], weights[:, 3])
    assert (weights[:, 0] + weights[:, 1] + weights[:, 4] == 3).all()


def test_an_interval_holds_the_middle_nine_tenths():
    found = interval(0.5, np.append(np.linspace(0, 1, 1001), np.nan))
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.05, 0.95))
    assert interval(0.5, np.array([np.nan])).low == 0.5
