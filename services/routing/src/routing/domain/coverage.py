"""The weeks to come at a staffing: who is visited when, and who passes the interval between visits.

Each day the places due first are visited, as far as the minutes go: one that no longer fits the
day is passed over for one that does. How places lie to each other is not looked at.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Duty:
    """A place to visit by a day (counted from the first one), and then every `interval` days."""

    due: int
    interval: int
    minutes: int


@dataclass(frozen=True, slots=True)
class Late:
    """A place past its interval from a day on, and when it is visited then, if it is."""

    place: int
    since: int
    visited: int | None


@dataclass(slots=True)
class Foreseen:
    """What each day brings, by day: visits, minutes worked, places past their interval at its end.

    `late` tells each time a place passes its interval, in the order of the days.
    """

    visits: list[int] = field(default_factory=list)
    minutes: list[int] = field(default_factory=list)
    late_places: list[int] = field(default_factory=list)
    late: list[Late] = field(default_factory=list)


def foresee(duties: Sequence[Duty], minutes: Sequence[int], earliest_share: float) -> Foreseen:
    """Foresee the days for which the minutes that all teams work are given."""
    found, last = Foreseen(), len(minutes)
    ready = [(duty.due, place) for place, duty in enumerate(duties)]
    heapq.heapify(ready)
    resting: list[tuple[int, int, int]] = []
    for day, worked in enumerate(minutes):
        while resting and resting[0][0] <= day:
            _, due, place = heapq.heappop(resting)
            heapq.heappush(ready, (due, place))
        visited = _day(duties, ready, worked)
        for due, place in visited:
            if due < day:
                found.late.append(Late(place, max(0, due + 1), day))
            again = day + duties[place].interval
            wait = max(1, int(earliest_share * duties[place].interval))
            heapq.heappush(resting, (day + wait, again, place))
        found.visits.append(len(visited))
        found.minutes.append(sum(duties[place].minutes for _, place in visited))
        overdue = sum(due <= day for due, _ in ready)
        found.late_places.append(overdue)
    # Who rests at the end is due later still.
    found.late += [Late(place, max(0, due + 1), None) for due, place in ready if due + 1 < last]
    found.late.sort(key=lambda it: (it.since, it.place))
    return found


def _day(
    duties: Sequence[Duty], ready: list[tuple[int, int]], minutes: int
) -> list[tuple[int, int]]:
    """Take the places of a day out of those that are ready."""
    visited, passed, left = [], [], minutes
    shortest = min((duty.minutes for duty in duties), default=0)
    while ready and left >= shortest:
        due, place = heapq.heappop(ready)
        if duties[place].minutes <= left:
            visited.append((due, place))
            left -= duties[place].minutes
        else:
            passed.append((due, place))
    for it in passed:
        heapq.heappush(ready, it)
    return visited
