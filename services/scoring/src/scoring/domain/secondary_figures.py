"""How well secondary targets are foretold, over all windows, with honest intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.ensemble import probability
from scoring.domain.history import FloatArray
from scoring.domain.metrics import (
    Interval,
    interval,
    place_weights,
    resampled_auc,
    resampled_auc_within,
    resampled_calibration,
    resampled_reach,
)
from scoring.domain.secondary import LEFT_OPEN, OWN, POINTS, TargetResult

_HALF: Final = 0.5
_FIRST_HALF: Final = "found_in_first_half"
# What a model's gain is told in.
_JUDGED_BY: Final = {POINTS: _FIRST_HALF, LEFT_OPEN: "auc"}
_Measure = Callable[[TargetResult, str, FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class TargetFigures:
    """All windows of a target together: means by method and measure.

    `total` are the points found, or the visits that left something open. `gain` is what the model
    that learned the target is ahead of each other in AUC, for points in the share of them that the
    first half of the visits finds.
    """

    target: str
    windows: int
    visits: int
    total: float
    figures: dict[str, dict[str, Interval]]
    gain: dict[str, Interval]


def target_figures(
    results: Sequence[TargetResult], seed: int, shares: Sequence[float]
) -> list[TargetFigures]:
    """Put the windows of each target together; resampling draws places, the same for all."""
    return [
        _figures([it for it in results if it.target == target], seed, shares)
        for target in dict.fromkeys(it.target for it in results)
    ]


def _figures(results: Sequence[TargetResult], seed: int, shares: Sequence[float]) -> TargetFigures:
    target = results[0].target
    drawn = place_weights(np.concatenate([it.place for it in results]), seed)
    # The first row is the data as they are.
    weights = np.vstack([np.ones((1, drawn.shape[1])), drawn])
    split = np.split(weights, np.cumsum([it.place.size for it in results])[:-1], axis=1)
    draws = {
        method: {
            name: np.mean([measure(it, method, w) for it, w in zip(results, split, strict=True)], 0)
            for name, measure in _measures(target, method, shares).items()
        }
        for method in results[0].scores
    }
    judged = _JUDGED_BY[target]
    return TargetFigures(
        target=target,
        windows=len(results),
        visits=sum(it.place.size for it in results),
        total=float(sum(it.amount.sum() for it in results)),
        figures={
            method: {name: _told(it) for name, it in measured.items()}
            for method, measured in draws.items()
        },
        gain={
            method: _told(draws[OWN][judged] - measured[judged])
            for method, measured in draws.items()
            if method != OWN
        },
    )


def _told(draws: FloatArray) -> Interval:
    return interval(float(draws[0]), draws[1:])


def _measures(target: str, method: str, shares: Sequence[float]) -> dict[str, _Measure]:
    measures: dict[str, _Measure] = {f"found_at_{100 * it:g}": _reach(it) for it in shares}
    measures[_FIRST_HALF] = _reach(_HALF)
    if target == LEFT_OPEN:
        measures |= {"auc": _auc, "auc_within_inspector": _within}
    if method == OWN:
        measures |= _OF_OWN[target]
    return measures


def _auc(result: TargetResult, method: str, weight: FloatArray) -> FloatArray:
    return resampled_auc(result.scores[method], result.amount > 0, weight)


def _within(result: TargetResult, method: str, weight: FloatArray) -> FloatArray:
    return resampled_auc_within(result.scores[method], result.amount > 0, result.inspector, weight)


def _reach(share: float) -> _Measure:
    def measure(result: TargetResult, method: str, weight: FloatArray) -> FloatArray:
        return resampled_reach(result.scores[method], result.amount, weight, share)[1]

    return measure


def _calibration(result: TargetResult, method: str, weight: FloatArray) -> FloatArray:
    return resampled_calibration(probability(result.scores[method]), result.amount > 0, weight)


def _foreseen_over_found(result: TargetResult, method: str, weight: FloatArray) -> FloatArray:
    found = (weight * result.amount).sum(axis=1)
    ratio: FloatArray = (weight * result.scores[method]).sum(axis=1) / found
    return ratio


_OF_OWN: Final[dict[str, dict[str, _Measure]]] = {
    POINTS: {"foreseen_over_found": _foreseen_over_found},
    LEFT_OPEN: {"calibration_error": _calibration},
}
