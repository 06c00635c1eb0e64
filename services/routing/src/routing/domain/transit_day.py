"""A day of a timetable as arrays that are searched: patterns of stops and the trips that run them.

Times are whole seconds since noon minus twelve hours of the day, in the feed's zone: midnight, but
on days when clocks change. A day holds what still runs from the two days before and the morning
after.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np

from routing.domain.transit_feed import Feed, Flags, Numbers

DAYS_AROUND = (-2, -1, 0, 1)
# What runs later is of another day's questions.
HORIZON_S = 36 * 3600
_EVERY_S = 60


@dataclass(frozen=True, slots=True)
class Runs:
    """Trips on their days, one after the other; `trip` is the number of the trip in the feed.

    `late_s` is added to arrivals: what is repeated at no exact time may be a headway late.
    """

    trip: Numbers
    shift_s: Numbers
    late_s: Numbers


@dataclass(frozen=True, slots=True)
class TransitDay:
    """The trips of a day by pattern. Within a pattern no trip overtakes another.

    Of pattern p, stops and flags are `[first_stop[p]:first_stop[p + 1]]`; its trips are
    `[first_trip[p]:first_trip[p + 1]]`; the times of its k-th trip begin at
    `first_time[p] + k * stops`.

    Parameters
    ----------
    board_s : when one has to be there, at each stop of each trip
    alight_s : when one has arrived for certain
    trip : number of each trip in the feed
    stop_first, stop_pattern, stop_place : for each stop, the patterns it is in, and where
    """

    stops: int
    first_stop: Numbers
    stop: Numbers
    may_board: Flags
    may_alight: Flags
    first_trip: Numbers
    first_time: Numbers
    board_s: Numbers
    alight_s: Numbers
    trip: Numbers
    stop_first: Numbers
    stop_pattern: Numbers
    stop_place: Numbers


def midnight(day: date, timezone: str) -> datetime:
    """Return the moment from which the times of a day are counted: noon minus twelve hours."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(timezone))
    return (noon.astimezone(ZoneInfo("UTC")) - timedelta(hours=12)).astimezone(ZoneInfo("UTC"))


def transit_day(feed: Feed, day: date) -> TransitDay:
    """Gather all that runs on a day."""
    runs = runs_of(feed, day)
    times = feed.times
    counts = np.diff(times.first)[runs.trip]
    kept = counts > 1
    runs = Runs(runs.trip[kept], runs.shift_s[kept], runs.late_s[kept])
    patterns: list[tuple[int, Numbers]] = []
    for alike in _by_pattern(feed, runs.trip):
        patterns += [(int(runs.trip[group[0]]), group) for group in _in_order(feed, runs, alike)]
    return _laid_out(feed, runs, patterns)


def runs_of(feed: Feed, day: date) -> Runs:
    """List the trips that run, with how far their times are from those of the day."""
    zero = midnight(day, feed.timezone)
    repeated = np.zeros(len(feed.trips.ids), np.bool_)
    repeated[feed.frequencies.trip] = True
    parts: list[tuple[Numbers, ...]] = []
    for away in DAYS_AROUND:
        other = day + timedelta(days=away)
        place = (other - feed.start).days
        if not 0 <= place < feed.days.shape[1]:
            continue
        shift = int((midnight(other, feed.timezone) - zero).total_seconds())
        runs_today = feed.days[feed.trips.service, place]
        trips = np.flatnonzero(runs_today & ~repeated).astype(np.int32)
        parts.append((trips, *np.full((2, trips.size), [[shift], [0]], np.int32)))
        parts += _repeated(feed, runs_today, shift)
    if not parts:
        return Runs(*(np.zeros(0, np.int32) for _ in range(3)))
    trip, shift_s, late_s = (
        np.concatenate(column).astype(np.int32) for column in zip(*parts, strict=True)
    )
    first, last = feed.times.first[trip], feed.times.first[trip + 1] - 1
    has_times = last >= first
    last = np.maximum(last, 0)
    first = np.minimum(first, max(feed.times.stop.size - 1, 0))
    ends = feed.times.arrival_s[last] + shift_s + late_s
    begins = feed.times.departure_s[first] + shift_s
    here = has_times & (ends >= 0) & (begins < HORIZON_S)
    return Runs(trip[here], shift_s[here], late_s[here])


