"""The whole of training: learn, compare on the past, judge. Runs in a process of its own."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from scoring.domain.boosting import Forest
from scoring.domain.evaluation import (
    LEAST_POSITIVES,
    LEAST_VISITS,
    Comparison,
    TrainingPlan,
    WindowResult,
    choose_windows,
    compare,
    fit,
    run_window,
)
from scoring.domain.features import FeatureSource, prepare, schema_hash
from scoring.domain.gate import Verdict, judge, too_little
from scoring.domain.history import MS_PER_DAY, RONDE, Facts, History, facts_of
from scoring.domain.labels import Labelled, labelled_visits
from scoring.domain.metrics import Interval

Report = Callable[[float, str], None]


@dataclass(frozen=True, slots=True)
class TestedWindow:
    """How every method did in one window."""

    start_ms: int
    end_ms: int
    visits: int
    positives: int
    auc: dict[str, float]


@dataclass(frozen=True, slots=True)
class Lesson:
    """What training gave. `text` is None when there was too little to learn from."""

    id: str | None
    text: str | None
    visits: int
    positives: int
    features: tuple[str, ...]
    feature_schema: str
    windows: tuple[TestedWindow, ...]
    auc: dict[str, Interval]
    verdict: Verdict


def learn(report: Report, history: History, cutoff_ms: int, plan: TrainingPlan) -> Lesson:
    """Train on what was known before the cut-off, and tell whether the model may serve."""
    report(0.0, "reading the history")
    return learn_from(report, prepare(facts_of(history, RONDE)), cutoff_ms, plan)


def learn_from(report: Report, source: FeatureSource, cutoff_ms: int, plan: TrainingPlan) -> Lesson:
    """Train on a prepared history."""
    labelled = labelled_visits(source.facts, cutoff_ms)
    windows = choose_windows(labelled, cutoff_ms)
    windows = tuple(it for it in windows if _teaches(labelled, it.start_ms))
    positives = int(labelled.positive.sum())
    refusal = too_little(labelled.place.size, positives, len(windows))
    if refusal is not None:
        return _nothing_learned(source, labelled, refusal)
    results = []
    for number, window in enumerate(windows):
        report(0.1 + 0.7 * number / len(windows), "comparing with the rule on past periods")
        results.append(run_window(source, window, plan))
    report(0.8, "training on the whole history")
    comparison = compare(results, plan.seed)
    forest = fit(source, labelled, plan)
    return _lesson(source, labelled, forest, comparison, cutoff_ms=cutoff_ms)


def _lesson(
    source: FeatureSource,
    labelled: Labelled,
    forest: Forest,
    comparison: Comparison,
    *,
    cutoff_ms: int,
) -> Lesson:
    within = comparison.auc_within_inspector.items()
    return Lesson(
        id=forest.id,
        text=forest.text,
        visits=labelled.place.size,
        positives=int(labelled.positive.sum()),
        features=tuple(forest.boosters[0].feature_name()),
        feature_schema=schema_hash(source.facts.vocabulary),
        windows=tuple(_tested(result) for result in comparison.windows),
        auc=comparison.auc | {f"{name}_within_inspector": value for name, value in within},
        verdict=judge(comparison, current=_is_current(source.facts, cutoff_ms)),
    )


def _is_current(facts: Facts, cutoff_ms: int) -> bool:
    """Tell whether no visit is known of a day after the cut-off's.

    What happened that day itself is let pass: a day asked for is cut off where it begins.
    """
    # A clock that ran ahead must not make every model look old.
    newest = np.minimum(facts.visits.day, facts.visits.known_ms / MS_PER_DAY).max()
    return bool(np.floor(newest) * MS_PER_DAY <= cutoff_ms)


def _tested(result: WindowResult) -> TestedWindow:
    return TestedWindow(
        start_ms=result.window.start_ms,
        end_ms=result.window.end_ms,
        visits=result.positive.size,
        positives=int(result.positive.sum()),
        auc=result.auc,
    )


def _teaches(labelled: Labelled, before_ms: int) -> bool:
    """Tell whether enough was known before a window to train for it: half of the usual."""
    known = labelled.positive[labelled.known_ms < before_ms]
    return 2 * known.size >= LEAST_VISITS and 2 * int(known.sum()) >= LEAST_POSITIVES


def _nothing_learned(source: FeatureSource, labelled: Labelled, verdict: Verdict) -> Lesson:
    return Lesson(
        id=None,
        text=None,
        visits=labelled.place.size,
        positives=int(labelled.positive.sum()),
        features=(),
        feature_schema=schema_hash(source.facts.vocabulary),
        windows=(),
        auc={},
        verdict=verdict,
    )
