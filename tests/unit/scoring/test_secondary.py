from dataclasses import replace

import numpy as np
import pytest

from scoring.domain.evaluation import TrainingPlan, run_window
from scoring.domain.facts import facts_of
from scoring.domain.history import MS_PER_DAY
from scoring.domain.label_policy import DANGER
from scoring.domain.labels import labelled_visits
from scoring.domain.outcomes import outcomes_of
from scoring.domain.secondary import LEFT_OPEN, OWN, POINTS, run_targets
from scoring.domain.secondary_figures import target_figures
from scoring.domain.source import prepare
from scoring.domain.windows import choose_windows

QUICK = TrainingPlan(seed=1, rounds=15)
EVER = np.iinfo(np.int64).max


@pytest.fixture(scope="module")
def history(invented):
    return invented(60, 1800, seed=4, signal=1.5)


@pytest.fixture(scope="module")
def town(history):
    return prepare(facts_of(history))


def still_open(visits, row, days):
    """Look through all visits, the slow and obvious way."""
    if visits.criticals[row] + visits.serious[row] == 0:
        return False
    for other in range(visits.place.size):
        later = visits.day[other] - visits.day[row]
        written = visits.known_ms[other] <= (visits.day[other] + 7) * MS_PER_DAY
        in_order = visits.criticals[other] + visits.serious[other] == 0
        came = visits.reinspection[other] and not visits.no_access[other]
        same = visits.place[other] == visits.place[row]
        if same and 0 < later <= days and written and in_order and came:
            return False
    return True


@pytest.mark.parametrize("days", [30, 120])
def test_what_is_left_open_is_what_nobody_saw_put_right_in_time(history, days):
    facts = facts_of(history, policy=replace(DANGER, open_after_days=days))
    labelled = labelled_visits(facts, EVER)
    found = outcomes_of(facts, labelled)
    rows = np.random.default_rng(2).choice(labelled.place.size, 200, replace=False)
    reference = [still_open(facts.visits, labelled.visit[row], days) for row in rows]
    assert found.left_open[rows].tolist() == reference
    severe = facts.visits.criticals[labelled.visit] + facts.visits.serious[labelled.visit] > 0
    assert 0 < found.left_open.sum() < severe.sum()
    assert found.points.tolist() == facts.visits.points[labelled.visit].tolist()


def test_what_becomes_known_later_changes_no_outcome_that_was_told(history, town):
    labelled = labelled_visits(town.facts, EVER)
    whole = outcomes_of(town.facts, labelled)
    middle = int(np.median(whole.told_ms))
    known = history.visits.filter(history.visits["known_at"].dt.epoch("ms") < middle)
    facts = facts_of(replace(history, visits=known))
    early = labelled_visits(facts, EVER)
    told = whole.told_ms < middle
    by_name = dict(
        zip(facts.visits.ids[early.visit], outcomes_of(facts, early).left_open, strict=True)
    )
    names = town.facts.visits.ids[labelled.visit][told]
    assert told.sum() > 100
    assert [by_name[name] for name in names] == whole.left_open[told].tolist()


def test_targets_are_learned_before_each_window_and_measured_with_intervals(town, cutoff):
    windows = choose_windows(labelled_visits(town.facts, cutoff), cutoff)[-2:]
    results = [run_window(town, window, QUICK) for window in windows]
    targets = [it for result in results for it in run_targets(town, result, QUICK)]
    points, left = target_figures(targets, 1, (0.1,))
    assert (points.target, left.target) == (POINTS, LEFT_OPEN)
    assert points.windows == left.windows == 2
    assert points.visits == sum(it.place.size for it in results)
    # Whether the newest visits leave something open is not known yet.
    assert left.visits < points.visits
    assert 0.7 < points.figures[OWN]["foreseen_over_found"].value < 1.4
    assert left.figures[OWN]["calibration_error"].value < 0.15
    for figures in (points, left):
        assert set(figures.gain) == {"model", "rule", "adjusted_ratio", "last_points"}
        own = figures.figures[OWN]["found_in_first_half"]
        assert 0.5 < own.low < own.value < own.high < 1
    auc = {name: it["auc"].value for name, it in left.figures.items()}
    assert left.gain["rule"].value == pytest.approx(auc[OWN] - auc["rule"])


def test_a_target_that_hardly_ever_happens_is_not_learned(town, cutoff):
    window = choose_windows(labelled_visits(town.facts, cutoff), cutoff)[0]
    result = run_window(town, window, QUICK)
    visits = town.facts.visits
    harmless = replace(visits, criticals=visits.criticals * 0, serious=visits.serious * 0)
    source = prepare(replace(town.facts, visits=harmless))
    assert [it.target for it in run_targets(source, result, QUICK)] == [POINTS]
    nothing = prepare(replace(town.facts, visits=replace(harmless, points=visits.points * 0)))
    assert run_targets(nothing, result, QUICK) == []
