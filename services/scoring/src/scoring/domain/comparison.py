"""Methods beside each other on the same visits: figures and gains, with honest intervals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.ensemble import probability
from scoring.domain.evaluation import WITHOUT, WindowResult
from scoring.domain.history import FloatArray
from scoring.domain.metrics import (
    Interval,
    interval,
    place_weights,
    resampled_auc,
    resampled_auc_within,
    resampled_brier,
    resampled_calibration,
    resampled_reach,
)

# Those whose scores are log-odds.
PROBABLE: Final = ("model", "active", "rule", "adjusted_ratio")
SHARES: Final = (0.1, 0.25)
_HALF: Final = 0.5

Draws = FloatArray
Measure = Callable[[WindowResult, str, FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All windows together.

    `figures` are means over the windows, calibration alone over all visits at once; by method and
    measure. `gain` and `gain_within` are what the model is ahead of each other method by in AUC
    and AUC within inspector, `window_gain` in AUC window by window; resampling draws places, the
    same for all methods and windows.
    """

    windows: tuple[WindowResult, ...]
    auc: tuple[dict[str, float], ...]
    window_gain: tuple[dict[str, Interval], ...]
    figures: dict[str, dict[str, Interval]]
    gain: dict[str, Interval]
    gain_within: dict[str, Interval]


def _auc(result: WindowResult, method: str, weight: FloatArray) -> FloatArray:
    return resampled_auc(result.scores[method], result.positive, weight)


def _within(result: WindowResult, method: str, weight: FloatArray) -> FloatArray:
    return resampled_auc_within(result.scores[method], result.positive, result.inspector, weight)


def _reach(share: float, part: int) -> Measure:
    def measure(result: WindowResult, method: str, weight: FloatArray) -> FloatArray:
        return resampled_reach(result.scores[method], result.positive, weight, share)[part]

    return measure


def measures(shares: Sequence[float]) -> dict[str, Measure]:
    """Name what is measured; precision and recall where a share of the places is visited."""
    return {
        "auc": _auc,
        "auc_within_inspector": _within,
        **{f"precision_at_{100 * share:g}": _reach(share, 0) for share in shares},
        **{f"recall_at_{100 * share:g}": _reach(share, 1) for share in shares},
        "found_in_first_half": _reach(_HALF, 1),
    }


def compare(
    results: Sequence[WindowResult], seed: int, shares: Sequence[float] = SHARES
) -> Comparison:
    """Put windows together."""
    measured_by = measures(shares)
    drawn = place_weights(np.concatenate([result.place for result in results]), seed)
    # The first row is the data as they are.
    weights = np.vstack([np.ones((1, drawn.shape[1])), drawn])
    ends = np.cumsum([result.place.size for result in results])[:-1]
    split = np.split(weights, ends, axis=1)
    methods = list(results[0].scores)
    others = [method for method in methods if method != "model"]
    means = {
        method: {name: _mean(results, split, method, it) for name, it in measured_by.items()}
        for method in methods
    }
    figures = {
        method: {name: _figure(draws) for name, draws in measured.items()}
        for method, measured in means.items()
    }
    for method in (it for it in methods if it in PROBABLE):
        figures[method] |= _calibration(results, method, weights)
    each = [
        {method: _auc(result, method, weight) for method in methods}
        for result, weight in zip(results, split, strict=True)
    ]
    return Comparison(
        windows=tuple(results),
        auc=tuple({method: float(draws[0]) for method, draws in it.items()} for it in each),
        window_gain=tuple({o: _figure(it["model"] - it[o]) for o in others} for it in each),
        figures=figures,
        gain={it: _figure(means["model"]["auc"] - means[it]["auc"]) for it in others},
        gain_within={
            it: _figure(means["model"]["auc_within_inspector"] - means[it]["auc_within_inspector"])
            for it in others
        },
    )


def ablated(comparison: Comparison) -> list[str]:
    """Name the groups of features that were left out in turn."""
    names = comparison.figures
    return [name.removeprefix(WITHOUT) for name in names if name.startswith(WITHOUT)]


def _mean(
    results: Sequence[WindowResult], split: Sequence[FloatArray], method: str, measure: Measure
) -> Draws:
    """Average over the windows where it can be measured: not all know their inspectors."""
    each = [measure(result, method, weight) for result, weight in zip(results, split, strict=True)]
    known = [draws for draws in each if np.isfinite(draws[0])]
    if not known:
        return np.full(split[0].shape[0], np.nan)
    mean: FloatArray = np.mean(known, axis=0)
    return mean


def _figure(draws: Draws) -> Interval:
    return interval(float(draws[0]), draws[1:])


def _calibration(
    results: Sequence[WindowResult], method: str, weights: FloatArray
) -> dict[str, Interval]:
    chance = probability(np.concatenate([result.scores[method] for result in results]))
    positive = np.concatenate([result.positive for result in results])
    return {
        "calibration_error": _figure(resampled_calibration(chance, positive, weights)),
        "brier": _figure(resampled_brier(chance, positive, weights)),
    }
