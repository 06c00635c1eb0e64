"""A ridge-regularised logistic regression: the part of a model that learns from few data."""

import json
from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.history import BoolArray, FloatArray

# Precisions of the prior of each standardised coefficient that are tried.
RIDGES: Final = (30.0, 100.0, 300.0, 1000.0, 3000.0)
_JUDGED: Final = 10_000
# So many of the newest visits settle some dozens of coefficients; older ones only cost time.
_LEARNED: Final = 50_000
_BLOCK: Final = 64
# Beyond five deviations a value says no more: one strange place must not rule the order.
FARTHEST: Final = 5.0
# Newton's steps double the digits that are right; after these nothing moves any more.
_STEPS: Final = 4
_POSSIBLE: Final = (1e-3, 1 - 1e-3)
_SURE: Final = 30.0
# The intercept is free, but for a trace that keeps it finite where all outcomes are alike.
_FREE: Final = 1e-3
_LEAST_SCALE: Final = 1e-9
_NEVER: Final = "days_since"


@dataclass(frozen=True, slots=True)
class Linear:
    """Coefficients on standardised logarithms of features; all arrays have shape (names,).

    `covariance` has shape (names + 1, names + 1), the intercept first: how sure the fit is.
    """

    names: tuple[str, ...]
    fill: FloatArray
    centre: FloatArray
    scale: FloatArray
    weight: FloatArray
    intercept: float
    covariance: FloatArray

    @property
    def text(self) -> str:
        """Write as JSON; numbers are written so that they read back to the last bit."""
        parts = {
            "names": self.names,
            "fill": self.fill.tolist(),
            "centre": self.centre.tolist(),
            "scale": self.scale.tolist(),
            "weight": self.weight.tolist(),
            "intercept": self.intercept,
            "covariance": self.covariance.tolist(),
        }
        return json.dumps(parts)

    def standardise(self, values: FloatArray) -> FloatArray:
        """Bring columns in the order of `names` to the scale that was learned on."""
        logs = _compressed(values)
        filled = np.where(np.isnan(logs), self.fill, logs)
        standard: FloatArray = np.clip((filled - self.centre) / self.scale, -FARTHEST, FARTHEST)
        return standard

    def contributions(self, values: FloatArray) -> FloatArray:
        """Split the log-odds over the features; with `intercept` they add up to it."""
        return self.standardise(values) * self.weight

    def estimate(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give the log-odds, and how unsure they are as a standard deviation."""
        standard = self.standardise(values)
        rows = np.column_stack([np.ones(values.shape[0]), standard])
        variance: FloatArray = np.einsum("ij,ij->i", rows @ self.covariance, rows)
        deviation: FloatArray = np.sqrt(np.maximum(variance, 0.0))
        log_odds: FloatArray = self.intercept + standard @ self.weight
        return log_odds, deviation


def linear_of(text: str) -> Linear:
    """Read one back."""
    parts = json.loads(text)
    arrays = {name: np.asarray(parts[name], dtype=np.float64) for name in _ARRAYS}
    return Linear(names=tuple(parts["names"]), intercept=float(parts["intercept"]), **arrays)


_ARRAYS: Final = ("fill", "centre", "scale", "weight", "covariance")


def fit_linear(
    names: tuple[str, ...], values: FloatArray, positive: BoolArray, offset: FloatArray
) -> Linear:
    """Fit by Newton's steps; `offset` is added to the log-odds while learning.

    A value that is unknown counts as the mean, a day count that never began as the longest seen.
    """
    newest = slice(-_LEARNED, None)
    positive, offset = positive[newest], offset[newest]
    logs = _compressed(values[newest])
    fill = _fills(names, logs)
    filled = np.where(np.isnan(logs), fill, logs)
    centre, deviation = filled.mean(axis=0), filled.std(axis=0)
    scale = np.where(deviation > _LEAST_SCALE, deviation, 1.0)
    standard = np.clip((filled - centre) / scale, -FARTHEST, FARTHEST)
    design = np.column_stack([np.ones(positive.size), standard])
    fit = _chosen(design, positive.astype(np.float64), offset)
    return Linear(
        names=names,
        fill=fill,
        centre=centre,
        scale=scale,
        weight=fit.weight[1:],
        intercept=float(fit.weight[0]),
        covariance=fit.covariance,
    )


def _compressed(values: FloatArray) -> FloatArray:
    result: FloatArray = np.sign(values) * np.log1p(np.abs(values))
    return result


def _fills(names: tuple[str, ...], logs: FloatArray) -> FloatArray:
    known = np.isfinite(logs)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, logs, 0.0).sum(axis=0) / count
    longest = np.where(known, logs, 0.0).max(axis=0, initial=0.0)
    never = np.array([name.startswith(_NEVER) for name in names])
    fills: FloatArray = np.where(never, longest, mean)
    return fills


@dataclass(frozen=True, slots=True)
class _Fit:
    weight: FloatArray
    covariance: FloatArray
    evidence: float


def _chosen(design: FloatArray, positive: FloatArray, offset: FloatArray) -> _Fit:
    """Fit with the ridge under which the newest visits are likeliest: few data are held tighter.

    The likelihood is the marginal one, over all coefficients, in Laplace's approximation.
    """
    newest = slice(-_JUDGED, None)
    judged = (design[newest], positive[newest], offset[newest])
    share = np.clip(positive.mean(), *_POSSIBLE)
    weight: FloatArray = np.zeros(design.shape[1], dtype=np.float64)
    # What is given holds most of the average already.
    weight[0] = np.log(share / (1.0 - share)) - offset.mean()
    best, most = RIDGES[-1], -np.inf
    for ridge in RIDGES[::-1]:
        fit = _newton(*judged, ridge=ridge, weight=weight)
        weight = fit.weight
        if fit.evidence > most:
            best, most = ridge, fit.evidence
    return _newton(design, positive, offset, ridge=best, weight=weight)


def _newton(
    design: FloatArray,
    positive: FloatArray,
    offset: FloatArray,
    *,
    ridge: float,
    weight: FloatArray,
) -> _Fit:
    prior = np.full(design.shape[1], ridge)
    prior[0] = _FREE
    curvature: FloatArray = np.diag(prior)
    for _ in range(_STEPS):
        chance = _chance(design, weight, offset)
        slope = np.einsum("ij,i->j", design, positive - chance) - prior * weight
        curvature = _curvature(design, chance, prior)
        weight = np.asarray(np.add(weight, np.linalg.solve(curvature, slope)), np.float64)
    # The last step moved next to nothing: its curvature is the one at the top.
    chance = _chance(design, weight, offset)
    likely = np.sum(np.log(np.where(positive > 0, chance, 1.0 - chance)))
    _, volume = np.linalg.slogdet(curvature / prior[:, None])
    evidence = likely - 0.5 * np.sum(prior * weight**2) - 0.5 * volume
    return _Fit(weight, np.asarray(np.linalg.inv(curvature), np.float64), float(evidence))


def _chance(design: FloatArray, weight: FloatArray, offset: FloatArray) -> FloatArray:
    log_odds = np.clip(np.einsum("ij,j->i", design, weight) + offset, -_SURE, _SURE)
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)), np.float64)


def _curvature(design: FloatArray, chance: FloatArray, prior: FloatArray) -> FloatArray:
    # In blocks so small that the library leaves them to one thread: on a busy machine more of them
    # wait for each other several times longer than they work.
    rows = design * np.sqrt(chance * (1.0 - chance))[:, None]
    whole = rows.shape[0] // _BLOCK * _BLOCK
    blocks = rows[:whole].reshape(-1, _BLOCK, rows.shape[1])
    product = np.matmul(blocks.transpose(0, 2, 1), blocks).sum(axis=0)
    return np.asarray(product + rows[whole:].T @ rows[whole:] + np.diag(prior), np.float64)
