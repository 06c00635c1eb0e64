"""Back-tests: learn before a window, score everybody at its start, look at what was found in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain import boosting
from scoring.domain.features import FeatureSource, FeatureTable, features
from scoring.domain.history import MS_PER_DAY, BoolArray, FloatArray, IntArray
from scoring.domain.labels import Labelled, labelled_visits
from scoring.domain.metrics import (
    Interval,
    auc,
    auc_within,
    interval,
    place_weights,
    resampled_auc,
    resampled_auc_within,
)
from scoring.domain.rule import score_by_rule

LEAST_VISITS: Final = 300
LEAST_POSITIVES: Final = 50
WINDOWS: Final = 4
LEAST_WINDOWS: Final = 3
BASELINES: Final = ("last_points", "smoothed_rate", "overdue")
METHODS: Final = ("model", "rule", *BASELINES)
LOWEST_TEAM_RATE: Final = 0.02
HIGHEST_TEAM_RATE: Final = 0.6
_LEAST_IN_WINDOW: Final = 10
_LONGEST_DAYS: Final = 120.0
_SHARE_TESTED: Final = 0.5


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How a model is trained."""

    seed: int = 1
    rounds: int = 150
    threads: int = 1


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, its end excluded, in milliseconds since 1970."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class WindowResult:
    """What each method was worth in a window; `scores` has shape (methods, visits)."""

    window: Window
    place: IntArray
    positive: BoolArray
    inspector: IntArray
    scores: FloatArray

    @property
    def auc(self) -> dict[str, float]:
        """Compute the AUC of each method."""
        return {name: auc(self.scores[i], self.positive) for i, name in enumerate(METHODS)}


@dataclass(frozen=True, slots=True)
class Comparison:
    """All windows together: the mean AUC over windows, and the model's gain over each method."""

    windows: tuple[WindowResult, ...]
    auc: dict[str, Interval]
    auc_within_inspector: dict[str, Interval]
    gain: dict[str, Interval]


def choose_windows(labelled: Labelled, cutoff_ms: int) -> tuple[Window, ...]:
    """Cut the last stretches before the cut-off, enough visits being left to learn from.

    Half of the time covered, at most four times 120 days, is tested. Windows without ten positive
    and ten negative visits say too little and are dropped.
    """
    if labelled.as_of_ms.size == 0:
        return ()
    span = cutoff_ms - int(labelled.as_of_ms.min())
    length = int(min(_LONGEST_DAYS * MS_PER_DAY, span * _SHARE_TESTED / WINDOWS))
    starts = [cutoff_ms - length * number for number in range(WINDOWS, 0, -1)]
    windows = [Window(start, start + length) for start in starts]
    return tuple(window for window in windows if _says_enough(labelled, window))


def _says_enough(labelled: Labelled, window: Window) -> bool:
    inside = labelled.positive[_inside(labelled, window)]
    positives = int(inside.sum())
    return min(positives, inside.size - positives) >= _LEAST_IN_WINDOW


def _inside(labelled: Labelled, window: Window) -> BoolArray:
    return (labelled.as_of_ms >= window.start_ms) & (labelled.as_of_ms < window.end_ms)


def fit(source: FeatureSource, labelled: Labelled, plan: TrainingPlan) -> boosting.Forest:
    """Train on visits, each with what was known before it."""
    table = features(source, labelled.place, labelled.as_of_ms)
    team = np.clip(source.expected.rate[labelled.visit], LOWEST_TEAM_RATE, HIGHEST_TEAM_RATE)
    examples = boosting.Examples(
        names=table.names,
        values=table.values,
        positive=labelled.positive,
        offset=_log_odds(team) - _log_odds(table.evidence.average_rate),
    )
    return boosting.train(examples, seed=plan.seed, rounds=plan.rounds, threads=plan.threads)


def _log_odds(rate: FloatArray) -> FloatArray:
    return np.log(rate / (1.0 - rate))


def baseline_scores(table: FeatureTable) -> FloatArray:
    """Compute the simple orders a method must beat; shape (baselines, rows).

    A place never visited counts as average in points and as longest overdue.
    """
    points = table.column("last_points")
    points = np.where(np.isnan(points), table.evidence.average_points, points)
    since = np.nan_to_num(table.column("days_since_visit"), nan=np.finfo(np.float64).max)
    return np.stack([points, table.column("smoothed_rate_730d"), since])


def run_window(source: FeatureSource, window: Window, plan: TrainingPlan) -> WindowResult:
    """Learn from what was known before the window and score its visits as of its start."""
    learned = labelled_visits(source.facts, window.start_ms)
    everything = labelled_visits(source.facts, np.iinfo(np.int64).max)
    tested = everything.where(_inside(everything, window))
    forest = fit(source, learned, plan)
    as_of = np.full(tested.place.size, window.start_ms, dtype=np.int64)
    table = features(source, tested.place, as_of)
    scores = np.vstack(
        [
            boosting.probability(forest, table.values),
            score_by_rule(table.evidence).probability,
            baseline_scores(table),
        ]
    )
    return WindowResult(window, tested.place, tested.positive, tested.inspector, scores)


def compare(results: Sequence[WindowResult], seed: int) -> Comparison:
    """Put windows together; resampling draws places, the same for every method and window."""
    weights = place_weights(np.concatenate([result.place for result in results]), seed)
    ends = np.cumsum([result.place.size for result in results])[:-1]
    split = np.split(weights, ends, axis=1)
    point, draws = _over_windows(results, split)
    within_point, within_draws = _within_inspector(results, split)
    return Comparison(
        windows=tuple(results),
        auc={name: interval(point[name], draws[name]) for name in METHODS},
        auc_within_inspector={
            name: interval(within_point[name], within_draws[name])
            for name in METHODS
            if np.isfinite(within_point[name])
        },
        gain={
            name: interval(point["model"] - point[name], draws["model"] - draws[name])
            for name in METHODS[1:]
        },
    )


_ByMethod = tuple[dict[str, float], dict[str, FloatArray]]


def _over_windows(results: Sequence[WindowResult], split: Sequence[FloatArray]) -> _ByMethod:
    point = {name: float(np.mean([r.auc[name] for r in results])) for name in METHODS}
    draws = {}
    for index, name in enumerate(METHODS):
        pairs = zip(results, split, strict=True)
        each = [resampled_auc(r.scores[index], r.positive, weight) for r, weight in pairs]
        draws[name] = np.mean(each, axis=0)
    return point, draws


def _within_inspector(results: Sequence[WindowResult], split: Sequence[FloatArray]) -> _ByMethod:
    """Average over the windows whose inspectors are known; NaN where none are."""
    known = [
        (result, weight)
        for result, weight in zip(results, split, strict=True)
        if np.isfinite(auc_within(result.scores[0], result.positive, result.inspector))
    ]
    point = dict.fromkeys(METHODS, float("nan"))
    draws = dict.fromkeys(METHODS, np.array([]))
    for index, name in enumerate(METHODS if known else ()):
        point[name] = float(
            np.mean([auc_within(r.scores[index], r.positive, r.inspector) for r, _ in known])
        )
        each = [
            resampled_auc_within(r.scores[index], r.positive, r.inspector, weight)
            for r, weight in known
        ]
        draws[name] = np.mean(each, axis=0)
    return point, draws
