"""What was believed of places beside what visits found there, by what made us choose the visit."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from scoring.domain.audit_estimate import share
from scoring.domain.history import BoolArray, FloatArray, IntArray, TextArray
from scoring.domain.metrics import Interval, interval, place_weights, resampled_auc

ORIGINS: Final = ("override", "due", "audit", "targeted")
LEAST_POSITIVES: Final = 10
# Further apart than this, skill where we target says little of skill elsewhere.
APART: Final = 0.05
State = Literal["together", "apart", "not_enough_data"]


@dataclass(frozen=True, slots=True)
class FieldVisits:
    """Visits that saw a place, and the probability that was believed before; shape (visits,)."""

    origin: TextArray
    place: IntArray
    probability: FloatArray
    positive: BoolArray

    def where(self, rows: BoolArray) -> "FieldVisits":
        """Keep some rows."""
        return FieldVisits(
            self.origin[rows], self.place[rows], self.probability[rows], self.positive[rows]
        )


@dataclass(frozen=True, slots=True)
class OriginResult:
    """Visits of one origin: how many found something critical, and how many were believed to.

    `auc` is None under ten visits that found something, or that found nothing.
    """

    origin: str
    visits: int
    positives: int
    hit_rate: Interval
    believed: float
    auc: Interval | None


@dataclass(frozen=True, slots=True)
class Divergence:
    """How far skill among targeted visits is ahead of skill among places drawn at random.

    It is `apart` when the gap is more than 0.05 and its 90 % interval holds no zero.
    """

    state: State
    gap: Interval | None


def by_origin(visits: FieldVisits, seed: int) -> list[OriginResult]:
    """Measure each origin that had visits."""
    found = [(name, visits.where(visits.origin == name)) for name in ORIGINS]
    return [_measured(name, own, seed) for name, own in found if own.place.size]


def _measured(origin: str, visits: FieldVisits, seed: int) -> OriginResult:
    hit_rate = share(visits.positive, np.ones(visits.place.size))
    auc = None
    if _enough(visits):
        draws = _auc(visits, place_weights(visits.place, seed))
        auc = interval(float(_auc(visits, np.ones((1, visits.place.size)))[0]), draws)
    return OriginResult(
        origin=origin,
        visits=visits.place.size,
        positives=int(visits.positive.sum()),
        hit_rate=hit_rate or Interval(0.0, 0.0, 1.0),
        believed=float(visits.probability.mean()),
        auc=auc,
    )


def _enough(visits: FieldVisits) -> bool:
    positives = int(visits.positive.sum())
    return min(positives, visits.place.size - positives) >= LEAST_POSITIVES


def _auc(visits: FieldVisits, weight: FloatArray) -> FloatArray:
    return resampled_auc(visits.probability, visits.positive, weight)


def divergence(visits: FieldVisits, seed: int) -> Divergence:
    """Compare skill where we targeted with skill where chance sent us."""
    kept = visits.where(np.isin(visits.origin, ("targeted", "audit")))
    targeted = kept.origin == "targeted"
    if not (_enough(kept.where(targeted)) and _enough(kept.where(~targeted))):
        return Divergence("not_enough_data", None)
    drawn = place_weights(kept.place, seed)
    # The first row is the data as they are.
    weight = np.vstack([np.ones((1, drawn.shape[1])), drawn])
    one, other = (_auc(kept.where(it), weight[:, it]) for it in (targeted, ~targeted))
    draws = one - other
    gap = interval(float(draws[0]), draws[1:])
    surely = gap.low > 0 or gap.high < 0
    return Divergence("apart" if abs(gap.value) > APART and surely else "together", gap)
