"""Models of the secondary targets, by the same features and windows: judged, not served.

What stays open is learned as the main outcome is. Points are boosted on top of the place's adjusted
ratio, the usual points of the visit's team being a known factor that is dropped when scoring.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from scoring.domain import ensemble
from scoring.domain.evaluation import TrainingPlan, WindowResult, fit
from scoring.domain.evidence import adjusted_ratio
from scoring.domain.features import FeatureTable, features
from scoring.domain.gate import LEAST_POSITIVES, LEAST_VISITS
from scoring.domain.history import BoolArray, FloatArray, IntArray
from scoring.domain.labels import Labelled, labelled_visits
from scoring.domain.outcomes import Outcomes, outcomes_of
from scoring.domain.rule import score_by_rule
from scoring.domain.source import FeatureSource

POINTS: Final = "severity_points"
LEFT_OPEN: Final = "left_open"
OWN: Final = "own"
# Whose orders are held against that of the model that learned the target itself.
RIVALS: Final = ("model", "rule", "adjusted_ratio", "last_points")
_LEAST_IN_WINDOW: Final = 10
# Points come as many small ones and few large: between a count and an amount.
_TWEEDIE: Final = 1.5


@dataclass(frozen=True, slots=True)
class TargetResult:
    """How a secondary target came out in a window; all arrays have shape (visits,).

    `scores` are by method: those of `own` are log-odds of what is left open, or points foreseen.
    """

    target: str
    place: IntArray
    inspector: IntArray
    amount: FloatArray
    scores: dict[str, FloatArray]


@dataclass(frozen=True, slots=True)
class _Task:
    """A window to foresee: what can be learned before it, and the features of its visits."""

    source: FeatureSource
    plan: TrainingPlan
    learned: Labelled
    outcomes: Outcomes
    table: FeatureTable


def run_targets(
    source: FeatureSource, result: WindowResult, plan: TrainingPlan
) -> list[TargetResult]:
    """Learn the targets from before a window and foresee them in it, where there is enough."""
    window = result.window
    everything = labelled_visits(source.facts, np.iinfo(np.int64).max)
    outcomes = outcomes_of(source.facts, everything)
    inside = window.holds(everything)
    # What was left open is known some weeks after the visit; nobody knows it before.
    told = outcomes.told_ms < window.learned_before_ms
    ended = outcomes.told_ms[inside] <= int(source.facts.visits.known_ms.max())
    moment = np.full(result.place.size, window.start_ms, dtype=np.int64)
    task = _Task(
        source,
        plan,
        everything.where(told),
        outcomes.where(told),
        features(source, result.place, moment),
    )
    found = outcomes.where(inside)
    results = []
    if _teaches(task.outcomes.points > 0):
        results.append(_result(POINTS, result, found.points, _points(task)))
    left_open = task.outcomes.left_open
    if _teaches(left_open) and _teaches(~left_open):
        left = _result(LEFT_OPEN, result, found.left_open.astype(np.float64), _left_open(task))
        results.append(_where(left, ended))
    return [it for it in results if int((it.amount > 0).sum()) >= _LEAST_IN_WINDOW]


def _teaches(positive: BoolArray) -> bool:
    # Half of what a model that may serve needs, as for the windows themselves.
    return 2 * positive.size >= LEAST_VISITS and 2 * int(positive.sum()) >= LEAST_POSITIVES


def _left_open(task: _Task) -> FloatArray:
    learned = replace(task.learned, positive=task.outcomes.left_open)
    model = fit(task.source, learned, task.plan)
    rule = score_by_rule(task.table.evidence, model.weights)
    return ensemble.estimate(model, task.table.values, rule).log_odds


def _points(task: _Task) -> FloatArray:
    """Boost the points of visits; gives what an average team would find."""
    import lightgbm as lgb

    source, learned = task.source, task.learned
    table = features(source, learned.place, learned.as_of_ms)
    team = np.log(source.expected.points[learned.visit] / table.evidence.average_points)
    parameters = ensemble.tree_parameters(learned.positive, task.plan.threads) | {
        "objective": "tweedie",
        "tweedie_variance_power": _TWEEDIE,
    }
    data = lgb.Dataset(
        table.values,
        label=task.outcomes.points,
        init_score=_usual(table) + team,
        params=parameters,
    )
    raw = [
        lgb.train(
            {**parameters, "seed": ensemble.SEEDS * task.plan.seed + number}, data, task.plan.rounds
        ).predict(task.table.values, raw_score=True, num_threads=1)
        for number in range(ensemble.SEEDS)
    ]
    points: FloatArray = np.exp(_usual(task.table) + np.mean(np.asarray(raw, np.float64), axis=0))
    return points


def _usual(table: FeatureTable) -> FloatArray:
    """Give the logarithm of the points that a place's adjusted ratio foretells."""
    evidence = table.evidence
    ratio = adjusted_ratio(evidence, evidence.ratio[:, 0])
    usual: FloatArray = np.log(ratio * evidence.average_points)
    return usual


def _result(target: str, result: WindowResult, amount: FloatArray, own: FloatArray) -> TargetResult:
    scores = {OWN: own, **{name: result.scores[name] for name in RIVALS}}
    return TargetResult(target, result.place, result.inspector, amount, scores)


def _where(result: TargetResult, rows: BoolArray) -> TargetResult:
    scores = {name: score[rows] for name, score in result.scores.items()}
    return replace(
        result,
        place=result.place[rows],
        inspector=result.inspector[rows],
        amount=result.amount[rows],
        scores=scores,
    )
