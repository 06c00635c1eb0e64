import itertools
from dataclasses import replace

import numpy as np
import pytest

from scoring.domain import ensemble
from scoring.domain.comparison import compare
from scoring.domain.evaluation import (
    BASELINES,
    Incumbent,
    TrainingPlan,
    WindowResult,
    fit,
    run_window,
)
from scoring.domain.facts import facts_of
from scoring.domain.features import features
from scoring.domain.gate import judge, too_little
from scoring.domain.history import MS_PER_DAY
from scoring.domain.labels import labelled_visits
from scoring.domain.learning import Assignment, learn_from
from scoring.domain.reasons import explain
from scoring.domain.rule import DEFAULT_WEIGHTS, score_by_rule
from scoring.domain.scorer import Scorer, score_places, scorer_of, tell
from scoring.domain.source import prepare
from scoring.domain.windows import Window, choose_windows

QUICK = TrainingPlan(seed=1, rounds=60)


@pytest.fixture(scope="module")
def planted(invented):
    """A history where some places are lastingly worse."""
    return prepare(facts_of(invented(150, 2500, seed=3, signal=1.6)))


@pytest.fixture(scope="module")
def telling(invented):
    """A longer history in which one category tells what nothing else does."""
    return with_planted_category(prepare(facts_of(invented(900, 5000, seed=3))))


@pytest.fixture(scope="module")
def model(planted, cutoff):
    return fit(planted, labelled_visits(planted.facts, cutoff), QUICK)


def by_model(model):
    return Scorer("model", DEFAULT_WEIGHTS, model)


def by(method, model):
    return Scorer(method, DEFAULT_WEIGHTS, model if method == "model" else None)


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


def test_the_same_data_and_seed_give_the_same_model(planted, model, cutoff):
    labelled = labelled_visits(planted.facts, cutoff)
    assert fit(planted, labelled, QUICK).id == model.id
    assert fit(planted, labelled, replace(QUICK, seed=2)).id != model.id


def test_a_model_read_back_from_its_text_scores_the_same(planted, model, cutoff):
    again = ensemble.ensemble_of(model.text)
    assert again.id == model.id
    assert again.rounds == QUICK.rounds
    places = np.arange(20)
    table = features(planted, places, np.full(20, cutoff))
    rule = score_by_rule(table.evidence, again.weights)
    np.testing.assert_array_equal(
        ensemble.estimate(again, table.values, rule).log_odds,
        ensemble.estimate(model, table.values, rule).log_odds,
    )


def test_a_broken_model_text_is_refused():
    with pytest.raises(ensemble.ModelTextError, match="train again"):
        ensemble.ensemble_of("not a model")


def test_contributions_that_miss_the_score_are_refused(planted, model, cutoff):
    table = features(planted, np.arange(3), np.full(3, cutoff))
    rule = score_by_rule(table.evidence, DEFAULT_WEIGHTS)
    log_odds = ensemble.estimate(model, table.values, rule).log_odds
    ensemble.contributions(model, table.values, rule, log_odds)
    with pytest.raises(ensemble.ContributionError):
        ensemble.contributions(model, table.values, rule, log_odds + 2e-6)


def test_the_groups_of_a_score_add_up_to_it(planted, model, cutoff):
    places = np.arange(30)
    scores = score_places(planted, places, cutoff, by_model(model))
    table = features(planted, places, np.full(30, cutoff))
    rule = score_by_rule(table.evidence, DEFAULT_WEIGHTS)
    log_odds = ensemble.estimate(model, table.values, rule).log_odds
    base = ensemble.contributions(model, table.values, rule, log_odds)[:, -1]
    log_odds = np.log(scores.probability / (1 - scores.probability))
    assert scores.method == "model"
    assert base + scores.contributions.sum(axis=1) == pytest.approx(log_odds, abs=1e-6)
    assert (scores.low < scores.probability).all()
    assert (scores.probability < scores.high).all()


def test_the_future_changes_no_score(invented, model):
    history = invented(150, 2500, seed=3, signal=1.6)
    middle = int(history.visits["known_at"].dt.epoch("ms").median())
    past = history.visits.filter(history.visits["known_at"].dt.epoch("ms") < middle)
    whole = prepare(facts_of(history))
    cut = prepare(facts_of(replace(history, visits=past)))
    places = np.arange(150)
    for scorer in (by_model(model), Scorer("rule", DEFAULT_WEIGHTS)):
        one = tell(whole, places, middle, scorer)
        other = tell(cut, places, middle, scorer)
        assert one.probability.tobytes() == other.probability.tobytes()
        assert one.low.tobytes() == other.low.tobytes()


