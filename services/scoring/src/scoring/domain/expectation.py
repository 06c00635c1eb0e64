"""What the people who made a visit usually find: the yardstick past findings are held against.

Inspectors differ far more than places do. A past visit is therefore compared with the rate its own
inspectors had by then; who will make the next visit is never asked.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.history import Facts, FloatArray, IntArray
from scoring.domain.ledger import Ledger, ledger_of

RATE_HALF_LIFE_DAYS: Final = 365.0
INSPECTOR_PRIOR_VISITS: Final = 20.0
# Before anything is known: one visit in seven finds a danger, a visit finds three points.
FIRST_RATE: Final = 0.15
FIRST_POINTS: Final = 3.0
_FIRST_VISITS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Averages:
    """The usual share of visits with a critical finding, and the usual points, over all places."""

    ledger: Ledger

    def read(self, as_of_ms: IntArray) -> tuple[FloatArray, FloatArray]:
        """Read rate and points as of each moment."""
        sums = self.ledger.read(np.zeros(as_of_ms.size, dtype=np.int64), as_of_ms)[:, 0, :]
        weight = sums[:, 0] + _FIRST_VISITS
        rate = (sums[:, 1] + _FIRST_VISITS * FIRST_RATE) / weight
        points = (sums[:, 2] + _FIRST_VISITS * FIRST_POINTS) / weight
        return rate, points


@dataclass(frozen=True, slots=True)
class Expected:
    """What each visit's team could be expected to find; rows are the visits'."""

    rate: FloatArray
    points: FloatArray


def averages_of(facts: Facts) -> Averages:
    """Follow the averages over all completed routine visits."""
    visits = facts.visits
    keys = np.where(visits.labelled, 0, -1).astype(np.int64)
    return Averages(
        ledger_of(
            keys,
            visits.known_ms,
            day=visits.day,
            amounts=_found(facts),
            half_lives=(RATE_HALF_LIFE_DAYS,),
        )
    )


def expected_of(facts: Facts, averages: Averages) -> Expected:
    """Compute for each visit the mean over its team of the rates known before it.

    An unknown team is expected to find the average; a new inspector starts from it too.
    """
    visits = facts.visits
    rate, points = averages.read(visits.known_ms)
    team, member = visits.team_visit, visits.team_inspector
    ledger = ledger_of(
        np.where(visits.done[team], member, -1),
        visits.known_ms[team],
        day=visits.day[team],
        amounts=_found(facts)[team],
        half_lives=(RATE_HALF_LIFE_DAYS,),
    )
    sums = ledger.read(member, visits.known_ms[team])[:, 0, :]
    weight = sums[:, 0] + INSPECTOR_PRIOR_VISITS
    own_rate = (sums[:, 1] + INSPECTOR_PRIOR_VISITS * rate[team]) / weight
    own_points = (sums[:, 2] + INSPECTOR_PRIOR_VISITS * points[team]) / weight
    return Expected(_mean(team, own_rate, rate), _mean(team, own_points, points))


def _found(facts: Facts) -> FloatArray:
    visits = facts.visits
    return np.column_stack([np.ones(visits.place.size), visits.critical, visits.points])


def _mean(team: IntArray, values: FloatArray, otherwise: FloatArray) -> FloatArray:
    size = np.bincount(team, minlength=otherwise.size)
    total = np.bincount(team, weights=values, minlength=otherwise.size)
    return np.where(size > 0, total / np.maximum(size, 1), otherwise)
