"""Journeys from one place by public transport: the earliest arrival with each number of vehicles.

Delling, Pajor, Werneck: Round-Based Public Transit Routing (Transportation Science 49, 2015). A
round adds one vehicle: each pattern is followed once, from the first of its stops that the round
before reached earlier than any before it.
"""

from dataclasses import dataclass

import numpy as np

from routing.domain.compiled import compiled
from routing.domain.transit_day import TransitDay
from routing.domain.transit_feed import Flags, Numbers
from routing.domain.transit_scan import NEVER_S
from routing.domain.transit_walks import Walks

MOST_VEHICLES = 8


@dataclass(frozen=True, slots=True)
class Rounds:
    """What each round reached; row k is of journeys with k + 1 vehicles at the most.

    Parameters
    ----------
    arrival_s : shape (rounds, stops), when a vehicle arrives, `NEVER_S` for never
    run, boarded : the vehicle that arrives then, and the number of the stop where it was boarded,
        -1 where the round brought nothing earlier than those before
    walked : shape (rounds, stops), from which stop one walked here to board; the stop itself for
        a change of vehicles there, -1 for the way from the start
    """

    arrival_s: Numbers
    run: Numbers
    boarded: Numbers
    walked: Numbers


def rounds_from(day: TransitDay, walks: Walks, ready_s: Numbers, until_s: int = NEVER_S) -> Rounds:
    """Find journeys to all stops that arrive by `until_s`.

    `ready_s` says from when on one can board at each stop, `NEVER_S` for not at all.
    """
    return Rounds(
        *_rounds(
            (day.first_stop, day.stop, day.may_board, day.may_alight),
            (day.first_trip, day.first_time, day.board_s, day.alight_s),
            (day.stop_first, day.stop_pattern, day.stop_place),
            (walks.first, walks.target, walks.walk_s, walks.change_s),
            ready_s,
            until_s,
            MOST_VEHICLES,
        )
    )


@compiled
def _rounds(
    patterns: tuple[Numbers, Numbers, Flags, Flags],
    trips: tuple[Numbers, Numbers, Numbers, Numbers],
    stops: tuple[Numbers, Numbers, Numbers],
    walks: tuple[Numbers, Numbers, Numbers, Numbers],
    ready_s: Numbers,
    until_s: int,
    most: int,
) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    arrival = np.full((most, ready_s.size), NEVER_S, np.int32)
    run = np.full((most, ready_s.size), -1, np.int32)
    boarded = np.full((most, ready_s.size), -1, np.int32)
    walked = np.full((most, ready_s.size), -1, np.int32)
    best = np.full(ready_s.size, NEVER_S, np.int32)
    ready = ready_s.copy()
    marked = ready < NEVER_S
    number = 0
    while True:
        start = _where_boarded_first(stops, marked, trips[1].size)
        marked[:] = False
        for pattern in range(start.size):
            if start[pattern] >= 0:
                _follow(
                    pattern,
                    start[pattern],
                    patterns,
                    trips,
                    (ready, best, arrival[number], run[number], boarded[number]),
                    marked,
                    until_s,
                )
        arrival[number + 1 :] = arrival[number]
        number += 1
        if number == most or not marked.any():
            return arrival, run, boarded, walked
        _walk_on(walks, arrival[number], ready, walked[number], marked)


@compiled
def _where_boarded_first(
    stops: tuple[Numbers, Numbers, Numbers], marked: Flags, patterns: int
) -> Numbers:
    """Give the first place of each pattern that one can board at, -1 for none."""
    stop_first, stop_pattern, stop_place = stops
    start = np.full(patterns, -1, np.int32)
    for stop in np.flatnonzero(marked):
        for entry in range(stop_first[stop], stop_first[stop + 1]):
            pattern, place = stop_pattern[entry], stop_place[entry]
            if start[pattern] < 0 or place < start[pattern]:
                start[pattern] = place
    return start


@compiled
def _follow(
    pattern: int,
    start: int,
    patterns: tuple[Numbers, Numbers, Flags, Flags],
    trips: tuple[Numbers, Numbers, Numbers, Numbers],
    reached: tuple[Numbers, Numbers, Numbers, Numbers, Numbers],
    marked: Flags,
    until_s: int,
) -> None:
    """Ride a pattern from its first stop that can be boarded, always in the earliest vehicle."""
    first_stop, stop, may_board, may_alight = patterns
    first_trip, first_time, board_s, alight_s = trips
    ready, best, arrival, run, boarded = reached
    begin, size = first_stop[pattern], first_stop[pattern + 1] - first_stop[pattern]
    many = first_trip[pattern + 1] - first_trip[pattern]
    trip, since = many, np.int32(-1)
    for place in range(start, size):
        at = stop[begin + place]
        if trip < many and may_alight[begin + place]:
            time = alight_s[first_time[pattern] + trip * size + place]
            if time < best[at] and time <= until_s:
                best[at] = arrival[at] = time
                run[at], boarded[at] = first_trip[pattern] + trip, since
                marked[at] = True
        if may_board[begin + place] and ready[at] <= until_s:
            column = first_time[pattern] + place
            earlier = _first_after(board_s, column, size, trip, ready[at])
            if earlier < trip:
                trip, since = earlier, at


@compiled
def _first_after(board_s: Numbers, column: int, size: int, many: int, ready_s: int) -> int:
    """Find the first of `many` vehicles that is boarded at a moment or later; `many` for none."""
    low, high = 0, many
    while low < high:
        middle = (low + high) // 2
        if board_s[column + middle * size] < ready_s:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _walk_on(
    walks: tuple[Numbers, Numbers, Numbers, Numbers],
    arrival: Numbers,
    ready: Numbers,
    walked: Numbers,
    marked: Flags,
) -> None:
    """Change where one arrived, or walk to other stops; leave marked where that is earlier."""
    first, target, walk_s, change_s = walks
    arrived = np.flatnonzero(marked)
    marked[:] = False
    for stop in arrived:
        time = arrival[stop] + change_s[stop]
        if time < ready[stop]:
            ready[stop], walked[stop], marked[stop] = time, stop, True
        for walk in range(first[stop], first[stop + 1]):
            other, time = target[walk], arrival[stop] + walk_s[walk]
            if time < ready[other]:
                ready[other], walked[other], marked[other] = time, stop, True