def test_shuffled_outcomes_are_refused(planted, cutoff):
    visits = planted.facts.visits
    shuffled = np.random.default_rng(4).permutation(visits.criticals)
    points = np.random.default_rng(5).permutation(visits.points)
    facts = replace(
        planted.facts,
        visits=replace(visits, criticals=shuffled, positive=shuffled > 0, points=points),
    )
    verdict = judge(compared(prepare(facts), cutoff))
    assert not verdict.promoted
    assert "What served keeps serving" in verdict.words.en
    assert "continue de servir" in verdict.words.fr


def with_planted_category(planted):
    """Let pests, seen at every visit of some places, foretell dangers that are seen rarely."""
    visits = planted.facts.visits
    random = np.random.default_rng(8)
    now = (random.random(planted.facts.places.ids.size) < 0.4)[visits.place]
    categories = random.poisson(0.4, visits.categories.shape).astype(float)
    categories[:, 6] = 3.0 * now * visits.done
    danger = random.random(visits.place.size) < np.where(now, 0.35, 0.03)
    # Points say nothing here, so the rule cannot see what the categories tell.
    points = random.poisson(3.0, visits.place.size).astype(float)
    changed = replace(
        visits,
        categories=categories,
        criticals=(danger & visits.done & visits.routine).astype(float),
        positive=danger & visits.done & visits.routine,
        points=points,
        serious=np.zeros(visits.place.size),
    )
    return prepare(replace(planted.facts, visits=changed))


def test_a_model_that_sees_more_than_the_rule_is_promoted(telling, cutoff):
    comparison = compared(telling, cutoff)
    verdict = judge(comparison)
    assert comparison.gain["rule"].low > 0
    assert verdict.promoted, verdict.words.en
    assert np.isfinite(comparison.figures["rule"]["auc_within_inspector"].value)


@pytest.mark.parametrize(("earlier_ms", "promoted"), [(0, True), (1, False)])
def test_a_winner_is_promoted_as_of_the_newest_visit_s_day_and_not_before(
    telling, earlier_ms, promoted
):
    newest = int(telling.facts.visits.day.max()) * MS_PER_DAY
    lesson = learn_from(lambda *_: None, telling, Assignment(newest - earlier_ms, QUICK))
    assert lesson.verdict.won, lesson.verdict.words.en
    assert lesson.verdict.promoted == promoted
    assert ("replaces it." in lesson.verdict.words.en) == promoted
    assert ("newer visits are known" in lesson.verdict.words.en) != promoted
    assert ("des visites plus récentes que" in lesson.verdict.words.fr) != promoted


def result(model, others):
    """Make a window where the model's and the rivals' scores are given."""
    positive = np.array([True, False] * 20)
    scores = {"model": model, **dict.fromkeys(("rule", *BASELINES), others)}
    places = np.arange(40)
    return WindowResult(
        Window(0, 1), places, positive, places % 2, visits_known=places, kind=places, scores=scores
    )


def test_one_much_worse_window_is_enough_to_refuse():
    right = np.tile([1.0, 0.0], 20)
    wrong = 1 - right
    flat = np.zeros(40)
    verdict = judge(compare([result(right, flat)] * 9 + [result(wrong, right)], seed=1))
    assert not verdict.promoted
    assert "worst period -1.000" in verdict.words.en
    assert judge(compare([result(right, flat)] * 9, seed=1)).promoted


@pytest.mark.parametrize("rival", ["adjusted_ratio", "last_points"])
def test_a_model_worse_than_one_simple_order_is_refused_by_its_name(rival):
    right = np.tile([1.0, 0.0], 20)
    middling = right.copy()
    middling[:10] = 1 - middling[:10]
    window = result(middling, np.zeros(40))
    window.scores[rival] = right
    verdict = judge(compare([window] * 4, seed=1))
    assert not verdict.promoted
    named = {"adjusted_ratio": "adjusted ratio", "last_points": "last visit's points"}
    assert named[rival] in verdict.words.en


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


@pytest.mark.parametrize("method", ["rule", "model", "heuristic"])
def test_reasons_are_the_strongest_parts_with_the_visits_behind_them(
    planted, model, cutoff, method
):
    places = np.arange(planted.facts.places.ids.size)
    scores = score_places(planted, places, cutoff, by(method, model))
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


@pytest.mark.parametrize("method", ["rule", "model", "heuristic"])
def test_a_never_visited_place_says_that_its_score_is_uncertain(planted, model, method):
    first = int(planted.facts.visits.known_ms.min())
    scores = score_places(planted, np.array([0, 1]), first, by(method, model))
    for reasons in explain(planted.facts, scores):
        assert reasons[0].group == "unknown"
        assert "uncertain" in reasons[0].words.en
        assert all(not reason.inspection_ids for reason in reasons)
        told = {reason.group for reason in reasons}
        assert not told & {"history", "residual"}


