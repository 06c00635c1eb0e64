from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.domain.audit import Drawable, draw, stratum_of
from scoring.domain.audit_estimate import Audited, estimate_audit, share

DAYS = (None, 20, 200, 900)
PLACES = [
    Drawable(f"place-{number:03}", ("75", "93")[number % 3 == 0], DAYS[number % 4])
    for number in range(240)
]


def test_the_same_seed_and_places_give_the_same_draw_in_whatever_order_they_come():
    one = draw(PLACES, 24, seed=5)
    assert draw(PLACES[::-1], 24, seed=5) == one
    assert draw(PLACES, 24, seed=6) != one
    assert draw([], 24, seed=5) == []


@given(st.floats(0.5, 60), st.integers(0, 2**32))
def test_every_stratum_has_its_share_within_one(expected, seed):
    picks = draw(PLACES, expected, seed)
    assert abs(len(picks) - expected) < 1
    assert len({it.accommodation_id for it in picks}) == len(picks)
    drawn, there = Counter(it.stratum for it in picks), Counter(map(stratum_of, PLACES))
    assert len(there) == 8
    for stratum, number in there.items():
        assert abs(drawn[stratum] - number * expected / 240) < 1 + 1e-9


def test_a_place_is_drawn_as_often_as_its_propensity_says():
    counts = Counter(it.accommodation_id for seed in range(4000) for it in draw(PLACES, 7.5, seed))
    assert draw(PLACES, 7.5, 1)[0].propensity == pytest.approx(7.5 / 240)
    often = np.array([counts[it.accommodation_id] for it in PLACES]) / 4000
    assert often.mean() == pytest.approx(7.5 / 240, rel=0.01)
    # Twelve expected deviations would be needed for a place that is drawn half as often again.
    assert abs(often - 7.5 / 240).max() < 5 * np.sqrt(7.5 / 240 / 4000)


def test_more_than_there_are_draws_all():
    picks = draw(PLACES[:3], 10, 1)
    assert len(picks) == 3
    assert {it.propensity for it in picks} == {1.0}


def audited(stratum, propensity, *, seen=True, positive=False, targeted=False):
    return Audited(stratum, propensity, seen, positive, targeted)


def test_a_rare_audit_stands_for_more_places():
    often = [audited("a", 0.5, positive=True)] * 10
    rare = [audited("b", 0.1)] * 10
    found = estimate_audit([*often, *rare])
    # 20 places of one stratum, all dangerous, and 100 of the other, none.
    assert found.base_rate.value == pytest.approx(20 / 120)
    assert found.base_rate.low < 20 / 120 < found.base_rate.high
    assert (found.drawn, found.seen, found.positives) == (20, 20, 10)


def test_places_drawn_and_not_seen_are_stood_for_by_those_of_their_stratum():
    audits = [audited("a", 0.5, positive=True)] * 5 + [audited("a", 0.5, seen=False)] * 15
    audits += [audited("b", 0.5)] * 20
    found = estimate_audit(audits)
    assert found.base_rate.value == pytest.approx(0.5)
    assert (found.drawn, found.seen) == (40, 25)


def test_what_the_ranking_misses_is_the_part_of_dangers_it_left_out():
    audits = [audited("a", 0.2, positive=True, targeted=True)] * 6
    audits += [audited("a", 0.2, positive=True)] * 2 + [audited("a", 0.2)] * 30
    assert estimate_audit(audits).missed.value == pytest.approx(0.25)


def test_without_audits_or_without_dangers_nothing_is_estimated():
    nothing = estimate_audit([])
    assert (nothing.base_rate, nothing.missed) == (None, None)
    unseen = estimate_audit([audited("a", 0.2, seen=False)])
    assert (unseen.base_rate, unseen.drawn) == (None, 1)
    assert estimate_audit([audited("a", 0.2)]).missed is None


def replay(seed):
    """Invent half a year of weeks in which risk shifts to where the ranking does not look.

    Gives the true share of dangers, what audits say of it, and what the targeted visits say.
    """
    random = np.random.default_rng(seed)
    number, capacity, weeks = 400, 30, 26
    known = random.normal(size=number)
    hidden = random.normal(size=number)
    truth, audits, targeted_found = [], [], []
    for week in range(weeks):
        # From week to week what was known of places tells less of them.
        mixed = known * (1 - week / weeks) + hidden * week / weeks
        danger = random.random(number) < 1 / (1 + np.exp(2.2 - mixed))
        order = np.argsort(-known - 0.1 * random.normal(size=number))
        top = np.zeros(number, dtype=bool)
        top[order[:capacity]] = True
        truth.append(danger.mean())
        targeted_found += danger[top].tolist()
        places = [Drawable(f"{row:03}", "75", DAYS[row % 4]) for row in range(number)]
        for pick in draw(places, 0.1 * capacity, seed * 1000 + week):
            row = int(pick.accommodation_id)
            # One visit in ten finds a closed door.
            audits.append(
                Audited(
                    pick.stratum,
                    pick.propensity,
                    seen=bool(random.random() < 0.9),
                    positive=bool(danger[row]),
                    targeted=bool(top[row]),
                )
            )
    visited = np.array(targeted_found)
    return np.mean(truth), estimate_audit(audits).base_rate, share(visited, np.ones(visited.size))


def covers(interval, truth):
    return interval.low <= truth <= interval.high


def covered(seeds):
    """Tell in which share of replays audits, and targeted visits alone, cover the truth."""
    told = [replay(seed) for seed in seeds]
    audits = np.mean([covers(audit, truth) for truth, audit, _ in told])
    return float(audits), float(np.mean([covers(visits, truth) for truth, _, visits in told]))


def test_audits_cover_the_truth_where_targeted_visits_alone_do_not():
    audits, targeted = covered(range(40))
    assert audits >= 0.75
    assert targeted <= 0.1


@pytest.mark.slow
def test_audits_cover_the_truth_in_nine_of_ten_of_five_hundred_replays():
    audits, targeted = covered(range(500))
    print(
        f"\naudits cover the truth in {audits:.1%} of 500 replays, targeted visits {targeted:.1%}"
    )
    assert 0.86 <= audits <= 0.94
    assert targeted <= 0.1
