"""Score places as of one moment, by the rule or by a model, with the parts of every score."""

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from scoring.domain import ensemble
from scoring.domain.ensemble import Ensemble
from scoring.domain.features import FeatureTable, features
from scoring.domain.gate import LEAST_POSITIVES, LEAST_VISITS
from scoring.domain.history import FloatArray, IntArray
from scoring.domain.labels import labelled_visits
from scoring.domain.rule import HEURISTIC, RULE_GROUPS, RuleScore, RuleWeights, score_by_rule
from scoring.domain.source import FeatureSource

Method = Literal["model", "rule", "heuristic"]
# Features are wide: places are scored in blocks, so that memory does not grow with their number.
BLOCK: Final = 50_000


@dataclass(frozen=True, slots=True)
class Scorer:
    """What scores: a model, or else the rule with its weights, or the cold start's heuristic."""

    method: Method
    weights: RuleWeights
    model: Ensemble | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """Probabilities of places with the ends of their 90 % interval.

    `contributions` has shape (places, groups) and adds up, with a base, to the log-odds.
    """

    method: Method
    place: IntArray
    as_of_ms: int
    probability: FloatArray
    low: FloatArray
    high: FloatArray
    visits: IntArray
    average_rate: float
    groups: tuple[str, ...]
    contributions: FloatArray


@dataclass(frozen=True, slots=True)
class Told:
    """Probabilities alone: what a full run needs of places nobody asks reasons for."""

    probability: FloatArray
    low: FloatArray
    high: FloatArray


def scorer_of(
    source: FeatureSource, as_of_ms: int, weights: RuleWeights, model: Ensemble | None
) -> Scorer:
    """Choose what may score: without a model the rule, with too little known the heuristic."""
    if model is not None:
        return Scorer("model", weights, model)
    known = labelled_visits(source.facts, as_of_ms)
    enough = known.place.size >= LEAST_VISITS and int(known.positive.sum()) >= LEAST_POSITIVES
    return Scorer("rule" if enough else "heuristic", weights)


def tell(source: FeatureSource, place: IntArray, as_of_ms: int, scorer: Scorer) -> Told:
    """Score places without reasons, block by block."""
    parts = []
    for start in range(0, place.size, BLOCK):
        block = place[start : start + BLOCK]
        log_odds = _log_odds(_table(source, block, as_of_ms), scorer)
        parts.append(np.stack([ensemble.probability(it) for it in log_odds]))
    joined = np.concatenate(parts, axis=1) if parts else np.zeros((3, 0))
    return Told(joined[0], joined[1], joined[2])


def score_places(source: FeatureSource, place: IntArray, as_of_ms: int, scorer: Scorer) -> Scores:
    """Score places with what each group of features adds."""
    table = _table(source, place, as_of_ms)
    average, _ = source.averages.read(np.array([as_of_ms], dtype=np.int64))
    log_odds, low, high = _log_odds(table, scorer)
    groups, parts = _parts(table, scorer, log_odds)
    return Scores(
        method=scorer.method,
        place=place,
        as_of_ms=as_of_ms,
        probability=ensemble.probability(log_odds),
        low=ensemble.probability(low),
        high=ensemble.probability(high),
        visits=table.evidence.visits.astype(np.int64),
        average_rate=float(average[0]),
        groups=groups,
        contributions=parts,
    )


def _table(source: FeatureSource, place: IntArray, as_of_ms: int) -> FeatureTable:
    return features(source, place, np.full(place.size, as_of_ms, dtype=np.int64))


def _weights(scorer: Scorer) -> RuleWeights:
    if scorer.method != "heuristic":
        return scorer.weights
    # People may say what complaints weigh from the first day on; the rest is the untrained number.
    return replace(HEURISTIC, complaints=scorer.weights.complaints)


def _log_odds(table: FeatureTable, scorer: Scorer) -> tuple[FloatArray, FloatArray, FloatArray]:
    if scorer.model is None:
        rule = score_by_rule(table.evidence, _weights(scorer))
        return rule.log_odds, rule.low, rule.high
    stands_on = _stands_on(table, scorer.model, scorer.weights)
    found = ensemble.estimate(scorer.model, table.values, stands_on)
    return found.log_odds, found.low, found.high


def _stands_on(table: FeatureTable, model: Ensemble, weights: RuleWeights) -> RuleScore:
    """Tell what the rule says as it was learned upon; complaints weigh what people say today."""
    return score_by_rule(table.evidence, replace(model.weights, complaints=weights.complaints))


def _parts(
    table: FeatureTable, scorer: Scorer, log_odds: FloatArray
) -> tuple[tuple[str, ...], FloatArray]:
    if scorer.model is None:
        rule = score_by_rule(table.evidence, _weights(scorer))
        return RULE_GROUPS, rule.contributions
    rule = _stands_on(table, scorer.model, scorer.weights)
    parts = ensemble.contributions(scorer.model, table.values, rule, log_odds)
    groups = tuple(dict.fromkeys(table.groups))
    member = np.array([groups.index(group) for group in table.groups])
    summed = np.stack([parts[:, :-1][:, member == i].sum(axis=1) for i in range(len(groups))], 1)
    for column, group in enumerate(RULE_GROUPS):
        strength = 1.0 if group == "complaints" else scorer.model.slope
        summed[:, groups.index(group)] += strength * rule.contributions[:, column]
    return groups, summed
