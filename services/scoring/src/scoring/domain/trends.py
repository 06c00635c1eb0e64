"""Foretell, month by month, how often visits will find what, and judge it by the past year.

The measure is what anybody would say without statistics: as often as in the same month last year.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.history import BoolArray, FloatArray
from scoring.domain.rates import Counts, fit_rates, terms_of

YEAR: Final = 12
# Of longer ago nothing is read.
LONGEST: Final = 60
# After so many months a month counts half.
_HALF_LIFE: Final = 24.0
_LOW, _HIGH = 0.05, 0.95


@dataclass(frozen=True, slots=True)
class Foretold:
    """How many of a month's visits[territory] will find what; all else [territory, category].

    Nine tenths of what may come lie from `low` to `high`. `last_year` is what the share of the same
    month a year before would give; NaN where nobody visited then.
    """

    visits: FloatArray
    expected: FloatArray
    low: FloatArray
    high: FloatArray
    last_year: FloatArray


@dataclass(frozen=True, slots=True)
class Judged:
    """How well the months of the past year were foretold, each from what was known before it.

    Errors are mean differences in visits, of shape (territories, categories), NaN where no month
    could be judged: it needs a year before it, and visits then and now. `held` is the share of all
    `forecasts` that lay in their interval, NaN without any.
    """

    forecasts: int
    error: FloatArray
    error_last_year: FloatArray
    held: float


def known_for_a_year(counts: Counts) -> BoolArray:
    """Tell which territories have a past to foretell from; shape (territories,)."""
    result: BoolArray = counts.known() >= YEAR
    return result


def usual_visits(counts: Counts) -> FloatArray:
    """Compute the visits of a usual month, by the past year, one at the least; by territory."""
    result: FloatArray = np.maximum(counts.visits[:, -YEAR:].mean(axis=1), 1.0)
    return result


def foretell(counts: Counts, visits: FloatArray, ahead: int = 1) -> Foretold:
    """Foretell a month, `ahead` after the last one, for so many visits of each territory.

    The counts are of a year or more, and `ahead` is at most a year.
    """
    months = np.arange(len(counts.starts) + ahead)
    now = len(counts.starts) - 1
    terms = terms_of(months, YEAR, now)
    weight = 0.5 ** ((now - months[: now + 1]) / _HALF_LIFE)
    rates = fit_rates(counts, terms[: now + 1], weight)
    expected = rates.expect(terms[-1:], visits[:, None])
    then = now + ahead - YEAR
    visited = counts.visits[:, then, None]
    share = counts.found[:, :, then] / np.maximum(visited, 1)
    # Not more visits can find it than there are.
    most = visits[:, None]
    return Foretold(
        visits=visits,
        expected=np.minimum(expected.mean, most),
        low=np.minimum(expected.quantile(_LOW), most),
        high=np.minimum(expected.quantile(_HIGH), most),
        last_year=np.where(visited > 0, share * visits[:, None], np.nan),
    )


def judge(counts: Counts) -> Judged:
    """Foretell each month of the past year anew, and compare with what was found."""
    shape = counts.found.shape[:2]
    errors, held = np.zeros((2, *shape)), np.zeros(shape)
    judged = np.zeros((shape[0], 1))
    last = len(counts.starts)
    for month in range(max(last - YEAR, YEAR), last):
        before = counts.before(month)
        visits = counts.visits[:, month]
        fair = known_for_a_year(before) & (visits > 0) & (before.visits[:, month - YEAR] > 0)
        told = foretell(before, visits.astype(np.float64))
        found = counts.found[:, :, month]
        differences = np.abs(np.stack([told.expected, told.last_year]) - found)
        errors += np.where(fair[:, None], differences, 0.0)
        held += fair[:, None] & (told.low <= found) & (found <= told.high)
        judged += fair[:, None]
    forecasts = int(judged.sum()) * shape[1]
    means = np.divide(errors, judged, out=np.full(errors.shape, np.nan), where=judged > 0)
    share = float(held.sum()) / forecasts if forecasts else float("nan")
    return Judged(forecasts, means[0], means[1], share)
