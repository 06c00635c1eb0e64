"""Earliest arrivals from one place at all stops: one pass over the connections of a day in order.

Dibbelt, Pajor, Strasser, Wagner: Connection Scan Algorithm (ACM JEA 23, 2018). A connection is a
vehicle between two stops that follow each other; it can be taken by who is on it already, or is at
its first stop in time.
"""

from dataclasses import dataclass

import numpy as np

from routing.domain.compiled import compiled
from routing.domain.transit_day import TransitDay
from routing.domain.transit_feed import Flags, Numbers
from routing.domain.transit_walks import Walks

NEVER_S = 2**30


@dataclass(frozen=True, slots=True)
class Connections:
    """All connections of a day, by when they are boarded; `run` tells which vehicle it is."""

    board_s: Numbers
    alight_s: Numbers
    origin: Numbers
    target: Numbers
    run: Numbers
    may_board: Flags
    may_alight: Flags
    runs: int


def connections(day: TransitDay) -> Connections:
    """List the connections of a day in the order in which they are scanned."""
    board, alight, origin, target, run, on, off = _all_connections(
        (day.first_stop, day.stop, day.may_board, day.may_alight),
        (day.first_trip, day.first_time, day.board_s, day.alight_s),
    )
    # Those of one vehicle stay in order where they take no time.
    order = np.argsort(board, kind="stable")
    return Connections(
        board[order],
        alight[order],
        origin[order],
        target[order],
        run[order],
        on[order],
        off[order],
        int(day.trip.size),
    )


@compiled
def _all_connections(
    patterns: tuple[Numbers, Numbers, Flags, Flags],
    trips: tuple[Numbers, Numbers, Numbers, Numbers],
) -> tuple[Numbers, Numbers, Numbers, Numbers, Numbers, Flags, Flags]:
    first_stop, stop, may_board, may_alight = patterns
    first_trip, first_time, board_s, alight_s = trips
    total = board_s.size - first_trip[first_time.size]
    board, alight = np.empty(total, np.int32), np.empty(total, np.int32)
    origin, target = np.empty(total, np.int32), np.empty(total, np.int32)
    run = np.empty(total, np.int32)
    on, off = np.empty(total, np.bool_), np.empty(total, np.bool_)
    at = 0
    for pattern in range(first_time.size):
        begin = first_stop[pattern]
        stops = first_stop[pattern + 1] - begin
        for trip in range(first_trip[pattern], first_trip[pattern + 1]):
            time = first_time[pattern] + (trip - first_trip[pattern]) * stops
            for place in range(stops - 1):
                board[at], alight[at] = board_s[time + place], alight_s[time + place + 1]
                origin[at], target[at] = stop[begin + place], stop[begin + place + 1]
                run[at] = trip
                on[at], off[at] = may_board[begin + place], may_alight[begin + place + 1]
                at += 1
    return board, alight, origin, target, run, on, off


def earliest_arrivals(
    day: Connections, walks: Walks, ready_s: Numbers, until_s: int = NEVER_S
) -> Numbers:
    """Return when a vehicle brings one to each stop at the earliest, `NEVER_S` where none does.

    Parameters
    ----------
    ready_s : shape (stops,), from when on one can board at each stop; `NEVER_S` for not at all
    until_s : what arrives later counts as never
    """
    return scan(
        (day.board_s, day.alight_s, day.origin, day.target, day.run),
        (day.may_board, day.may_alight),
        day.runs,
        (walks.first, walks.target, walks.walk_s, walks.change_s),
        ready_s,
        until_s,
    )


@compiled
def scan(
    day: tuple[Numbers, Numbers, Numbers, Numbers, Numbers],
    flags: tuple[Flags, Flags],
    runs: int,
    walks: tuple[Numbers, Numbers, Numbers, Numbers],
    ready_s: Numbers,
    until_s: int,
) -> Numbers:
    """Do the same on arrays passed apart, for other compiled code."""
    board_s, alight_s, origin, target, run = day
    may_board, may_alight = flags
    first, walk_target, walk_s, change_s = walks
    ready = ready_s.copy()
    arrival = np.full(ready.size, NEVER_S, np.int32)
    on = np.zeros(runs, np.bool_)
    for at in range(np.searchsorted(board_s, ready.min()), board_s.size):
        if board_s[at] > until_s:
            break
        if not on[run[at]] and not (may_board[at] and ready[origin[at]] <= board_s[at]):
            continue
        on[run[at]] = True
        stop, time = target[at], alight_s[at]
        if may_alight[at] and time < arrival[stop] and time <= until_s:
            arrival[stop] = time
            ready[stop] = min(ready[stop], time + change_s[stop])
            for walk in range(first[stop], first[stop + 1]):
                other = walk_target[walk]
                ready[other] = min(ready[other], time + walk_s[walk])
    return arrival
