"""Which visits a score is learned from and judged on, as a policy that is data."""

from dataclasses import dataclass
from zlib import crc32

import numpy as np

from scoring.domain.facts import Facts
from scoring.domain.history import MS_PER_DAY, BoolArray, IntArray


@dataclass(frozen=True, slots=True)
class Labelled:
    """Completed routine visits, and whether each found what the policy calls positive.

    Visits after a complaint or to check repairs were chosen by suspicion, and at a closed door
    nothing was seen: they are history, not labels. `inspector` is the lead, -1 when unknown; it is
    for measuring alone. `cohort` tells which places are among those scores are for. `visit` are
    rows of the history's visits.
    """

    visit: IntArray
    place: IntArray
    as_of_ms: IntArray
    known_ms: IntArray
    positive: BoolArray
    inspector: IntArray
    cohort: BoolArray

    def where(self, rows: BoolArray) -> "Labelled":
        """Keep some rows."""
        return Labelled(
            self.visit[rows],
            self.place[rows],
            self.as_of_ms[rows],
            self.known_ms[rows],
            self.positive[rows],
            self.inspector[rows],
            self.cohort[rows],
        )


def odd_places(facts: Facts) -> BoolArray:
    """Tell which places have an odd number, or a name whose checksum is odd: about half of them."""
    ids = [str(it) for it in facts.places.ids.tolist()]
    numbers = [int(it) if it.isdecimal() else crc32(it.encode()) for it in ids]
    return np.array([number % 2 == 1 for number in numbers], dtype=np.bool_)


def labelled_visits(facts: Facts, before_ms: int) -> Labelled:
    """Take the labelled visits known before a moment; each is asked about as of its own day.

    A visit is foreseen from what was known before it took place, or became known if earlier.
    """
    visits = facts.visits
    rows = np.flatnonzero(visits.labelled & (visits.known_ms < before_ms))
    happened = np.floor(visits.day[rows] * MS_PER_DAY).astype(np.int64)
    lead = np.full(visits.place.size, -1, dtype=np.int64)
    # Written backwards, so that the first of a team, its lead, stays.
    lead[visits.team_visit[::-1]] = visits.team_inspector[::-1]
    return Labelled(
        visit=rows,
        place=visits.place[rows],
        as_of_ms=np.minimum(happened, visits.known_ms[rows]),
        known_ms=visits.known_ms[rows],
        positive=visits.positive[rows],
        inspector=lead[rows],
        cohort=visits.in_cohort[rows],
    )
