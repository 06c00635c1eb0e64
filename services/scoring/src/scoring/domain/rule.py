"""The score that needs no training: observed over expected findings, turned into a probability.

    points ratio  = (observed points + w * prior) / (expected points + w)
    danger ratio  = (observed critical visits + v * prior) / (expected critical visits + v)
    prior         = kind ** a * operator ** b * neighbourhood, within [1/3, 3]
    neighbourhood = (cell of some streets * cell of a district) ** (c / (1 + own visits))
    complaints    = d * least(points of complaints / 5, 2), unverified points counting a fifth
    contacts      = g * log(1 + visits that were no routine, halved every 730 days)
    odds          = odds of the average rate * prior * (points ratio / prior) ** e
                    * (danger ratio / prior) ** f * exp(complaints + contacts)

w are the points of two average visits, v the critical ones among ten. What was found counts half
after 1,500 days. "Expected" is what the inspectors who came usually find, so a severe inspector
does not make a bad place. The exponents are the rule's weights, which people may change. Those
given were chosen on the first three Chicago windows and the four between them (AUC / AUC within
an inspector group): ratio of points with the kind's 0.588 / 0.591, with contacts 0.596 / 0.597; the
ratio of dangers and the neighbourhood at full strength cost 0.010 / 0.008 there and count little.

The heuristic is the same with the weights of a cold start: the ratio of points and the kind's,
that is the untrained number which every model has to beat, and complaints.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.evidence import Evidence, adjusted_ratio
from scoring.domain.history import FloatArray

LOWEST_PRIOR: Final = 1.0 / 3.0
HIGHEST_PRIOR: Final = 3.0
DANGER_PRIOR_VISITS: Final = 10.0
# One critical finding's points of verified complaints count once; no more than two of them count.
COMPLAINT_POINTS: Final = 5.0
COMPLAINT_MOST: Final = 2.0
UNVERIFIED_SHARE: Final = 0.2
RULE_GROUPS: Final = (
    "residual",
    "attributes",
    "operator",
    "neighbourhood",
    "complaints",
    "follow_up",
)
# Points per visit differ about as much as they are many; a prior of two visits steadies them.
_SPREAD_OF_POINTS: Final = 1.0
_PRIOR_VISITS: Final = 2.0
_SPREAD_90: Final = 1.645


@dataclass(frozen=True, slots=True)
class RuleWeights:
    """How much each part of the rule counts; 0 leaves it out."""

    points: float = 1.0
    danger: float = 0.25
    kind: float = 1.0
    operator: float = 1.0
    neighbourhood: float = 0.25
    complaints: float = 0.7
    contacts: float = 0.2


DEFAULT_WEIGHTS: Final = RuleWeights()
HEURISTIC: Final = RuleWeights(danger=0.0, operator=0.0, neighbourhood=0.0, contacts=0.0)


@dataclass(frozen=True, slots=True)
class RuleScore:
    """Log-odds with the ends of their 90 % interval, and what each group adds to the average.

    `contributions` has shape (rows, groups) in the order of `RULE_GROUPS`; with `base` they add up
    to the log-odds. The interval tells how little the visits known so far can tell of a place.
    """

    log_odds: FloatArray
    low: FloatArray
    high: FloatArray
    base: FloatArray
    contributions: FloatArray

    @property
    def complaints(self) -> FloatArray:
        """Give what complaints add: in a model they count as they are."""
        return self.contributions[:, RULE_GROUPS.index("complaints")]

    @property
    def said(self) -> FloatArray:
        """Give the log-odds, complaints apart: what models stand on."""
        return self.log_odds - self.complaints

    def without(self, group: str) -> "RuleScore":
        """Leave out what a group adds, if it is one of the rule's."""
        if group not in RULE_GROUPS:
            return self
        column = RULE_GROUPS.index(group)
        contributions = self.contributions.copy()
        contributions[:, column] = 0.0
        added = self.contributions[:, column]
        return RuleScore(
            self.log_odds - added, self.low - added, self.high - added, self.base, contributions
        )


def score_by_rule(evidence: Evidence, weights: RuleWeights) -> RuleScore:
    """Turn what was found, against what was to be expected, into log-odds."""
    around = _around(evidence, weights)
    prior = np.exp(around.sum(axis=1))
    weight = DANGER_PRIOR_VISITS * evidence.average_rate
    danger = (evidence.observed_critical + weight * prior) / (evidence.expected_critical + weight)
    own = weights.points * np.log(adjusted_ratio(evidence, prior) / prior)
    own = own + weights.danger * np.log(danger / prior)
    contacts = weights.contacts * np.log1p(evidence.contacts)
    contributions = np.column_stack([own, around, _complaints(evidence, weights), contacts])
    base = np.log(evidence.average_rate / (1.0 - evidence.average_rate))
    log_odds = base + contributions.sum(axis=1)
    reach = _SPREAD_90 * _SPREAD_OF_POINTS / np.sqrt(evidence.visits + _PRIOR_VISITS)
    return RuleScore(log_odds, log_odds - reach, log_odds + reach, base, contributions)


def _complaints(evidence: Evidence, weights: RuleWeights) -> FloatArray:
    """Tell what complaints add to the log-odds; models learn on top of it.

    A history may hold too few complaints for a model to learn from, and yet a danger that somebody
    has seen must move the score at once.
    """
    points = evidence.verified + UNVERIFIED_SHARE * evidence.unverified
    counted: FloatArray = np.minimum(points / COMPLAINT_POINTS, COMPLAINT_MOST)
    return weights.complaints * counted


def _around(evidence: Evidence, weights: RuleWeights) -> FloatArray:
    parts = np.log(evidence.ratio)
    near = weights.neighbourhood * (parts[:, 2] + parts[:, 3]) / (1.0 + evidence.visits)
    around = np.column_stack([weights.kind * parts[:, 0], weights.operator * parts[:, 1], near])
    total = around.sum(axis=1)
    bounded = np.clip(total, np.log(LOWEST_PRIOR), np.log(HIGHEST_PRIOR))
    # Where the bound holds, every part shrinks alike, so that the parts still add up.
    shrink = np.divide(bounded, total, out=np.ones_like(total), where=total != 0.0)
    result: FloatArray = around * shrink[:, None]
    return result