def _repeated(feed: Feed, runs_today: Flags, shift: int) -> Iterator[tuple[Numbers, ...]]:
    """Write out what is repeated: at its exact times, or as a vehicle that comes some time.

    One that comes some time within a headway is there for certain a headway later: it can be
    boarded at any minute from which a whole headway is left, and arrives that much later.
    """
    told = feed.frequencies
    for number in range(told.trip.size):
        trip, headway = int(told.trip[number]), int(told.headway_s[number])
        if not runs_today[trip]:
            continue
        start, end = int(told.start_s[number]), int(told.end_s[number])
        exact = bool(told.exact[number])
        last = end if exact else end - headway + 1
        begins = np.arange(start, last, headway if exact else _EVERY_S)
        away = begins - feed.times.departure_s[feed.times.first[trip]] + shift
        late = np.full(begins.size, 0 if exact else headway, np.int32)
        yield np.full(begins.size, trip, np.int32), away.astype(np.int32), late


def _by_pattern(feed: Feed, trips: Numbers) -> list[Numbers]:
    """Put together the runs of trips with the same stops, boarding and alighting alike."""
    times, known = feed.times, dict[bytes, int]()
    pattern_of = np.full(len(feed.trips.ids), -1, np.int32)
    for trip in np.unique(trips):
        part = slice(times.first[trip], times.first[trip + 1])
        key = b"".join(it[part].tobytes() for it in (times.stop, times.may_board, times.may_alight))
        pattern_of[trip] = known.setdefault(key, len(known))
    order = np.argsort(pattern_of[trips], kind="stable")
    ends = np.searchsorted(pattern_of[trips][order], np.arange(len(known) + 1))
    return [order[a:b].astype(np.int32) for a, b in pairwise(ends)]


def _times_of(feed: Feed, runs: Runs, alike: Numbers) -> tuple[Numbers, Numbers]:
    """Give when runs of one pattern are boarded and left, shape (runs, stops)."""
    first = feed.times.first[runs.trip[alike]]
    count = int(feed.times.first[runs.trip[alike[0]] + 1] - first[0])
    places = first[:, None] + np.arange(count)
    shift = runs.shift_s[alike][:, None]
    board = feed.times.departure_s[places] + shift
    alight = feed.times.arrival_s[places] + shift + runs.late_s[alike][:, None]
    return board, alight


def _in_order(feed: Feed, runs: Runs, alike: Numbers) -> Iterator[Numbers]:
    """Order the runs of a pattern by time; those that overtake go into a pattern of their own."""
    board, alight = _times_of(feed, runs, alike)
    order = np.lexsort((alight[:, -1], board[:, 0]))
    both = np.concatenate((board, alight), axis=1)[order]
    if (np.diff(both, axis=0) >= 0).all():
        yield alike[order]
        return
    lanes: list[list[int]] = []
    for place in range(order.size):
        for lane in lanes:
            if (both[place] >= both[lane[-1]]).all():
                lane.append(place)
                break
        else:
            lanes.append([place])
    for lane in lanes:
        yield alike[order[lane]]


def _laid_out(feed: Feed, runs: Runs, patterns: Sequence[tuple[int, Numbers]]) -> TransitDay:
    times = feed.times
    parts = [slice(times.first[trip], times.first[trip + 1]) for trip, _ in patterns]
    sizes = np.array([it.stop - it.start for it in parts], np.int64)
    counts = np.array([group.size for _, group in patterns], np.int64)
    stop = _joined([times.stop[it] for it in parts])
    laid = [_times_of(feed, runs, group) for _, group in patterns]
    pattern = np.repeat(np.arange(len(patterns)), sizes)
    first_stop = _begins(sizes)
    place = np.arange(stop.size) - first_stop[:-1][pattern]
    by_stop = np.argsort(stop, kind="stable")
    count = len(feed.stops.ids)
    return TransitDay(
        count,
        first_stop,
        stop,
        _joined([times.may_board[it] for it in parts]).astype(np.bool_),
        _joined([times.may_alight[it] for it in parts]).astype(np.bool_),
        _begins(counts),
        _begins(sizes * counts)[:-1],
        _joined([board.ravel() for board, _ in laid]),
        _joined([alight.ravel() for _, alight in laid]),
        _joined([runs.trip[group] for _, group in patterns]),
        np.searchsorted(stop[by_stop], np.arange(count + 1)).astype(np.int32),
        pattern[by_stop].astype(np.int32),
        place[by_stop].astype(np.int32),
    )


def _begins(sizes: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Numbers:
    return np.concatenate(([0], np.cumsum(sizes))).astype(np.int32)


def _joined(parts: "Sequence[np.ndarray]") -> Numbers:
    return np.concatenate(parts).astype(np.int32) if parts else np.zeros(0, np.int32)
