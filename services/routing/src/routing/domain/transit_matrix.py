"""Travel times by public transport between many places, for one departure."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from routing.domain.compiled import compiled
from routing.domain.transit_feed import Flags, Numbers
from routing.domain.transit_scan import NEVER_S, Connections, scan
from routing.domain.transit_walks import Walks

# Nobody goes to a visit for longer.
MOST_S = 3 * 3600


@dataclass(frozen=True, slots=True)
class Access:
    """Ways on foot between places and stops: of place p, `[first[p]:first[p + 1]]`."""

    first: Numbers
    stop: Numbers
    walk_s: Numbers


def transit_times(
    day: Connections,
    walks: Walks,
    access: Access,
    depart_s: int,
    *,
    most_s: int = MOST_S,
    threads: int = 1,
) -> Numbers:
    """Return seconds from place to place, shape (places, places), `NEVER_S` for more than `most_s`.

    Who can walk all the way does not need this: a time counts waiting at the first stop, and holds
    a vehicle, but for the way from a place to itself, which takes no time.
    """
    places = access.first.size - 1
    taken = np.full((places, places), NEVER_S, np.int32)
    parts = np.array_split(np.arange(places, dtype=np.int32), max(threads, 1))

    def fill(part: Numbers) -> None:
        _fill(
            (day.board_s, day.alight_s, day.origin, day.target, day.run),
            (day.may_board, day.may_alight),
            day.runs,
            (walks.first, walks.target, walks.walk_s, walks.change_s),
            (access.first, access.stop, access.walk_s),
            (depart_s, most_s),
            part,
            taken,
        )

    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(fill, parts))
    else:
        fill(parts[0])
    return taken


@compiled
def _fill(
    day: tuple[Numbers, Numbers, Numbers, Numbers, Numbers],
    flags: tuple[Flags, Flags],
    runs: int,
    walks: tuple[Numbers, Numbers, Numbers, Numbers],
    access: tuple[Numbers, Numbers, Numbers],
    asked: tuple[int, int],
    origins: Numbers,
    taken: Numbers,
) -> None:
    first, stop, walk_s = access
    depart_s, most_s = asked
    ready = np.empty(walks[3].size, np.int32)
    for origin in origins:
        ready[:] = NEVER_S
        for way in range(first[origin], first[origin + 1]):
            ready[stop[way]] = min(ready[stop[way]], depart_s + walk_s[way])
        arrival = scan(day, flags, runs, walks, ready, depart_s + most_s)
        for target in range(first.size - 1):
            best = NEVER_S
            for way in range(first[target], first[target + 1]):
                best = min(best, arrival[stop[way]] + walk_s[way])
            if best <= depart_s + most_s:
                taken[origin, target] = best - depart_s
        taken[origin, origin] = 0
