"""What models stand on: the rule, at the strength that it showed in the history."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.history import BoolArray, FloatArray

# Few visits leave a strength as it was expected: it is held as by this much information.
_HELD: Final = np.array([1e-3, 30.0])
AS_IT_IS: Final = 1.0
_POSSIBLE: Final = (1e-3, 1 - 1e-3)
_STEPS: Final = 8
_SURE: Final = 30.0
_LEAST_SPREAD: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Footing:
    """Log-odds that a part of a model adds to: `intercept` and `slope` times the rule's.

    In Chicago the slope is 1.4 to 1.6: the rule is more cautious than it needs to be. Counts of
    another kind, New York's, need 0.1.
    """

    intercept: float
    slope: float

    def of(self, said: FloatArray) -> FloatArray:
        """Start from what the rule said, complaints apart."""
        log_odds: FloatArray = self.intercept + self.slope * said
        return log_odds


def footing_of(
    said: FloatArray, positive: BoolArray, offset: FloatArray, expected: float = AS_IT_IS
) -> Footing:
    """Fit by Newton's steps; `offset` is added to the log-odds while learning.

    `expected` is the slope where there are few visits.
    """
    design = np.column_stack([np.ones(said.size), said])
    share = np.clip(positive.mean(), *_POSSIBLE)
    prior = np.array([0.0, expected])
    weight = np.array([np.log(share / (1.0 - share)) - offset.mean(), 0.0])
    for _ in range(_STEPS):
        log_odds = np.clip(design @ weight + offset, -_SURE, _SURE)
        chance = 1.0 / (1.0 + np.exp(-log_odds))
        slope = design.T @ (positive - chance) - _HELD * (weight - prior)
        rows = design * np.sqrt(chance * (1.0 - chance))[:, None]
        weight = weight + np.linalg.solve(rows.T @ rows + np.diag(_HELD), slope)
    return Footing(float(weight[0]), float(weight[1]))


def shift_to(log_odds: FloatArray, positive: BoolArray) -> float:
    """Find what is to be added to log-odds, so that their chances are right on average."""
    share = np.clip(positive.mean(), *_POSSIBLE)
    shift = 0.0
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(log_odds + shift, -_SURE, _SURE)))
        spread = max(float((chance * (1.0 - chance)).mean()), _LEAST_SPREAD)
        shift += float(share - chance.mean()) / spread
    return shift
