"""Back-tests: learn before a window, score everybody at its start, look at what was found in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from scoring.domain import ensemble
from scoring.domain.ensemble import Ensemble
from scoring.domain.features import FeatureTable, features
from scoring.domain.history import BoolArray, FloatArray, IntArray
from scoring.domain.labels import Labelled, labelled_visits, odd_places
from scoring.domain.rule import (
    DEFAULT_WEIGHTS,
    HEURISTIC,
    RuleScore,
    RuleWeights,
    score_by_rule,
)
from scoring.domain.source import FeatureSource
from scoring.domain.windows import Window

# The simple orders a model must beat; the first is the untrained number of the cold start.
BASELINES: Final = ("adjusted_ratio", "last_points", "smoothed_rate", "overdue")
LOWEST_TEAM_RATE: Final = 0.02
HIGHEST_TEAM_RATE: Final = 0.6
WITHOUT: Final = "without_"


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """How a model is trained; `weights` are the rule's, which models build upon."""

    seed: int = 1
    rounds: int = 150
    threads: int = 1
    weights: RuleWeights = DEFAULT_WEIGHTS


@dataclass(frozen=True, slots=True)
class Incumbent:
    """The model that serves: what it learned, from before when, and how."""

    text: str
    cutoff_ms: int
    plan: TrainingPlan


@dataclass(frozen=True, slots=True)
class WindowResult:
    """The visits of a window, and the order each method puts them in.

    `scores` has shape (visits,) per method: log-odds of the model, the rule and the heuristic,
    which is called `adjusted_ratio` among the baselines; whatever they count in of the others.
    """

    window: Window
    place: IntArray
    positive: BoolArray
    inspector: IntArray
    visits_known: IntArray
    kind: IntArray
    scores: dict[str, FloatArray]


def fit(
    source: FeatureSource, labelled: Labelled, plan: TrainingPlan, without: str | None = None
) -> Ensemble:
    """Train on visits, each with what was known before it; `without` blanks a group of features."""
    table = features(source, labelled.place, labelled.as_of_ms)
    team = np.clip(source.expected.rate[labelled.visit], LOWEST_TEAM_RATE, HIGHEST_TEAM_RATE)
    examples = ensemble.Examples(
        names=table.names,
        groups=table.groups,
        values=blanked(table, without),
        positive=labelled.positive,
        team=_log_odds(team) - _log_odds(table.evidence.average_rate),
        rule=_blanked_rule(table, plan.weights, without),
        weights=plan.weights,
    )
    return ensemble.train(examples, seed=plan.seed, rounds=plan.rounds, threads=plan.threads)


def blanked(table: FeatureTable, group: str | None) -> FloatArray:
    """Give the values, those of one group all zero: as good as not there."""
    if group is None:
        return table.values
    return np.where(np.array(table.groups) == group, 0.0, table.values)


def _blanked_rule(table: FeatureTable, weights: RuleWeights, group: str | None) -> RuleScore:
    rule = score_by_rule(table.evidence, weights)
    return rule if group is None else rule.without(group)


def _log_odds(rate: FloatArray) -> FloatArray:
    return np.log(rate / (1.0 - rate))


def baseline_scores(table: FeatureTable) -> dict[str, FloatArray]:
    """Compute the simple orders a method must beat.

    A place never visited counts as average in points and as longest overdue.
    """
    points = table.column("last_points")
    points = np.where(np.isnan(points), table.evidence.average_points, points)
    since = np.nan_to_num(table.column("days_since_visit"), nan=np.finfo(np.float64).max)
    values = (
        score_by_rule(table.evidence, HEURISTIC).log_odds,
        points,
        table.column("smoothed_rate_730d"),
        since,
    )
    return dict(zip(BASELINES, values, strict=True))


def run_window(
    source: FeatureSource,
    window: Window,
    plan: TrainingPlan,
    *,
    incumbent: Incumbent | None = None,
    ablate: Sequence[str] = (),
    halves: bool = False,
) -> WindowResult:
    """Learn from what was known before the window and score its visits as of its start.

    With `halves` the window's visits of even places teach too, and those of odd ones are scored:
    how well places are told from each other where the outcome of as many others is known.
    """
    everything = labelled_visits(source.facts, np.iinfo(np.int64).max)
    inside = window.holds(everything)
    odd = odd_places(source.facts)[everything.place]
    before = everything.known_ms < window.learned_before_ms
    learned = everything.where(before | (inside & ~odd) if halves else before)
    tested = everything.where(inside & odd if halves else inside)
    table = features(source, tested.place, np.full(tested.place.size, window.start_ms, np.int64))

    def foresee(model: Ensemble, without: str | None = None) -> FloatArray:
        values = table.of(model.names) if without is None else blanked(table, without)
        weights = replace(model.weights, complaints=plan.weights.complaints)
        rule = _blanked_rule(table, weights, without)
        return ensemble.estimate(model, values, rule).log_odds

    model = fit(source, learned, plan)
    scores = {"model": foresee(model)}
    if incumbent is not None:
        same = model if incumbent.plan == plan else None
        older = _as_it_was(incumbent, window) or same or fit(source, learned, incumbent.plan)
        scores["active"] = foresee(older)
    scores["rule"] = score_by_rule(table.evidence, plan.weights).log_odds
    scores |= baseline_scores(table)
    for group in ablate:
        scores[WITHOUT + group] = foresee(fit(source, learned, plan, group), group)
    return WindowResult(
        window=window,
        place=tested.place,
        positive=tested.positive,
        inspector=tested.inspector,
        visits_known=table.evidence.visits.astype(np.int64),
        kind=source.facts.places.kind[tested.place],
        scores=scores,
    )


def _as_it_was(incumbent: Incumbent, window: Window) -> Ensemble | None:
    """Give the incumbent itself for windows after all that it learned.

    In earlier windows it has seen the outcomes; there its recipe learns anew from what came before.
    """
    if incumbent.cutoff_ms > window.start_ms:
        return None
    return ensemble.ensemble_of(incumbent.text)
