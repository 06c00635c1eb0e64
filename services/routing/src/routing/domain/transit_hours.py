"""Times by public transport that hold all through some hours: the longest at any second of them.

Connections are scanned backwards from the end of the hours, once for each place one goes to
(profile scan; Dibbelt, Pajor, Strasser, Wagner: Connection Scan Algorithm, ACM JEA 23, 2018). Of
each stop and place a list is kept: until when one has to be there, and when one then arrives; an
entry is dropped once another lets one come later and arrive as soon. What is longest is the wait
just after an entry was missed, and the way by the next.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from routing.domain.compiled import compiled
from routing.domain.transit_feed import Flags, Numbers
from routing.domain.transit_matrix import Access
from routing.domain.transit_scan import NEVER_S, Connections
from routing.domain.transit_walks import Walks

_ROOM = 1 << 14


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
    """Return the longest it takes from place to place at any second of some hours.

    Shape (places, places), at most `most_s`; `NEVER_S` where at some second it takes longer.
    Waiting at the first stop counts; who can walk all the way does not need this.
    """
    places = access.first.size - 1
    longest = np.full((places, places), NEVER_S, np.int32)
    ways = _ways_to(walks, access)
    parts = np.array_split(np.arange(places, dtype=np.int32), max(threads, 1))

    def fill(part: Numbers) -> None:
        _fill(
            (day.board_s, day.alight_s, day.origin, day.target, day.run),
            (day.may_board, day.may_alight),
            day.runs,
            ways,
            (access.first, access.stop, access.walk_s),
            (hours.from_s, hours.until_s, most_s),
            part,
            longest,
        )

    if threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(fill, parts))
    else:
        fill(parts[0])
    np.fill_diagonal(longest, 0)
    return longest


def _ways_to(walks: Walks, access: Access) -> tuple[Numbers, Numbers, Numbers]:
    """List for each stop from where it is walked to: stops, itself by a change, then places.

    Of stop s `[first[s]:first[s + 1]]`; places are numbered after the stops.
    """
    stops, places = walks.change_s.size, access.first.size - 1
    all_stops = np.arange(stops)
    target = np.concatenate((walks.target, all_stops, access.stop))
    origin = np.concatenate(
        (
            np.repeat(all_stops, np.diff(walks.first)),
            all_stops,
            stops + np.repeat(np.arange(places), np.diff(access.first)),
        )
    )
    walk_s = np.concatenate((walks.walk_s, walks.change_s, access.walk_s))
    order = np.argsort(target, kind="stable")
    first = np.searchsorted(target[order], np.arange(stops + 1))
    return first.astype(np.int32), origin[order].astype(np.int32), walk_s[order].astype(np.int32)


@compiled
def _fill(
    day: tuple[Numbers, Numbers, Numbers, Numbers, Numbers],
    flags: tuple[Flags, Flags],
    runs: int,
    ways: tuple[Numbers, Numbers, Numbers],
    access: tuple[Numbers, Numbers, Numbers],
    asked: tuple[int, int, int],
    targets: Numbers,
    longest: Numbers,
) -> None:
    first, stop, walk_s = access
    stops, places = ways[0].size - 1, first.size - 1
    # Entries of lists, the one to be there for soonest first: until when, arrival, the one after.
    entries = np.empty((_ROOM, 3), np.int32)
    for target in targets:
        leaving = np.full(stops, NEVER_S, np.int32)
        for way in range(first[target], first[target + 1]):
            leaving[stop[way]] = min(leaving[stop[way]], walk_s[way])
        head, entries = _scan_back(day, flags, runs, ways, leaving, places, asked, entries)
        for place in range(places):
            worst = _worst(entries, head[stops + place], asked[0], asked[1])
            if worst <= asked[2]:
                longest[place, target] = worst


@compiled
def _scan_back(
    day: tuple[Numbers, Numbers, Numbers, Numbers, Numbers],
    flags: tuple[Flags, Flags],
    runs: int,
    ways: tuple[Numbers, Numbers, Numbers],
    leaving: Numbers,
    places: int,
    asked: tuple[int, int, int],
    entries: Numbers,
) -> tuple[Numbers, Numbers]:
    """Give the first entry of each stop and place, on the way to where stops are left for."""
    board_s, alight_s, origin, target, run = day
    may_board, may_alight = flags
    from_s, until_s, most_s = asked
    begin, end = np.searchsorted(board_s, from_s), np.searchsorted(board_s, until_s + most_s)
    head, used = np.full(leaving.size + places, -1, np.int32), 0
    staying, best = np.full(runs, NEVER_S, np.int32), np.full(leaving.size, NEVER_S, np.int32)
    for at in range(end - 1, begin - 1, -1):
        there = staying[run[at]]
        if may_alight[at]:
            there = min(there, alight_s[at] + leaving[target[at]])
            entry = head[target[at]]
            while entry >= 0 and entries[entry, 0] < alight_s[at]:
                entry = entries[entry, 2]
            if entry >= 0:
                there = min(there, entries[entry, 1])
        staying[run[at]] = there
        if may_board[at] and there < best[origin[at]] and there - board_s[at] <= most_s:
            best[origin[at]] = there
            entries, used = _known(ways, head, entries, used, origin[at], board_s[at], there)
    return head, entries


@compiled
def _known(
    ways: tuple[Numbers, Numbers, Numbers],
    head: Numbers,
    entries: Numbers,
    used: int,
    stop: int,
    board_s: int,
    there: int,
) -> tuple[Numbers, int]:
    """Let all from where a stop is walked to know what leaves there; give the entries used."""
    first, origin, walk_s = ways
    for way in range(first[stop], first[stop + 1]):
        who, needed = origin[way], board_s - walk_s[way]
        before, entry = -1, head[who]
        while entry >= 0 and entries[entry, 0] < needed:
            # One that has to be there sooner, and arrives no sooner, is of no use any more.
            if entries[entry, 1] >= there:
                entry = entries[entry, 2]
                if before < 0:
                    head[who] = entry
                else:
                    entries[before, 2] = entry
            else:
                before, entry = entry, entries[entry, 2]
        if entry >= 0 and entries[entry, 1] <= there:
            continue
        if used == entries.shape[0]:
            wider = np.empty((2 * used, 3), np.int32)
            wider[:used] = entries
            entries = wider
        entries[used, 0], entries[used, 1], entries[used, 2] = needed, there, entry
        if before < 0:
            head[who] = used
        else:
            entries[before, 2] = used
        used += 1
    return entries, used


@compiled
def _worst(entries: Numbers, entry: int, from_s: int, until_s: int) -> int:
    """Give the longest from leaving to arriving at any second of some hours."""
    worst, leaves_s = 0, from_s
    while leaves_s <= until_s:
        while entry >= 0 and entries[entry, 0] < leaves_s:
            entry = entries[entry, 2]
        if entry < 0:
            return NEVER_S
        worst = max(worst, entries[entry, 1] - leaves_s)
        leaves_s = entries[entry, 0] + 1
    return worst
