"""Find how to get from place to place by public transport, and tell it as people read it."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from routing.domain.transit_day import midnight
from routing.domain.transit_feed import Feed
from routing.domain.transit_journeys import Leg, Ride, Walk, journeys, rides
from routing.domain.travel_engine import UNREACHABLE
from routing.store.active_timetable import CurrentTimetable
from shared.contracts.message import Position
from shared.contracts.routing.transit import (
    Journey,
    JourneyLeg,
    JourneyRequest,
    Journeys,
    Manner,
)
from shared.problems import conflict

# Kinds of GTFS: the first eight, and the hundreds of its extension.
_MANNERS: dict[int, Manner] = {0: "tram", 1: "metro", 2: "train", 3: "bus", 4: "ferry"}
_MANNERS |= {5: "cable", 6: "cable", 7: "cable", 11: "bus", 12: "train"}
_HUNDREDS: dict[int, Manner] = {1: "train", 2: "bus", 4: "metro", 7: "bus", 9: "tram", 10: "ferry"}


def find_journeys(current: CurrentTimetable, request: JourneyRequest) -> Journeys:
    """Find journeys; CPU work, for a thread.

    Raises
    ------
    Problem : 409, the timetable does not hold for that day
    """
    row, zone = current.row, ZoneInfo(current.feed.timezone)
    day = request.departs_at.astimezone(zone).date()
    if not row.first_day <= day <= row.last_day:
        raise conflict(
            f"The timetable holds from {row.first_day} to {row.last_day}; ask for a day between, "
            "or have an administrator import a newer one."
        )
    zero = midnight(day, current.feed.timezone)
    departs_s = int((request.departs_at - zero).total_seconds())
    start, end = request.origin, request.target
    ends = [current.on_foot.ends(it.lon, it.lat) for it in (start, end)]
    until_s = departs_s + request.most_min * 60
    walk_s = _walk_s(current, start, end)
    # Who is there on foot as soon takes no vehicle.
    best_s = until_s if walk_s is None else min(until_s, departs_s + walk_s - 1)
    found = journeys(current.day(day), current.walks, *ends, departs_s=departs_s, until_s=best_s)
    teller = _Teller(current.feed, zero, (start, end))
    return Journeys(
        journeys=[teller.journey(it) for it in found], walk_s=walk_s, timetable_id=row.id
    )


def _walk_s(current: CurrentTimetable, start: Position, end: Position) -> int | None:
    snaps = current.streets.snap(np.array([start.lon, end.lon]), np.array([start.lat, end.lat]))
    walk_s = int(current.streets.travel_s(snaps.take(slice(0, 1)), snaps.take(slice(1, 2)))[0, 0])
    return None if walk_s == UNREACHABLE else walk_s


class _Teller:
    """Writes journeys with names and moments in place of numbers."""

    def __init__(self, feed: Feed, zero: datetime, ends: tuple[Position, Position]) -> None:
        self._feed, self._zero, self._zone = feed, zero, ZoneInfo(feed.timezone)
        self._start, self._end = ends

    def journey(self, legs: tuple[Leg, ...]) -> Journey:
        told = [self._leg(leg) for leg in legs]
        walked = [leg for leg in legs if isinstance(leg, Walk)]
        return Journey(
            departs_at=told[0].departs_at,
            arrives_at=told[-1].arrives_at,
            vehicles=sum(1 for _ in rides(legs)),
            walk_s=sum(leg.arrives_s - leg.departs_s for leg in walked),
            legs=told,
        )

    def _leg(self, leg: Leg) -> JourneyLeg:
        departs_at, arrives_at = self._moment(leg.departs_s), self._moment(leg.arrives_s)
        if isinstance(leg, Walk):
            return JourneyLeg(
                kind="walk",
                departs_at=departs_at,
                arrives_at=arrives_at,
                origin=self._name(leg.origin),
                target=self._name(leg.target),
                positions=[
                    self._place(leg.origin, self._start),
                    self._place(leg.target, self._end),
                ],
            )
        return self._ride(leg, departs_at, arrives_at)

    def _ride(self, leg: Ride, departs_at: datetime, arrives_at: datetime) -> JourneyLeg:
        line = int(self._feed.trips.line[leg.trip])
        last = self._feed.times.stop[self._feed.times.first[leg.trip + 1] - 1]
        return JourneyLeg(
            kind="ride",
            departs_at=departs_at,
            arrives_at=arrives_at,
            origin=self._name(leg.stops[0]),
            target=self._name(leg.stops[-1]),
            line=self._feed.lines.names[line],
            manner=_manner(int(self._feed.lines.kinds[line])),
            headsign=self._feed.trips.headsigns[leg.trip] or self._name(int(last)),
            halts=len(leg.stops) - 1,
            positions=[self._place(stop, self._start) for stop in leg.stops],
        )

    def _moment(self, seconds: int) -> datetime:
        return (self._zero + timedelta(seconds=seconds)).astimezone(self._zone)

    def _name(self, stop: int | None) -> str | None:
        return None if stop is None else self._feed.stops.names[stop]

    def _place(self, stop: int | None, other: Position) -> Position:
        if stop is None:
            return other
        stops = self._feed.stops
        return Position(lon=float(stops.lon[stop]), lat=float(stops.lat[stop]))


def _manner(kind: int) -> Manner:
    return _MANNERS.get(kind) or _HUNDREDS.get(kind // 100, "other")
