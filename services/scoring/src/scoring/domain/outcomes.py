"""What else a visit comes to: the points that it finds, and what is still open some weeks later."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.facts import Facts
from scoring.domain.history import MS_PER_DAY, BoolArray, FloatArray, IntArray
from scoring.domain.labels import Labelled
from scoring.domain.windows import GAP_DAYS

# A key is `place << 42 | milliseconds since 1970`, as in ledgers.
_TIME_BITS: Final = 42


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Secondary targets of labelled visits, shape (visits,).

    `left_open` when the visit found something serious or critical, and nobody who came to check
    within the days of the policy, and wrote it down within a week, found all of it in order. It is
    known from `told_ms` on.
    """

    points: FloatArray
    left_open: BoolArray
    told_ms: IntArray

    def where(self, rows: BoolArray) -> "Outcomes":
        """Keep some rows."""
        return Outcomes(self.points[rows], self.left_open[rows], self.told_ms[rows])


def outcomes_of(facts: Facts, labelled: Labelled) -> Outcomes:
    """Look up what labelled visits came to."""
    visits, rows = facts.visits, labelled.visit
    severe = visits.criticals + visits.serious > 0
    happened = np.floor(visits.day * MS_PER_DAY).astype(np.int64)
    in_time = visits.known_ms <= happened + GAP_DAYS * MS_PER_DAY
    settles = visits.reinspection & ~visits.no_access & ~severe & in_time
    stamps = (visits.place << _TIME_BITS) | happened
    settled = np.append(np.sort(stamps[settles]), np.iinfo(np.int64).max)
    next_settled = settled[np.searchsorted(settled, stamps[rows], side="right")]
    waited_ms = facts.open_after_days * MS_PER_DAY
    return Outcomes(
        points=visits.points[rows],
        left_open=severe[rows] & (next_settled > stamps[rows] + waited_ms),
        told_ms=np.maximum(
            visits.known_ms[rows], happened[rows] + waited_ms + GAP_DAYS * MS_PER_DAY
        ),
    )
