"""Score places as of one moment, by the rule or by a model, with the parts of every score."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from scoring.domain import boosting
from scoring.domain.boosting import Forest
from scoring.domain.features import FeatureSource, FeatureTable, features
from scoring.domain.history import FloatArray, IntArray
from scoring.domain.rule import RULE_GROUPS, score_by_rule


@dataclass(frozen=True, slots=True)
class Scores:
    """Probabilities of places and what each group adds to the log-odds.

    `contributions` has shape (places, groups) and adds up, with a base, to the log-odds.
    """

    method: Literal["rule", "model"]
    place: IntArray
    as_of_ms: int
    probability: FloatArray
    visits: IntArray
    average_rate: float
    groups: tuple[str, ...]
    contributions: FloatArray


def score_places(
    source: FeatureSource, place: IntArray, as_of_ms: int, forest: Forest | None = None
) -> Scores:
    """Score places; without a forest the rule decides."""
    table = features(source, place, np.full(place.size, as_of_ms, dtype=np.int64))
    average, _ = source.averages.read(np.array([as_of_ms], dtype=np.int64))
    if forest is None:
        rule = score_by_rule(table.evidence)
        probability, groups, parts = rule.probability, RULE_GROUPS, rule.contributions
    else:
        probability, groups, parts = _by_model(forest, table)
    return Scores(
        method="rule" if forest is None else "model",
        place=place,
        as_of_ms=as_of_ms,
        probability=probability,
        visits=table.evidence.visits.astype(np.int64),
        average_rate=float(average[0]),
        groups=groups,
        contributions=parts,
    )


def _by_model(
    forest: Forest, table: FeatureTable
) -> tuple[FloatArray, tuple[str, ...], FloatArray]:
    parts = boosting.contributions(forest, table.values)
    groups = tuple(dict.fromkeys(table.groups))
    member = np.array([groups.index(group) for group in table.groups])
    summed = np.stack([parts[:, :-1][:, member == i].sum(axis=1) for i in range(len(groups))], 1)
    return boosting.probability(forest, table.values), groups, summed
