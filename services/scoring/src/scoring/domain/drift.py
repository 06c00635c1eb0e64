"""How far what is seen now is from what was seen before, and the chance that it is only chance."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.history import BoolArray, FloatArray, IntArray

LEAST_POSITIVES: Final = 10
LEAST_PLACES: Final = 50
# Errors are taken by place: of a few places they would be too small.
_LEAST_VISITED: Final = 20
_DECILES: Final = np.arange(1, 10) / 10
# Places that share a value may all step over an edge together: so small a step is no shift.
_NUDGE: Final = 0.1
_ROUNDED: Final = 0.001


@dataclass(frozen=True, slots=True)
class Change:
    """A figure `before` and `now`, and the `chance` of so great a change where nothing changed."""

    before: float
    now: float
    chance: float


@dataclass(frozen=True, slots=True)
class Profile:
    """How values of places are spread: `counts` between `edges`, and those that are missing."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    missing: int

    @property
    def known(self) -> int:
        """Count the values that are there."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Visits whose outcome is known, and the probability believed before; shape (visits,)."""

    place: IntArray
    probability: FloatArray
    positive: BoolArray

    @property
    def enough(self) -> bool:
        """Tell whether ten visits found something, ten found nothing, and places are twenty."""
        positives = int(self.positive.sum())
        rarer = min(positives, self.positive.size - positives)
        return rarer >= LEAST_POSITIVES and np.unique(self.place).size >= _LEAST_VISITED


def profile_of(values: FloatArray) -> Profile:
    """Cut values at their deciles, each a value there is; NaN is missing."""
    known = values[np.isfinite(values)]
    edges = (
        np.unique(np.quantile(known, _DECILES, method="inverted_cdf"))
        if known.size
        else np.zeros(0)
    )
    counts = _counts(known, edges)
    return Profile(tuple(edges.tolist()), tuple(counts.tolist()), values.size - known.size)


def _counts(known: FloatArray, edges: FloatArray) -> IntArray:
    return np.bincount(np.searchsorted(edges, known, side="left"), minlength=edges.size + 1)


def spread_change(before: Profile, values: FloatArray) -> Change | None:
    """Compute the population stability index; None with fewer than fifty values on either side.

    The smallest counts of those with all values moved up, down or not at all by a tenth of their
    standard deviation. Where nothing changed the index follows a chi-square law, scaled by the two
    numbers of values (Yurdakul, Naranjo: Journal of Risk Model Validation 14, 2020).
    """
    known = values[np.isfinite(values)]
    if min(before.known, known.size) < LEAST_PLACES:
        return None
    nudge = _NUDGE * float(known.std())
    index = min(_index(before, known + step) for step in (-nudge, 0.0, nudge))
    scale = 1.0 / before.known + 1.0 / known.size
    return Change(0.0, index, chi_square_tail(index / scale, len(before.edges)))


def _index(before: Profile, known: FloatArray) -> float:
    counts = np.array([before.counts, _counts(known, np.array(before.edges))], dtype=np.float64)
    # Half a value more in every bin: none is empty.
    share = (counts + 0.5) / (counts + 0.5).sum(axis=1, keepdims=True)
    return float(((share[1] - share[0]) * np.log(share[1] / share[0])).sum())


def missing_change(before: Profile, values: FloatArray) -> Change | None:
    """Compare shares that are missing, asking whether more are; None with fewer than fifty."""
    sizes = np.array([before.known + before.missing, values.size], dtype=np.float64)
    if sizes.min() < LEAST_PLACES:
        return None
    missing = np.array([before.missing, (~np.isfinite(values)).sum()], dtype=np.float64)
    was, now = (missing / sizes).tolist()
    pooled = float(missing.sum() / sizes.sum())
    variance = pooled * (1.0 - pooled) * float((1.0 / sizes).sum())
    return Change(was, now, _above((now - was) / math.sqrt(variance)) if variance > 0 else 1.0)


def base_rate_change(before: Outcomes, now: Outcomes) -> Change | None:
    """Compare positives per positive believed; None with too few on either side."""
    if not (before.enough and now.enough):
        return None
    leans = (_lean(before, slope=False), _lean(now, slope=False))
    was, is_now = (float(it.positive.sum() / it.probability.sum()) for it in (before, now))
    return Change(was, is_now, _chance_of(leans))


