from dataclasses import replace

from scoring.domain.evaluation import TrainingPlan
from scoring.domain.features import schema_hash
from scoring.domain.history import MS_PER_DAY, RONDE
from scoring.domain.learning import Assignment, learn
from scoring.domain.windows import Window


def test_a_lesson_tells_what_was_learned_and_how_it_did_on_the_past(invented, cutoff):
    told = []
    history = invented(60, 1200, seed=2, signal=1.5)
    lesson = learn(
        lambda share, message: told.append((share, message)),
        history,
        Assignment(cutoff, TrainingPlan(seed=1, rounds=20), ablate=("history",)),
    )
    assert lesson.id is not None
    assert lesson.text is not None
    assert lesson.feature_schema == schema_hash(RONDE)
    assert len(lesson.card.windows) >= 3
    assert lesson.positives <= lesson.visits
    assert {"model", "rule", "last_points", "adjusted_ratio"} <= set(lesson.card.figures)
    for window in lesson.card.windows:
        assert window.end_ms <= cutoff
        assert 0 <= window.auc["model"] <= 1
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert [it.group for it in lesson.card.ablations] == ["history"]
    groups = {it.group: it for it in lesson.card.fairness}
    assert groups["visited before"].found is not None
    for it in lesson.card.fairness:
        assert (it.found is None) == (it.positives < 10)
    assignment = Assignment(cutoff, TrainingPlan(seed=1, rounds=20), ablate=("history",))
    again = learn(lambda *_: None, history, assignment)
    assert again.id == lesson.id
    assert again.card == lesson.card


def test_half_of_the_places_tell_of_the_others_and_nothing_of_what_comes_weeks_later(
    invented, cutoff
):
    window = Window(cutoff - 200 * MS_PER_DAY, cutoff)
    assignment = Assignment(cutoff, TrainingPlan(seed=1, rounds=10), windows=(window,), halves=True)
    whole = learn(lambda *_: None, invented(60, 900, seed=2), replace(assignment, halves=False))
    halves = learn(lambda *_: None, invented(60, 900, seed=2), assignment)
    assert 0 < halves.card.windows[0].visits < whole.card.windows[0].visits
    assert (len(whole.card.secondary), halves.card.secondary) == (2, ())


def test_too_little_history_teaches_nothing(invented, cutoff):
    lesson = learn(lambda *_: None, invented(5, 50), Assignment(cutoff, TrainingPlan()))
    assert (lesson.id, lesson.text, lesson.card) == (None, None, None)
    assert not lesson.verdict.promoted
    assert lesson.visits > 0
