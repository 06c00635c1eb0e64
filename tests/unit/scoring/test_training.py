import itertools
from dataclasses import replace

import numpy as np
import pytest

from scoring.domain import boosting
from scoring.domain.evaluation import (
    Comparison,
    TrainingPlan,
    Window,
    WindowResult,
    choose_windows,
    compare,
    fit,
    run_window,
)
from scoring.domain.features import features, prepare
from scoring.domain.gate import judge, too_little
from scoring.domain.history import MS_PER_DAY, facts_of
from scoring.domain.labels import labelled_visits
from scoring.domain.learning import learn_from
from scoring.domain.metrics import Interval
from scoring.domain.reasons import explain
from scoring.domain.scorer import score_places

QUICK = TrainingPlan(seed=1, rounds=60)


@pytest.fixture(scope="module")
def planted(invented):
    """A history where some places are lastingly worse."""
    return prepare(facts_of(invented(150, 2500, seed=3, signal=1.6)))


@pytest.fixture(scope="module")
def forest(planted, cutoff):
    return fit(planted, labelled_visits(planted.facts, cutoff), QUICK)


def compared(source, cutoff):
    windows = choose_windows(labelled_visits(source.facts, cutoff), cutoff)
    assert len(windows) == 4
    return compare([run_window(source, window, QUICK) for window in windows], seed=1)


def test_only_completed_routine_visits_are_labels(source, cutoff):
    visits = source.facts.visits
    labelled = labelled_visits(source.facts, cutoff)
    assert visits.done[labelled.visit].all()
    assert visits.routine[labelled.visit].all()
    assert labelled.visit.size == int((visits.done & visits.routine).sum())
    assert (labelled.positive == (visits.criticals[labelled.visit] > 0)).all()


def test_a_label_known_too_late_is_not_learned(source):
    middle = int(np.median(source.facts.visits.known_ms))
    assert (labelled_visits(source.facts, middle).known_ms < middle).all()


def test_the_lead_inspector_is_the_first_of_the_team(source, cutoff):
    visits = source.facts.visits
    labelled = labelled_visits(source.facts, cutoff)
    for row, lead in zip(labelled.visit.tolist(), labelled.inspector.tolist(), strict=True):
        team = visits.team_inspector[visits.team_visit == row]
        assert lead == (team[0] if team.size else -1)


def test_windows_end_at_the_cutoff_and_leave_half_of_the_time_to_learn_from(planted, cutoff):
    labelled = labelled_visits(planted.facts, cutoff)
    windows = choose_windows(labelled, cutoff)
    assert windows[-1].end_ms <= cutoff
    learned_days = (windows[0].start_ms - labelled.as_of_ms.min()) / 86_400_000
    assert learned_days > 365
    for one, other in itertools.pairwise(windows):
        assert one.end_ms <= other.start_ms


def test_no_visit_gives_no_window(source):
    assert choose_windows(labelled_visits(source.facts, 0), 10) == ()


def test_the_same_data_and_seed_give_the_same_model(planted, forest, cutoff):
    labelled = labelled_visits(planted.facts, cutoff)
    assert fit(planted, labelled, QUICK).id == forest.id
    assert fit(planted, labelled, replace(QUICK, seed=2)).id != forest.id


def test_a_model_read_back_from_its_text_scores_the_same(planted, forest, cutoff):
    again = boosting.forest_of(forest.text)
    assert again.id == forest.id
    places = np.arange(20)
    table = features(planted, places, np.full(20, cutoff))
    np.testing.assert_array_equal(
        boosting.probability(again, table.values), boosting.probability(forest, table.values)
    )


def test_a_broken_model_text_is_refused():
    with pytest.raises(boosting.ModelTextError, match="train again"):
        boosting.forest_of("not a model")


def test_contributions_that_miss_the_score_are_refused(planted, forest, cutoff, monkeypatch):
    table = features(planted, np.arange(3), np.full(3, cutoff))
    monkeypatch.setattr(boosting, "log_odds", lambda _forest, values: np.ones(len(values)) * 99)
    with pytest.raises(boosting.ContributionError):
        boosting.contributions(forest, table.values)


def test_the_groups_of_a_score_add_up_to_it(planted, forest, cutoff):
    places = np.arange(30)
    scores = score_places(planted, places, cutoff, forest)
    table = features(planted, places, np.full(30, cutoff))
    base = boosting.contributions(forest, table.values)[:, -1]
    log_odds = np.log(scores.probability / (1 - scores.probability))
    assert scores.method == "model"
    assert base + scores.contributions.sum(axis=1) == pytest.approx(log_odds)


def test_the_future_changes_no_score(invented, forest):
    history = invented(150, 2500, seed=3, signal=1.6)
    middle = int(history.visits["known_at"].dt.epoch("ms").median())
    past = history.visits.filter(history.visits["known_at"].dt.epoch("ms") < middle)
    whole = prepare(facts_of(history))
    cut = prepare(facts_of(replace(history, visits=past)))
    places = np.arange(150)
    one = score_places(whole, places, middle, forest).probability
    assert one.tobytes() == score_places(cut, places, middle, forest).probability.tobytes()


def test_shuffled_outcomes_are_refused(planted, cutoff):
    visits = planted.facts.visits
    shuffled = np.random.default_rng(4).permutation(visits.criticals)
    points = np.random.default_rng(5).permutation(visits.points)
    facts = replace(planted.facts, visits=replace(visits, criticals=shuffled, points=points))
    verdict = judge(compared(prepare(facts), cutoff))
    assert not verdict.promoted
    assert "The rule keeps serving" in verdict.words.en
    assert "La règle continue" in verdict.words.fr


