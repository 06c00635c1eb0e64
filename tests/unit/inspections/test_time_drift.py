"""Whether visits take longer than they did, against their plan."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.domain.time_drift import ENOUGH_VISITS, LogRatios, drift_between

SUMS = st.builds(
    LogRatios,
    st.integers(ENOUGH_VISITS, 500),
    st.floats(-1, 1, allow_nan=False),
    st.floats(0.001, 1, allow_nan=False),
)


def test_nine_visits_say_nothing():
    many, few = LogRatios(200, 0.0, 0.1), LogRatios(ENOUGH_VISITS - 1, 1.0, 0.1)
    assert drift_between(many, few) is None
    assert drift_between(few, many) is None


@given(before=SUMS, since=SUMS)
def test_looked_at_from_the_other_end_it_is_the_inverse(before, since):
    there, back = drift_between(before, since), drift_between(since, before)
    assert there.low <= there.ratio <= there.high
    assert there.ratio * back.ratio == pytest.approx(1)
    assert there.low * back.high == pytest.approx(1)
    assert there.is_certain == back.is_certain


def test_its_interval_holds_the_truth_in_some_95_of_100_draws():
    rng, held, draws = np.random.default_rng(4), 0, 2000
    for _ in range(draws):
        before, since = rng.normal(0.05, 0.3, 60), rng.normal(0.05 + math.log(1.2), 0.3, 40)
        drift = drift_between(
            *(LogRatios(len(it), it.mean(), it.var(ddof=1)) for it in (before, since))
        )
        held += drift.low <= 1.2 <= drift.high
    assert 0.93 < held / draws < 0.97
