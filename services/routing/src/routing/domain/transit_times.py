"""Brings the lines of a feed's table of times into order, and fills in what it leaves out."""

from dataclasses import dataclass

import numpy as np

from routing.domain.transit_feed import FeedError, Flags, Numbers, StopTimes

_TABLE = "stop_times.txt"


@dataclass(frozen=True, slots=True)
class ToldTimes:
    """The table as it is written: a value for each of its lines; a time left out is -1."""

    trip: Numbers
    sequence: Numbers
    stop: Numbers
    arrival_s: Numbers
    departure_s: Numbers
    may_board: Numbers
    may_alight: Numbers
    line: Numbers


def stop_times(told: ToldTimes, trips: int) -> StopTimes:
    """Put the times of each trip together and in order; fill in those between known ones, evenly.

    Raises
    ------
    FeedError : a stop comes twice in a sequence, a trip begins or ends without a time, or goes back
        in time
    """
    order = np.lexsort((told.sequence, told.trip))
    trip, line = told.trip[order], told.line[order]
    follows = np.zeros(trip.size, np.bool_)
    follows[1:] = trip[1:] == trip[:-1]
    repeated = follows & (np.diff(told.sequence[order], prepend=-1) == 0)
    _refuse(repeated, line, "stop_sequence", "it comes twice in this trip")
    arrival, departure = told.arrival_s[order], told.departure_s[order]
    last = np.ones(trip.size, np.bool_)
    last[:-1] = ~follows[1:]
    missing = arrival < 0
    _refuse(missing & (~follows | last), line, "arrival_time", "a trip begins and ends at a time")
    if missing.any():
        # Evenly by number of stops, from the departure before to the arrival after; each trip
        # begins and ends at a known time, so no stretch reaches into another.
        place, known = np.arange(trip.size), np.flatnonzero(~missing)
        after = np.searchsorted(known, place[missing])
        before, after = known[after - 1], known[after]
        share = (place[missing] - before) / (after - before)
        between = departure[before] + share * (arrival[after] - departure[before])
        arrival[missing] = departure[missing] = between.astype(np.int32)
    _refuse(departure < arrival, line, "departure_time", "it is before the arrival")
    back = follows & (arrival < np.concatenate(([0], departure[:-1])))
    _refuse(back, line, "arrival_time", "it is before the departure from the stop before")
    first = np.searchsorted(trip, np.arange(trips + 1)).astype(np.int32)
    return StopTimes(
        first,
        told.stop[order],
        arrival,
        departure,
        told.may_board[order].astype(np.bool_),
        told.may_alight[order].astype(np.bool_),
    )


def _refuse(wrong: Flags, line: Numbers, field: str, what: str) -> None:
    if wrong.any():
        raise FeedError.at(_TABLE, int(line[wrong].min()), field, what)