def with_planted_category(planted):
    """Let pests, which come and go by place and year, foretell the danger of that year."""
    visits = planted.facts.visits
    random = np.random.default_rng(8)
    infested = random.random((planted.facts.places.ids.size, 10)) < 0.4
    year = ((visits.day - visits.day.min()) / 400).astype(int)
    now = infested[visits.place, year]
    categories = random.poisson(0.4, visits.categories.shape).astype(float)
    categories[:, 6] = 3.0 * now * visits.done
    danger = random.random(visits.place.size) < np.where(now, 0.6, 0.05)
    # Points say nothing here, so the rule cannot see what the categories tell.
    points = random.poisson(3.0, visits.place.size).astype(float)
    changed = replace(
        visits,
        categories=categories,
        criticals=(danger & visits.done & visits.routine).astype(float),
        points=points,
        serious=np.zeros(visits.place.size),
    )
    return prepare(replace(planted.facts, visits=changed))


def test_a_model_that_sees_more_than_the_rule_is_promoted(planted, cutoff):
    comparison = compared(with_planted_category(planted), cutoff)
    verdict = judge(comparison)
    assert comparison.gain["rule"].low > 0
    assert verdict.promoted, verdict.words.en
    assert set(comparison.auc_within_inspector) >= {"model", "rule"}


@pytest.mark.parametrize(("earlier_ms", "promoted"), [(0, True), (1, False)])
def test_a_winner_is_promoted_as_of_the_newest_visit_s_day_and_not_before(
    planted, earlier_ms, promoted
):
    source = with_planted_category(planted)
    newest = int(source.facts.visits.day.max()) * MS_PER_DAY
    lesson = learn_from(lambda *_: None, source, newest - earlier_ms, QUICK)
    assert lesson.verdict.won, lesson.verdict.words.en
    assert lesson.verdict.promoted == promoted
    assert ("replaces it." in lesson.verdict.words.en) == promoted
    assert ("newer visits are known" in lesson.verdict.words.en) != promoted
    assert ("des visites plus récentes sont connues" in lesson.verdict.words.fr) != promoted


def result(model, others):
    """Make a window where the model's and the rivals' scores are given."""
    positive = np.array([True, False] * 20)
    scores = np.vstack([model, *[others] * 4])
    places = np.arange(40)
    return WindowResult(Window(0, 1), places, positive, places % 2, scores)


def test_one_much_worse_window_is_enough_to_refuse():
    right = np.tile([1.0, 0.0], 20)
    wrong = 1 - right
    flat = np.zeros(40)
    windows = (result(right, flat), result(right, flat), result(wrong, right))
    good = {name: Interval(0.6, 0.5, 0.7) for name in ("model", "rule", "last_points")}
    gains = {
        name: Interval(0.1, 0.05, 0.2)
        for name in ("rule", "last_points", "smoothed_rate", "overdue")
    }
    auc = good | {"smoothed_rate": good["rule"], "overdue": good["rule"]}
    verdict = judge(Comparison(windows, auc, {}, gains))
    assert not verdict.promoted
    assert "worst period -1.000" in verdict.words.en


@pytest.mark.parametrize(
    ("visits", "positives", "windows", "says"),
    [(299, 80, 4, "299 visits"), (400, 49, 4, "49 of them"), (400, 80, 2, "Only 2 periods")],
)
def test_too_little_history_is_not_trained_on(visits, positives, windows, says):
    verdict = too_little(visits, positives, windows)
    assert verdict is not None
    assert not verdict.promoted
    assert says in verdict.words.en


def test_enough_history_may_be_trained_on():
    assert too_little(300, 50, 3) is None


@pytest.mark.parametrize("method", ["rule", "model"])
def test_reasons_are_the_strongest_parts_with_the_visits_behind_them(
    planted, forest, cutoff, method
):
    places = np.arange(planted.facts.places.ids.size)
    scores = score_places(planted, places, cutoff, forest if method == "model" else None)
    assert scores.method == method
    visits = planted.facts.visits
    where = dict(zip(visits.ids.tolist(), visits.place.tolist(), strict=True))
    for place, reasons in enumerate(explain(planted.facts, scores)):
        assert 1 <= len(reasons) <= 3
        shares = [abs(reason.share) for reason in reasons]
        assert shares == sorted(shares, reverse=True)
        for reason in reasons:
            part = scores.contributions[place, scores.groups.index(reason.group)]
            assert reason.direction == ("up" if part > 0 else "down")
            assert reason.words.fr.endswith(".")
            assert reason.words.en.endswith(".")
            assert all(where[visit] == place for visit in reason.inspection_ids)
            assert len(reason.inspection_ids) <= 5


@pytest.mark.parametrize("method", ["rule", "model"])
def test_a_never_visited_place_says_that_its_score_is_uncertain(planted, forest, method):
    first = int(planted.facts.visits.known_ms.min())
    scores = score_places(planted, np.array([0, 1]), first, forest if method == "model" else None)
    for reasons in explain(planted.facts, scores):
        assert reasons[0].group == "unknown"
        assert "uncertain" in reasons[0].words.en
        assert all(not reason.inspection_ids for reason in reasons)
        told = {reason.group for reason in reasons}
        assert not told & {"history", "last_visits", "time", "categories"}


def test_the_order_of_windows_without_known_inspectors_is_not_measured_within_them(planted, cutoff):
    visits = planted.facts.visits
    nobody = np.array([], dtype=np.int64)
    facts = replace(planted.facts, visits=replace(visits, team_visit=nobody, team_inspector=nobody))
    assert compared(prepare(facts), cutoff).auc_within_inspector == {}
