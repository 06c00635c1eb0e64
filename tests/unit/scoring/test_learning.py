from scoring.domain.evaluation import TrainingPlan
from scoring.domain.features import schema_hash
from scoring.domain.history import RONDE
from scoring.domain.learning import learn


def test_a_lesson_tells_what_was_learned_and_how_it_did_on_the_past(invented, cutoff):
    told = []
    history = invented(60, 1200, seed=2, signal=1.5)
    lesson = learn(
        lambda share, message: told.append((share, message)),
        history,
        cutoff,
        TrainingPlan(seed=1, rounds=20),
    )
    assert lesson.id is not None
    assert lesson.text is not None
    assert lesson.feature_schema == schema_hash(RONDE)
    assert len(lesson.windows) >= 3
    assert lesson.positives <= lesson.visits
    assert {"model", "rule", "last_points", "model_within_inspector"} <= set(lesson.auc)
    for window in lesson.windows:
        assert window.end_ms <= cutoff
        assert 0 <= window.auc["model"] <= 1
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    again = learn(lambda *_: None, history, cutoff, TrainingPlan(seed=1, rounds=20))
    assert again.id == lesson.id
    assert again.auc == lesson.auc


def test_too_little_history_teaches_nothing(invented, cutoff):
    lesson = learn(lambda *_: None, invented(5, 50), cutoff, TrainingPlan())
    assert (lesson.id, lesson.text, lesson.windows) == (None, None, ())
    assert not lesson.verdict.promoted
    assert lesson.visits > 0
