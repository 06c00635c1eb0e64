import numpy as np
import pytest

from scoring.domain.field_results import FieldVisits, by_origin, divergence


def visits(random, number, skill, *, origin="targeted", base=-1.5):
    """Invent visits whose outcomes follow what was believed as far as `skill` goes."""
    believed = random.normal(size=number)
    positive = random.random(number) < 1 / (1 + np.exp(-(base + skill * believed)))
    return FieldVisits(
        np.array([origin] * number, dtype=object),
        random.integers(0, 10_000, number),
        1 / (1 + np.exp(-(base + believed))),
        positive,
    )


def joined(*parts):
    columns = ("origin", "place", "probability", "positive")
    return FieldVisits(*(np.concatenate([getattr(it, name) for it in parts]) for name in columns))


def test_each_origin_tells_what_it_found_beside_what_was_believed():
    random = np.random.default_rng(1)
    told = by_origin(
        joined(visits(random, 800, 1.0), visits(random, 30, 1.0, origin="due", base=-9.0)), seed=1
    )
    due, targeted = told
    assert (due.origin, due.visits, due.positives, due.auc) == ("due", 30, 0, None)
    assert 0 == due.hit_rate.low <= due.hit_rate.value < due.hit_rate.high < 0.15
    assert targeted.hit_rate.value == pytest.approx(targeted.positives / 800)
    assert targeted.hit_rate.low < targeted.believed < targeted.hit_rate.high
    assert targeted.auc.low > 0.6


def test_skill_that_is_only_there_where_we_look_is_an_alarm():
    random = np.random.default_rng(2)
    apart = joined(visits(random, 900, 1.5), visits(random, 400, 0.0, origin="audit"))
    told = divergence(apart, seed=1)
    assert told.state == "apart"
    assert told.gap.low > 0


def test_few_audits_say_nothing_yet():
    random = np.random.default_rng(3)
    told = divergence(
        joined(visits(random, 900, 1.5), visits(random, 20, 0.0, origin="audit")), seed=1
    )
    assert (told.state, told.gap) == ("not_enough_data", None)


def test_quiet_histories_seldom_alarm():
    states = []
    for seed in range(20):
        random = np.random.default_rng(seed)
        quiet = joined(visits(random, 900, 1.0), visits(random, 300, 1.0, origin="audit"))
        states.append(divergence(quiet, seed=1).state)
    assert set(states) <= {"together", "apart"}
    # Ten per cent are beyond the interval by chance; fewer of them by more than 0.05.
    assert states.count("apart") <= 4
