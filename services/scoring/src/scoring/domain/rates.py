"""How often visits find something: many series of counts, fitted at once to their own past.

A quasi-Poisson regression with visits as its exposure: the log of an expected count is the log of
the visits plus a level, a season and a drift. Counts that vary more than by chance make all that is
said of them wider. A prior holds season and drift back, so that a year is enough to begin with.

Sources: Farrington, Andrews, Beale and Catchpole, J. R. Statist. Soc. A 159 (1996) 547-563, for
the regression that gives less weight to what stood out; Noufaily and others, Statistics in Medicine
32 (2013) 1206-1222, for the negative binomial of what is to come.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import compress
from typing import Final

import numpy as np
from scipy.special import betainc, nbdtrik

from scoring.domain.history import BoolArray, FloatArray, IntArray

_STEPS: Final = 12
_LONGEST_STEP: Final = 1.0
# A period that stands out by more counts less, so that one outbreak does not hide the next.
_STANDS_OUT: Final = 2.58
# Deviations of the prior: log rates by season, and per year.
_SEASON: Final = 0.3
_DRIFT: Final = 0.15
_LITTLE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Counts:
    """Visits by territory and period, and how many of them found each category.

    visits[territory, period], found[territory, category, period]; periods by their first day.
    """

    territories: tuple[str, ...]
    categories: tuple[str, ...]
    starts: tuple[date, ...]
    visits: IntArray
    found: IntArray

    def known(self) -> IntArray:
        """Count the periods of each territory from its first visit on; shape (territories,)."""
        result: IntArray = np.maximum.accumulate(self.visits > 0, axis=1).sum(axis=1)
        return result

    def of(self, rows: BoolArray) -> "Counts":
        """Keep some territories."""
        names = tuple(compress(self.territories, rows))
        return Counts(names, self.categories, self.starts, self.visits[rows], self.found[rows])

    def before(self, period: int) -> "Counts":
        """Keep the periods before one."""
        return Counts(
            self.territories,
            self.categories,
            self.starts[:period],
            self.visits[:, :period],
            self.found[:, :, :period],
        )


def counts_of(
    starts: Sequence[date],
    visits: Iterable[tuple[str, date, int]],
    found: Iterable[tuple[str, str, date, int]],
) -> Counts:
    """Spread numbers by territory (and category) and first day over all periods."""
    visits, found = list(visits), list(found)
    territories = sorted({it[0] for it in visits})
    categories = sorted({it[1] for it in found})
    row, column, period = (
        {name: number for number, name in enumerate(names)}
        for names in (territories, categories, starts)
    )
    visited = np.zeros((len(row), len(period)), dtype=np.int64)
    seen = np.zeros((len(row), len(column), len(period)), dtype=np.int64)
    for territory, start, number in visits:
        visited[row[territory], period[start]] = number
    for territory, category, start, number in found:
        seen[row[territory], column[category], period[start]] = number
    return Counts(tuple(territories), tuple(categories), tuple(starts), visited, seen)


@dataclass(frozen=True, slots=True)
class Expected:
    """Counts to come, as negative binomials; the variance is also that of what was estimated."""

    mean: FloatArray
    variance: FloatArray

    def _shape(self) -> tuple[FloatArray, FloatArray]:
        mean = np.maximum(self.mean, _LITTLE)
        extra = np.maximum(self.variance - self.mean, _LITTLE)
        return mean**2 / extra, extra / (mean + extra)

    def chance_of(self, count: IntArray | FloatArray) -> FloatArray:
        """Compute the chance of a count or a higher one."""
        shape, more = self._shape()
        chance = betainc(np.maximum(count, 1), shape, more)
        result: FloatArray = np.where(count > 0, chance, 1.0)
        return result

    def quantile(self, share: float) -> FloatArray:
        """Find the lowest count that is exceeded with at most the chance `1 - share`."""
        shape, more = self._shape()
        count = nbdtrik(share, shape, 1.0 - more)
        # Where already none is as likely as that, there is no root.
        result: FloatArray = np.maximum(np.ceil(np.nan_to_num(count)), 0.0)
        return result


@dataclass(frozen=True, slots=True)
class Rates:
    """What was fitted: coefficients[territory, category, term], covariance, dispersion >= 1."""

    coefficients: FloatArray
    covariance: FloatArray
    dispersion: FloatArray

    def expect(self, terms: FloatArray, visits: FloatArray) -> Expected:
        """Foretell sums over periods; terms[period, term], visits[territory, period]."""
        mean = visits[:, None, :] * np.exp(self.coefficients @ terms.T)
        slope = mean @ terms
        doubt = np.einsum("...k,...kl,...l->...", slope, self.covariance, slope)
        total = mean.sum(axis=-1)
        return Expected(total, self.dispersion * total + doubt)


def terms_of(period: IntArray, per_year: float, now: int) -> FloatArray:
    """Describe periods: level, season as one wave a year, years of drift up to `now`, not beyond.

    Shape (periods, 4).
    """
    turn = 2 * np.pi * period / per_year
    drift = np.minimum(period - now, 0) / per_year
    return np.column_stack([np.ones(period.size), np.sin(turn), np.cos(turn), drift])


def fit_rates(counts: Counts, terms: FloatArray, weight: FloatArray) -> Rates:
    """Fit every territory and category; `weight` tells how much each period counts."""
    weights = np.broadcast_to(weight, counts.found.shape)
    rates, mean = _fitted(counts, terms, weights)
    for _ in range(2):
        ordinary = weight * _ordinary(counts.found, mean, rates.dispersion)
        rates, mean = _fitted(counts, terms, ordinary)
    return rates


def _fitted(counts: Counts, terms: FloatArray, weight: FloatArray) -> tuple[Rates, FloatArray]:
    """Climb by Newton's steps to where the penalised likelihood is highest."""
    visits = counts.visits[:, None, :].astype(np.float64)
    number = terms.shape[1]
    # Half a finding more, at the series' own rate: what was never found has a small rate too.
    overall = (counts.found.sum(axis=2) + 0.5) / (visits.sum(axis=2) + 1.0)
    coefficients = np.zeros((*overall.shape, number))
    coefficients[:, :, 0] = np.log(overall)
    precision = np.array([0.0, _SEASON**-2, _SEASON**-2, _DRIFT**-2])
    products = (terms[:, :, None] * terms[:, None, :]).reshape(-1, number * number)
    for _ in range(_STEPS):
        mean = visits * np.exp(coefficients @ terms.T)
        added = 0.5 * np.exp(coefficients[:, :, 0]) / overall
        slope = (weight * (counts.found - mean)) @ terms - precision * coefficients
        slope[:, :, 0] += 0.5 - added
        curve = ((weight * mean) @ products).reshape(*overall.shape, number, number)
        curve += np.diag(precision)
        curve[:, :, 0, 0] += added
        step = np.linalg.solve(curve, slope[..., None])[..., 0]
        coefficients += np.clip(step, -_LONGEST_STEP, _LONGEST_STEP)
    dispersion = _dispersion(counts.found, mean, weight * (visits > 0))
    covariance = dispersion[..., None, None] * np.linalg.inv(curve)
    return Rates(coefficients, covariance, dispersion), mean


def _dispersion(found: IntArray, mean: FloatArray, weight: FloatArray) -> FloatArray:
    """Compute how much more counts vary than by chance: Pearson's statistic, 1 at the least."""
    square = (found - mean) ** 2 / np.maximum(mean, _LITTLE)
    freedom = np.maximum(weight.sum(axis=-1) - 4.0, 1.0)
    result: FloatArray = np.maximum((weight * square).sum(axis=-1) / freedom, 1.0)
    return result


def _ordinary(found: IntArray, mean: FloatArray, dispersion: FloatArray) -> FloatArray:
    """Tell how far each count is to be believed: 1, or less where its Anscombe residual is high."""
    safe = np.maximum(mean, _LITTLE)
    spread = safe ** (1 / 6) * dispersion[..., None] ** 0.5
    residual = 1.5 * (found ** (2 / 3) - safe ** (2 / 3)) / spread
    result: FloatArray = np.where(residual > _STANDS_OUT, np.maximum(residual, 1.0) ** -2, 1.0)
    return result