def slope_change(before: Outcomes, now: Outcomes) -> Change | None:
    """Compare calibration slopes; 1 is right, less is too sure of itself, more too timid.

    None with too few on either side, or where the same was believed of all places.
    """
    if not (before.enough and now.enough):
        return None
    if min(float(np.ptp(_log_odds(it))) for it in (before, now)) < _ROUNDED:
        return None
    leans = (_lean(before, slope=True), _lean(now, slope=True))
    return Change(1.0 + leans[0].step, 1.0 + leans[1].step, _chance_of(leans))


def _log_odds(outcomes: Outcomes) -> FloatArray:
    chance = np.clip(outcomes.probability, _ROUNDED, 1.0 - _ROUNDED)
    log_odds: FloatArray = np.log(chance / (1.0 - chance))
    return log_odds


@dataclass(frozen=True, slots=True)
class _Lean:
    """How outcomes lean from what was believed: the step towards them on the scale of log-odds.

    `scatter` is how far the contributions of single places are from what the step explains.
    """

    step: float
    information: float
    scatter: float


def _lean(outcomes: Outcomes, *, slope: bool) -> _Lean:
    """Measure how outcomes lean, in their level or in their slope around the weighted centre.

    It is one step of Fisher's scoring towards Cox's recalibration (Biometrika 45, 1958).
    """
    log_odds = _log_odds(outcomes)
    chance = 1.0 / (1.0 + np.exp(-log_odds))
    weight = chance * (1.0 - chance)
    centred = log_odds - np.average(log_odds, weights=weight)
    along = centred if slope else np.ones(weight.size)
    information = float((weight * along**2).sum())
    step = float((along * (outcomes.positive - chance)).sum()) / information
    rest = along * (outcomes.positive - chance - weight * along * step)
    return _Lean(step, information, _squares_by_place(outcomes.place, rest))


def _chance_of(leans: tuple[_Lean, _Lean]) -> float:
    """Compute the chance of steps so far apart.

    Scatter per information is taken of both together: that of a few visits alone is smallest when
    by chance they lean most, and would make too many alarms.
    """
    before, now = leans
    per_information = (before.scatter + now.scatter) / (before.information + now.information)
    variance = per_information * (1.0 / before.information + 1.0 / now.information)
    apart = abs(now.step - before.step)
    return math.erfc(apart / max(math.sqrt(2.0 * variance), _ROUNDED))


def _squares_by_place(place: IntArray, influence: FloatArray) -> float:
    """Add up what the visits of each place contribute: they are not independent of each other."""
    _, row = np.unique(place, return_inverse=True)
    return float((np.bincount(row, weights=influence) ** 2).sum())


def discrimination_change(before: Outcomes, now: Outcomes) -> Change | None:
    """Compare AUCs, asking whether it fell; None with too few on either side."""
    if not (before.enough and now.enough):
        return None
    (was, was_error), (is_now, error) = _auc_with_error(before), _auc_with_error(now)
    fall = (was - is_now) / max(math.hypot(was_error, error), _ROUNDED)
    return Change(was, is_now, _above(fall))


def _auc_with_error(outcomes: Outcomes) -> tuple[float, float]:
    """Compute the AUC with its standard error by place (Obuchowski: Biometrics 53, 1997)."""
    yes, score = outcomes.positive, outcomes.probability
    rank = _middle_ranks(score)
    # Of every visit, the share of those with the other outcome that it stands rightly to.
    right = np.empty(score.size)
    right[yes] = (rank[yes] - _middle_ranks(score[yes])) / (~yes).sum()
    right[~yes] = 1.0 - (rank[~yes] - _middle_ranks(score[~yes])) / yes.sum()
    auc = float(right[yes].mean())
    size = np.where(yes, yes.sum(), (~yes).sum())
    return auc, math.sqrt(_squares_by_place(outcomes.place, (right - auc) / size))


def _middle_ranks(values: FloatArray) -> FloatArray:
    _, row, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: FloatArray = (np.cumsum(counts) - (counts - 1) / 2.0)[row]
    return ranks


def _above(z: float) -> float:
    return math.erfc(z / math.sqrt(2.0)) / 2.0


def chi_square_tail(value: float, degrees: int) -> float:
    """Compute the chance that a chi-square variable is greater; exact for whole `degrees`.

    Without any degree it is zero for certain, and never greater.
    """
    half = max(value, 0.0) / 2.0
    if degrees % 2:
        total, term = math.erfc(math.sqrt(half)), math.exp(-half) * math.sqrt(half / math.pi) * 2.0
    else:
        total, term = 0.0, math.exp(-half) if degrees else 0.0
    for step in range(2 + degrees % 2, degrees + 1, 2):
        total += term
        term *= 2.0 * half / step
    return total if degrees else 1.0