def test_the_order_of_windows_without_known_inspectors_is_not_measured_within_them(planted, cutoff):
    visits = planted.facts.visits
    nobody = np.array([], dtype=np.int64)
    facts = replace(planted.facts, visits=replace(visits, team_visit=nobody, team_inspector=nobody))
    figures = compared(prepare(facts), cutoff).figures
    assert np.isnan(figures["model"]["auc_within_inspector"].value)
    assert np.isfinite(figures["model"]["auc"].value)


def test_the_active_model_is_a_rival_by_its_own_outcomes_where_it_has_not_seen_them(
    planted, cutoff
):
    windows = choose_windows(labelled_visits(planted.facts, cutoff), cutoff)
    window = windows[-1]
    older = fit(planted, labelled_visits(planted.facts, windows[0].start_ms), QUICK)
    unseen = Incumbent(older.text, windows[0].start_ms, QUICK)
    tested = run_window(planted, window, QUICK, incumbent=unseen)
    assert not np.array_equal(tested.scores["active"], tested.scores["model"])
    seen = Incumbent(older.text, cutoff, QUICK)
    tested = run_window(planted, window, QUICK, incumbent=seen)
    np.testing.assert_array_equal(tested.scores["active"], tested.scores["model"])
    other = Incumbent(older.text, cutoff, replace(QUICK, seed=2, rounds=20))
    tested = run_window(planted, window, QUICK, incumbent=other)
    assert not np.array_equal(tested.scores["active"], tested.scores["model"])


def test_a_model_worse_than_the_active_one_is_refused(planted, cutoff):
    right = np.tile([1.0, 0.0], 20)
    middling = right.copy()
    middling[:10] = 1 - middling[:10]
    window = result(middling, np.zeros(40))
    assert judge(compare([window] * 4, seed=1)).promoted
    window.scores["active"] = right
    verdict = judge(compare([window] * 4, seed=1))
    assert not verdict.won
    assert "the model that serves" in verdict.words.en


def test_skill_at_territory_does_not_pay_for_skill_lost_within_an_inspector_s_visits():
    positive = np.array([True, False] * 20)
    who = np.repeat([0, 1], 20)
    # The model knows who came, the rule what is wrong with a place.
    positive[:20] = True
    positive[1:20:4] = False
    positive[20:] = False
    positive[21::6] = True
    within = np.where(positive, 1.0, 0.0) * 0.1
    knows_who = 1.0 - who - within
    places = np.arange(40)
    scores = {"model": knows_who, **dict.fromkeys(("rule", *BASELINES), within * 0)}
    window = WindowResult(
        Window(0, 1), places, positive, who, visits_known=places, kind=places, scores=scores
    )
    comparison = compare([window] * 4, seed=1)
    assert comparison.gain["rule"].value > 0
    assert not judge(comparison).won


@pytest.mark.parametrize("known", [0, 1, 50, 299])
def test_with_few_labelled_visits_the_heuristic_scores(planted, known):
    labelled = labelled_visits(planted.facts, np.iinfo(np.int64).max)
    moments = np.sort(labelled.known_ms)
    at = int(moments[known])
    scorer = scorer_of(planted, at, DEFAULT_WEIGHTS, None)
    assert scorer.method == "heuristic"
    assert scorer_of(planted, int(moments[-1]) + 1, DEFAULT_WEIGHTS, None).method == "rule"
    scores = score_places(planted, np.arange(5), at, scorer)
    assert scores.method == "heuristic"
    assert (scores.probability > 0).all()


def test_a_model_scores_where_there_is_one(planted, model, cutoff):
    assert scorer_of(planted, cutoff, DEFAULT_WEIGHTS, model) == by_model(model)


def test_a_never_visited_place_is_told_nothing_of_visits_however_much_they_weigh(planted):
    first = int(planted.facts.visits.known_ms.min())
    scores = score_places(planted, np.array([0]), first, by("rule", None))
    contributions = scores.contributions.copy()
    contributions[0, scores.groups.index("residual")] = 5.0
    (reasons,) = explain(planted.facts, replace(scores, contributions=contributions))
    assert "residual" not in {reason.group for reason in reasons}


def test_places_beyond_a_block_are_told_as_those_within(planted, cutoff, monkeypatch):
    places = np.arange(40)
    scorer = Scorer("rule", DEFAULT_WEIGHTS)
    at_once = tell(planted, places, cutoff, scorer)
    monkeypatch.setattr("scoring.domain.scorer.BLOCK", 7)
    in_blocks = tell(planted, places, cutoff, scorer)
    np.testing.assert_array_equal(at_once.probability, in_blocks.probability)
    assert tell(planted, places[:0], cutoff, scorer).probability.size == 0
