"""Look, week by week, for what visits suddenly find more often than they should.

Each category in each territory is a series: of a week's visits, how many found it. What they should
have found follows from the series' own past (`rates`). Some weeks together show what one does not,
and neighbours who find more of it too make it likelier. However many series are looked at, one
quiet week in ten at the most is alarming.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.history import BoolArray, FloatArray, IntArray
from scoring.domain.rates import Counts, Expected, fit_rates, terms_of

YEAR: Final = 52
# Of longer ago nothing is read: it says little of what is usual today.
LONGEST: Final = 260
PER_YEAR: Final = 365.25 / 7
# The last weeks are no part of what is usual: an outbreak may have begun in them.
_LEFT_OUT: Final = 8
_STRETCHES: Final = (1, 2, 3)
# Two visits that find something are no outbreak, however seldom it was found.
_LEAST_FOUND: Final = 3
_ALARMING: Final = 0.1
# What neighbours find is too much below this chance, and then the series counts so much more.
_BESIDE_CHANCE: Final = 0.01
_BESIDE_WEIGHT: Final = 10.0
_MOST_NEIGHBOURS: Final = 3
_FURTHEST_KM: Final = 150.0
_KM_PER_DEGREE: Final = 111.2


@dataclass(frozen=True, slots=True)
class Suspicion:
    """What the visits of the last `weeks` weeks found too often in a territory.

    `chance` is that of so many or more by accident, `adjusted_chance` that of a quiet week having
    such a suspicion of anything anywhere. With `neighbours`, territories nearby found more too.
    """

    territory: str
    category: str
    weeks: int
    visits: int
    found: int
    expected: float
    chance: float
    adjusted_chance: float
    neighbours: bool


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen: weeks known by territory, how many series were looked at, what is suspect."""

    weeks_known: dict[str, int]
    series: int
    suspicions: tuple[Suspicion, ...]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The last weeks together: visits[territory], found and expected [territory, category]."""

    weeks: int
    visits: IntArray
    found: IntArray
    expected: Expected

    def chance(self) -> FloatArray:
        """Compute the chance of so many or more; of too few to speak of it is 1."""
        return np.where(self.found < _LEAST_FOUND, 1.0, self.expected.chance_of(self.found))

    def beside(self, near: FloatArray) -> BoolArray:
        """Tell where the neighbours together found too much."""
        expected = Expected(near @ self.expected.mean, near @ self.expected.variance)
        result: BoolArray = expected.chance_of(near @ self.found) < _BESIDE_CHANCE
        return result


def neighbours(lon: FloatArray, lat: FloatArray) -> BoolArray:
    """Find the three territories nearest to each, within 150 km; one at NaN has none.

    Degrees of shape (territories,) in; out, in the row of each territory, which are its neighbours.
    """
    narrower = np.cos(np.radians((lat[:, None] + lat) / 2))
    apart = np.hypot((lon[:, None] - lon) * narrower, lat[:, None] - lat) * _KM_PER_DEGREE
    km = np.nan_to_num(apart, nan=np.inf)
    np.fill_diagonal(km, np.inf)
    rank = km.argsort(axis=1, kind="stable").argsort(axis=1)
    result: BoolArray = (rank < _MOST_NEIGHBOURS) & (km <= _FURTHEST_KM)
    return result


def look(counts: Counts, near: BoolArray) -> Look:
    """Look at the last week of the counts; `near` as `neighbours` gives it.

    A territory known for less than a year is not looked at: what is usual there is not known.
    """
    known = counts.known()
    weeks_known = dict(zip(counts.territories, known.tolist(), strict=True))
    ready = known >= YEAR
    if not (ready.any() and counts.categories):
        return Look(weeks_known, 0, ())
    seen = counts.of(ready)
    suspicions = _suspicions(seen, near[np.ix_(ready, ready)].astype(np.float64))
    return Look(weeks_known, seen.found[:, :, 0].size, tuple(suspicions))


def _suspicions(counts: Counts, near: FloatArray) -> list[Suspicion]:
    stretches = _stretches(counts)
    chances = np.stack([it.chance() for it in stretches])
    # The best of three tries counts three times.
    chance = np.minimum(len(stretches) * chances.min(axis=0), 1.0)
    beside = stretches[-1].beside(near)
    adjusted_chance = adjusted(chance, np.where(beside, _BESIDE_WEIGHT, 1.0))
    found = []
    for row, column in np.argwhere(adjusted_chance <= _ALARMING).tolist():
        best = stretches[int(chances[:, row, column].argmin())]
        found.append(
            Suspicion(
                territory=counts.territories[row],
                category=counts.categories[column],
                weeks=best.weeks,
                visits=int(best.visits[row]),
                found=int(best.found[row, column]),
                expected=float(best.expected.mean[row, column]),
                chance=float(chance[row, column]),
                adjusted_chance=float(adjusted_chance[row, column]),
                neighbours=bool(beside[row, column]),
            )
        )
    return found


def _stretches(counts: Counts) -> list[_Stretch]:
    """Put what the last weeks found beside what earlier ones let expect."""
    weeks = np.arange(len(counts.starts))
    usual = weeks.size - _LEFT_OUT
    terms = terms_of(weeks, PER_YEAR, usual)
    rates = fit_rates(counts.before(usual), terms[:usual], np.ones(usual))
    visits = counts.visits.astype(np.float64)
    return [
        _Stretch(
            weeks=number,
            visits=counts.visits[:, -number:].sum(axis=1),
            found=counts.found[:, :, -number:].sum(axis=2),
            expected=rates.expect(terms[-number:], visits[:, -number:]),
        )
        for number in _STRETCHES
    ]


def adjusted(chance: FloatArray, weight: FloatArray) -> FloatArray:
    """Adjust chances for their number; alarming up to a value is false with that chance at most.

    If nothing is true, that is; else it bounds the mean share of false ones among the alarms.
    `weight` tells, by other facts, how much likelier some are to be true; both of one shape.

    Sources: Benjamini and Hochberg, J. R. Statist. Soc. B 57 (1995) 289-300; with weights,
    Genovese, Roeder and Wasserman, Biometrika 93 (2006) 509-524.
    """
    weighed = (chance * weight.mean() / weight).ravel()
    order = weighed.argsort()
    rising = weighed[order] * weighed.size / np.arange(1, weighed.size + 1)
    result = np.empty(weighed.size)
    result[order] = np.minimum(np.minimum.accumulate(rising[::-1])[::-1], 1.0)
    return result.reshape(chance.shape)
