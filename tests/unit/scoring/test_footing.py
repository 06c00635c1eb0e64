import numpy as np
import pytest

from scoring.domain.footing import footing_of, shift_to

CHANCES = np.random.default_rng(5)
SAID = CHANCES.normal(size=40_000) - 2.0


def drawn(log_odds):
    return CHANCES.random(log_odds.size) < 1 / (1 + np.exp(-log_odds))


@pytest.mark.parametrize("slope", [0.1, 1.5])
def test_the_rule_counts_as_much_as_the_history_says(slope):
    team = CHANCES.choice([-1.0, 1.0], SAID.size)
    positive = drawn(0.3 + slope * SAID + team)
    found = footing_of(SAID, positive, team)
    assert found.slope == pytest.approx(slope, abs=0.08)
    assert found.of(np.array([0.0, 1.0])) == pytest.approx([0.3, 0.3 + slope], abs=0.15)


def test_few_visits_and_a_rule_that_says_the_same_of_all_leave_it_as_it_is():
    few = footing_of(SAID[:40], drawn(-SAID[:40] - 4.0), np.zeros(40))
    assert 0.0 < few.slope < 1.0
    nothing = footing_of(np.full(500, -2.0), np.arange(500) % 8 == 0, np.zeros(500))
    assert nothing.slope == pytest.approx(1.0, abs=0.01)


def test_chances_are_right_on_average_after_the_shift():
    positive = drawn(SAID)
    shift = shift_to(SAID - 1.5, positive)
    assert (1 / (1 + np.exp(-(SAID - 1.5 + shift)))).mean() == pytest.approx(positive.mean())
    assert np.isfinite(shift_to(np.full(9, -800.0), np.ones(9, dtype=bool)))
