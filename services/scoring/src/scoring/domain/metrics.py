"""How well an order of places puts the dangerous ones first, with honest intervals."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.history import BoolArray, FloatArray, IntArray

_LOW, _HIGH = 0.05, 0.95
RESAMPLES: Final = 300


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 90 % interval."""

    value: float
    low: float
    high: float


def auc(score: FloatArray, positive: BoolArray) -> float:
    """Compute the chance that a positive row stands before a negative one, ties counting half.

    NaN when there is no positive or no negative row.
    """
    return float(resampled_auc(score, positive, np.ones((1, score.size)))[0])


def resampled_auc(score: FloatArray, positive: BoolArray, weight: FloatArray) -> FloatArray:
    """Compute the AUC under several weightings of the rows; `weight` has shape (draws, rows)."""
    return _share(*_won_of_pairs(score, positive, weight))


def auc_within(score: FloatArray, positive: BoolArray, group: IntArray) -> float:
    """Compute the AUC over pairs of the same group alone; rows of a negative group are left out.

    With the inspector as group it tells what a score knows of places, not of who visits them.
    """
    return float(resampled_auc_within(score, positive, group, np.ones((1, score.size)))[0])


def resampled_auc_within(
    score: FloatArray, positive: BoolArray, group: IntArray, weight: FloatArray
) -> FloatArray:
    """Compute the AUC within groups under several weightings of the rows."""
    won, pairs = np.zeros(weight.shape[0]), np.zeros(weight.shape[0])
    for number in np.unique(group[group >= 0]).tolist():
        rows = group == number
        more_won, more_pairs = _won_of_pairs(score[rows], positive[rows], weight[:, rows])
        won += more_won
        pairs += more_pairs
    return _share(won, pairs)


def _won_of_pairs(
    score: FloatArray, positive: BoolArray, weight: FloatArray
) -> tuple[FloatArray, FloatArray]:
    if score.size == 0:
        return np.zeros(weight.shape[0]), np.zeros(weight.shape[0])
    order = np.argsort(score, kind="stable")
    ordered = score[order]
    ties = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    sorted_weight = weight[:, order]
    positives = np.add.reduceat(sorted_weight * positive[order], ties, axis=1)
    negatives = np.add.reduceat(sorted_weight * ~positive[order], ties, axis=1)
    below = np.cumsum(negatives, axis=1) - 0.5 * negatives
    pairs = positives.sum(axis=1) * negatives.sum(axis=1)
    return np.sum(positives * below, axis=1), pairs


def _share(won: FloatArray, pairs: FloatArray) -> FloatArray:
    result: FloatArray = np.divide(won, pairs, out=np.full(pairs.size, np.nan), where=pairs > 0)
    return result


def interval(value: float, draws: FloatArray) -> Interval:
    """Put the middle 90 % of resampled figures around one; NaN draws are left out.

    Without a single finite draw the interval is the figure itself.
    """
    kept = draws[np.isfinite(draws)]
    kept = kept if kept.size else np.array([value])
    low, high = np.quantile(kept, [_LOW, _HIGH])
    return Interval(value, float(low), float(high))


def place_weights(place: IntArray, seed: int, draws: int = RESAMPLES) -> FloatArray:
    """Draw places with replacement; shape (draws, rows): how often each row's place was drawn.

    Rows of a place stay together, because its visits are not independent of each other.
    """
    names, row = np.unique(place, return_inverse=True)
    generator = np.random.default_rng(seed)
    chances = np.full(names.size, 1.0 / names.size)
    counts = generator.multinomial(names.size, chances, size=draws)
    return counts[:, row].astype(np.float64)


def resampled_reach(
    score: FloatArray, positive: BoolArray | FloatArray, weight: FloatArray, share: float
) -> tuple[FloatArray, FloatArray]:
    """Visit a share of the rows, the highest first: precision and recall under each weighting.

    Of amounts in the place of positives, the mean and the part of all that is reached.
    """
    order = np.argsort(-score, kind="stable")
    ordered = weight[:, order]
    room = share * ordered.sum(axis=1, keepdims=True)
    before = np.cumsum(ordered, axis=1) - ordered
    taken = np.clip(room - before, 0.0, ordered)
    hits = np.sum(taken * positive[order], axis=1)
    return _share(hits, room[:, 0]), _share(hits, np.sum(ordered * positive[order], axis=1))


def resampled_calibration(
    chance: FloatArray, positive: BoolArray, weight: FloatArray, bins: int = 5
) -> FloatArray:
    """Compute the expected calibration error over bins of equally many rows."""
    rank = np.empty(chance.size, dtype=np.int64)
    rank[np.argsort(chance, kind="stable")] = np.arange(chance.size)
    member = np.eye(bins)[rank * bins // max(chance.size, 1)]
    gap = np.abs((weight * (chance - positive)) @ member).sum(axis=1)
    return _share(gap, weight.sum(axis=1))


def resampled_brier(chance: FloatArray, positive: BoolArray, weight: FloatArray) -> FloatArray:
    """Compute the mean squared error of probabilities."""
    return _share((weight * (chance - positive) ** 2).sum(axis=1), weight.sum(axis=1))
