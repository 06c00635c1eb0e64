"""Times by public transport that hold all through some hours: whenever one leaves, one is there.

Who leaves within a slot can do what who leaves at its end does. So the longest of the times from
the ends of all slots, and a slot more for waiting, is enough at any second in between.
"""

from dataclasses import dataclass

import numpy as np

from routing.domain.transit_feed import Numbers
from routing.domain.transit_matrix import Access, transit_times
from routing.domain.transit_scan import NEVER_S, Connections
from routing.domain.transit_walks import Walks

# Up to so many places, the seconds of a slot: a region's times from many take seconds a slot.
SLOTS = ((100, 60), (300, 300))
LONGEST_SLOT_S = 900


@dataclass(frozen=True, slots=True)
class Hours:
    """A stretch of a day in which one leaves, seconds from its midnight; both ends count."""

    from_s: int
    until_s: int


def times_within(
    day: Connections,
    walks: Walks,
    access: Access,
    hours: Hours,
    *,
    most_s: int,
    threads: int = 1,
) -> Numbers:
    """Return seconds from place to place that are enough at any second of some hours.

    Shape (places, places), at most `most_s`; `NEVER_S` where at some second that is not enough.
    """
    places = access.first.size - 1
    slot_s = next((slot_s for most, slot_s in SLOTS if places <= most), LONGEST_SLOT_S)
    longest = np.zeros((places, places), np.int32)
    for end_s in range(hours.from_s + slot_s, hours.until_s + slot_s, slot_s):
        taken = transit_times(day, walks, access, end_s, most_s=most_s - slot_s, threads=threads)
        np.maximum(longest, taken, out=longest)
    enough = np.where(longest < NEVER_S, longest + slot_s, NEVER_S).astype(np.int32)
    np.fill_diagonal(enough, 0)
    return enough
