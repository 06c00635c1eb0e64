"""Journeys as people make them: walk, ride, change; read back out of what the rounds reached."""

from dataclasses import dataclass

import numpy as np

from routing.domain.transit_day import TransitDay
from routing.domain.transit_feed import Numbers
from routing.domain.transit_rounds import Rounds, rounds_from
from routing.domain.transit_scan import NEVER_S
from routing.domain.transit_walks import Walks


@dataclass(frozen=True, slots=True)
class Ends:
    """Stops that can be walked to from the start, or from which the end is reached."""

    stop: Numbers
    walk_s: Numbers


@dataclass(frozen=True, slots=True)
class Walk:
    """On foot from stop to stop; None is the start or the end itself."""

    origin: int | None
    target: int | None
    departs_s: int
    arrives_s: int


@dataclass(frozen=True, slots=True)
class Ride:
    """In a vehicle: `trip` is its number in the feed, `stops` where it halts on the way."""

    trip: int
    stops: tuple[int, ...]
    departs_s: int
    arrives_s: int


Leg = Walk | Ride


def journeys(
    day: TransitDay, walks: Walks, access: Ends, egress: Ends, *, departs_s: int, until_s: int
) -> list[tuple[Leg, ...]]:
    """Find the journeys that no other betters in both arrival and number of vehicles.

    The first has the fewest vehicles, the last arrives first. All begin at `departs_s` or later:
    the first walk ends when the vehicle comes. Who walks all the way is not among them.
    """
    ready = np.full(day.stops, NEVER_S, np.int32)
    np.minimum.at(ready, access.stop, departs_s + access.walk_s)
    rounds = rounds_from(day, walks, ready, until_s)
    reader = _Reader(day, walks, rounds)
    found: list[tuple[Leg, ...]] = []
    best = until_s + 1
    for number in range(len(rounds.arrival_s)):
        arrival = rounds.arrival_s[number][egress.stop]
        ends = np.where(arrival < NEVER_S, arrival + egress.walk_s, NEVER_S)
        if ends.size and ends.min() < best:
            best, place = int(ends.min()), int(ends.argmin())
            way = reader.ridden(number, int(egress.stop[place]))
            found.append(_with_ends(way, ready, departs_s, int(egress.walk_s[place])))
    return found


def _with_ends(ridden: list[Leg], ready: Numbers, departs_s: int, egress_s: int) -> tuple[Leg, ...]:
    first, last = ridden[0], ridden[-1]
    assert isinstance(first, Ride)  # noqa: S101 - a journey is read from its rides
    assert isinstance(last, Ride)  # noqa: S101 - the same
    access_s = int(ready[first.stops[0]]) - departs_s
    to = Walk(None, first.stops[0], first.departs_s - access_s, first.departs_s)
    back = Walk(last.stops[-1], None, last.arrives_s, last.arrives_s + egress_s)
    return (to, *ridden, back)


@dataclass(frozen=True, slots=True)
class _Reader:
    day: TransitDay
    walks: Walks
    rounds: Rounds

    def ridden(self, number: int, stop: int) -> list[Leg]:
        """Read the legs that brought one to a stop in a round, from the first ride on."""
        legs: list[Leg] = []
        while True:
            number = _latest(self.rounds.run, number, stop)
            ride = self._ride(number, stop)
            legs.append(ride)
            boarded = ride.stops[0]
            number = _latest(self.rounds.walked, number, boarded)
            if number < 0:
                return legs[::-1]
            stop, number = int(self.rounds.walked[number, boarded]), number - 1
            if stop != boarded:
                began = int(self.rounds.arrival_s[number, stop])
                legs.append(Walk(stop, boarded, began, began + self._walk_s(stop, boarded)))

    def _ride(self, number: int, stop: int) -> Ride:
        day = self.day
        run, boarded = int(self.rounds.run[number, stop]), int(self.rounds.boarded[number, stop])
        arrives = int(self.rounds.arrival_s[number, stop])
        pattern = int(np.searchsorted(day.first_trip, run, side="right")) - 1
        part = slice(day.first_stop[pattern], day.first_stop[pattern + 1])
        stops = day.stop[part]
        time = day.first_time[pattern] + (run - day.first_trip[pattern]) * stops.size
        alight = day.alight_s[time : time + stops.size]
        left = np.flatnonzero((stops == stop) & (alight == arrives) & day.may_alight[part])
        end = int(left[left > 0][0])
        # A loop comes by a stop twice: the later time is the one that was caught for certain.
        start = int(np.flatnonzero((stops[:end] == boarded) & day.may_board[part][:end])[-1])
        board = int(day.board_s[time + start])
        return Ride(int(day.trip[run]), tuple(stops[start : end + 1].tolist()), board, arrives)

    def _walk_s(self, origin: int, target: int) -> int:
        part = slice(self.walks.first[origin], self.walks.first[origin + 1])
        return int(self.walks.walk_s[part][self.walks.target[part] == target][0])


def _latest(table: Numbers, number: int, stop: int) -> int:
    """Give the last round up to `number` that wrote something for a stop, -1 for none."""
    written = np.flatnonzero(table[: number + 1, stop] >= 0)
    return int(written[-1]) if written.size else -1
