"""What the people who made a visit usually find: the yardstick past findings are held against.

Inspectors differ far more than places do. A past visit is therefore compared with the rate its own
inspectors had by then; who will make the next visit is never asked.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.facts import Facts
from scoring.domain.history import FloatArray, IntArray
from scoring.domain.ledger import Ledger, ledger_of

RATE_HALF_LIFE_DAYS: Final = 365.0
INSPECTOR_PRIOR_VISITS: Final = 20.0
# Before anything is known: one visit in seven finds a danger, a visit finds three points.
FIRST_RATE: Final = 0.15
FIRST_POINTS: Final = 3.0
_FIRST_VISITS: Final = 20.0
_BLOCK: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Averages:
    """The usual share of visits with a critical finding, and the usual points, over all places."""

    ledger: Ledger

    def until(self, as_of_ms: int) -> "Averages":
        """Keep what is read at one moment alone."""
        last = np.searchsorted(self.ledger.stamps, as_of_ms, side="left")
        kept = slice(max(int(last) - 1, 0), int(last))
        stamps, sums = self.ledger.stamps[kept].copy(), self.ledger.sums[kept].copy()
        return Averages(Ledger(stamps, sums, self.ledger.half_lives))

    def read(self, as_of_ms: IntArray) -> tuple[FloatArray, FloatArray]:
        """Read rate and points as of each moment."""
        rate, points = np.empty(as_of_ms.size), np.empty(as_of_ms.size)
        for block in _blocks(as_of_ms.size):
            moments = as_of_ms[block]
            sums = self.ledger.read(np.zeros(moments.size, dtype=np.int64), moments)[:, 0, :]
            weight = sums[:, 0] + _FIRST_VISITS
            rate[block] = (sums[:, 1] + _FIRST_VISITS * FIRST_RATE) / weight
            points[block] = (sums[:, 2] + _FIRST_VISITS * FIRST_POINTS) / weight
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


def expected_of(facts: Facts, usual: tuple[FloatArray, FloatArray]) -> Expected:
    """Compute for each visit the mean over its team of the rates known before it.

    `usual` are the averages as of each visit. An unknown team is expected to find the average; a
    new inspector starts from it too.
    """
    visits = facts.visits
    rate, points = usual
    team, member = visits.team_visit, visits.team_inspector
    ledger = ledger_of(
        np.where(visits.done[team], member, -1),
        visits.known_ms,
        day=visits.day,
        amounts=_found(facts),
        half_lives=(RATE_HALF_LIFE_DAYS,),
        rows=team,
    )
    own_rate, own_points = np.empty(team.size), np.empty(team.size)
    for block in _blocks(team.size):
        visit = team[block]
        sums = ledger.read(member[block], visits.known_ms[visit])[:, 0, :]
        weight = sums[:, 0] + INSPECTOR_PRIOR_VISITS
        own_rate[block] = (sums[:, 1] + INSPECTOR_PRIOR_VISITS * rate[visit]) / weight
        own_points[block] = (sums[:, 2] + INSPECTOR_PRIOR_VISITS * points[visit]) / weight
    return Expected(_mean(team, own_rate, rate), _mean(team, own_points, points))


def _found(facts: Facts) -> tuple[FloatArray, ...]:
    visits = facts.visits
    return np.ones(visits.place.size), visits.critical, visits.points


def _blocks(size: int) -> list[slice]:
    """Cut rows into blocks, so that what is read on the way stays small."""
    return [slice(start, start + _BLOCK) for start in range(0, size, _BLOCK)]


def _mean(team: IntArray, values: FloatArray, otherwise: FloatArray) -> FloatArray:
    size = np.bincount(team, minlength=otherwise.size)
    total = np.bincount(team, weights=values, minlength=otherwise.size)
    return np.where(size > 0, total / np.maximum(size, 1), otherwise)
