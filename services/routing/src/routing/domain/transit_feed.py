"""What a timetable feed says: stops, lines, trips with their times, and the days they run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int32]
Flags = NDArray[np.bool_]
Degrees = NDArray[np.float64]

# Of `Transfers.kind`, as GTFS numbers them.
MINIMUM_TIME, NOT_POSSIBLE = 2, 3


class FeedError(ValueError):
    """A feed cannot be read; the message names the file, the line and the field."""

    @classmethod
    def at(cls, file: str, line: int | None, field: str | None, what: str) -> "FeedError":
        """Say what is wrong with a file, a line or a field."""
        place = "".join((f", line {line}" if line else "", f", {field}" if field else ""))
        return cls(f"{file}{place}: {what}")


@dataclass(frozen=True, slots=True)
class Stops:
    """Where vehicles stop, stations included: they hold stops and none stops at one.

    Parameters
    ----------
    parent : number of the station of each stop, -1 for none
    """

    ids: Sequence[str]
    names: Sequence[str]
    lat: Degrees
    lon: Degrees
    parent: Numbers


@dataclass(frozen=True, slots=True)
class Lines:
    """What people know a service by: its name, and what kind of vehicle it is (as GTFS has it)."""

    ids: Sequence[str]
    names: Sequence[str]
    kinds: Numbers


@dataclass(frozen=True, slots=True)
class Trips:
    """Vehicles on their way from a first stop to a last: of a line, on the days of a service."""

    ids: Sequence[str]
    line: Numbers
    service: Numbers
    headsigns: Sequence[str]


@dataclass(frozen=True, slots=True)
class StopTimes:
    """When each trip is where; all of one trip together, in order.

    Times are seconds since noon minus twelve hours of the day of service, so that a night goes on
    beyond 86,400.

    Parameters
    ----------
    first : shape (trips + 1,), where the times of each trip begin
    may_board, may_alight : whether people get on, or off, without having called before
    """

    first: Numbers
    stop: Numbers
    arrival_s: Numbers
    departure_s: Numbers
    may_board: Flags
    may_alight: Flags


@dataclass(frozen=True, slots=True)
class Frequencies:
    """Trips that are repeated: every `headway_s` from `start_s` until before `end_s`.

    Where not `exact`, nobody knows when within a headway the vehicle comes.
    """

    trip: Numbers
    start_s: Numbers
    end_s: Numbers
    headway_s: Numbers
    exact: Flags


@dataclass(frozen=True, slots=True)
class Transfers:
    """What is said of changing between two stops, or stations."""

    origin: Numbers
    target: Numbers
    kind: Numbers
    minimum_s: Numbers


@dataclass(frozen=True, slots=True)
class Feed:
    """All that a feed says; `days[service, n]` tells whether a service runs n days after `start`.

    `timezone` is the name of the zone that all times are of.
    """

    timezone: str
    start: date
    days: Flags
    stops: Stops
    lines: Lines
    trips: Trips
    times: StopTimes
    frequencies: Frequencies
    transfers: Transfers
