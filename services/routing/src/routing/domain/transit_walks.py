"""Walking between stops: what the streets allow, and what a feed says of changing."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import ceil, cos, hypot, radians

import numpy as np

from routing.domain.transit_feed import MINIMUM_TIME, NOT_POSSIBLE, Feed, Numbers

# To leave a vehicle and board another at the same stop, where a feed says nothing else.
CHANGE_S = 60
# Longer than any day, and no overflow when added to one.
IMPOSSIBLE_S = 2**29
EARTH_M, DETOUR, WALK_M_PER_S = 6_371_000.0, 1.3, 1.1


@dataclass(frozen=True, slots=True)
class Walks:
    """Ways on foot between stops, each whole: two are never taken one after the other.

    From stop s they are `[first[s]:first[s + 1]]`. `change_s` is how long it takes to change at a
    stop itself. All take a second at least.
    """

    first: Numbers
    target: Numbers
    walk_s: Numbers
    change_s: Numbers


def walks_between(feed: Feed, origin: Numbers, target: Numbers, walk_s: Numbers) -> Walks:
    """Join ways on foot with what the feed says of changing; what it says holds.

    What is said of a station is said of all its stops, unless something is said of two stops
    themselves. A change that needs a minimum of time takes that long. Where one is recommended and
    no way is known, it takes what the distance does. Where it is not possible, there is no way.
    """
    ways = {
        (a, b): s for a, b, s in zip(origin.tolist(), target.tolist(), walk_s.tolist(), strict=True)
    }
    changes = [CHANGE_S] * len(feed.stops.ids)
    for a, b, kind, minimum_s in _told(feed):
        if a == b:
            changes[a] = _change_s(kind, minimum_s)
        elif kind == NOT_POSSIBLE:
            ways.pop((a, b), None)
        elif kind == MINIMUM_TIME:
            ways[a, b] = minimum_s
        elif (a, b) not in ways:
            ways[a, b] = _by_distance_s(feed, a, b)
    pairs = sorted((a, b, s) for (a, b), s in ways.items() if a != b)
    columns = np.array(pairs, np.int32).reshape(-1, 3)
    return Walks(
        np.searchsorted(columns[:, 0], np.arange(len(changes) + 1)).astype(np.int32),
        columns[:, 1].copy(),
        np.maximum(columns[:, 2], 1),
        np.maximum(np.array(changes, np.int32), 1),
    )


def _told(feed: Feed) -> Iterator[tuple[int, int, int, int]]:
    """Give what is said of changing, stop by stop: what is said of stations first."""
    told, within = feed.transfers, _within(feed)
    columns = (told.origin, told.target, told.kind, told.minimum_s)
    rows = [
        (within[a], within[b], kind, minimum)
        for a, b, kind, minimum in zip(*(it.tolist() for it in columns), strict=True)
        if kind <= NOT_POSSIBLE  # the others are of staying in a vehicle
    ]
    rows.sort(key=lambda row: len(row[0]) == len(row[1]) == 1)
    for origins, targets, kind, minimum in rows:
        for a, b in product(origins, targets):
            yield a, b, kind, minimum


def _within(feed: Feed) -> list[list[int]]:
    """Give the stops that each stop stands for: itself, or those of the station that it is."""
    held: list[list[int]] = [[] for _ in feed.stops.ids]
    for stop, station in enumerate(feed.stops.parent.tolist()):
        if station >= 0:
            held[station].append(stop)
    return [stops or [number] for number, stops in enumerate(held)]


def _change_s(kind: int, minimum_s: int) -> int:
    if kind == NOT_POSSIBLE:
        return IMPOSSIBLE_S
    return minimum_s if kind == MINIMUM_TIME else CHANGE_S


def _by_distance_s(feed: Feed, a: int, b: int) -> int:
    stops = feed.stops
    north = radians(stops.lat[a] - stops.lat[b])
    east = radians(stops.lon[a] - stops.lon[b]) * cos(radians(stops.lat[a]))
    metres = EARTH_M * hypot(north, east)
    return max(CHANGE_S, ceil(DETOUR * metres / WALK_M_PER_S))
