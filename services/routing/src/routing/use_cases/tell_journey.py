"""Journeys by public transport as people read them: names of stops and lines, and moments."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from routing.domain.leg_words import Halt, ride_words, walk_words
from routing.domain.step_words import Words
from routing.domain.transit_day import midnight
from routing.domain.transit_feed import Feed
from routing.domain.transit_journeys import Leg, Ride, Walk
from shared.contracts.message import Label, Position
from shared.contracts.routing.transit import Journey, JourneyLeg, Manner

# Kinds of GTFS: the first eight, and the hundreds of its extension.
_MANNERS: dict[int, Manner] = {0: "tram", 1: "metro", 2: "train", 3: "bus", 4: "ferry"}
_MANNERS |= {5: "cable", 6: "cable", 7: "cable", 11: "bus", 12: "train"}
_HUNDREDS: dict[int, Manner] = {1: "train", 2: "bus", 4: "metro", 7: "bus", 9: "tram", 10: "ferry"}


class JourneyTeller:
    """Writes journeys of a day with names and moments in place of numbers."""

    def __init__(self, feed: Feed, day: date, ends: tuple[Position, Position]) -> None:
        self._feed, self._zone = feed, ZoneInfo(feed.timezone)
        self._zero = midnight(day, feed.timezone)
        self._start, self._end = ends

    def legs(self, legs: Sequence[Leg]) -> list[JourneyLeg]:
        """Write the legs of a journey."""
        return [self._leg(leg) for leg in legs]

    def journey(self, legs: Sequence[Leg]) -> Journey:
        """Write a journey."""
        told = self.legs(legs)
        walked = [leg for leg in legs if isinstance(leg, Walk)]
        return Journey(
            departs_at=told[0].departs_at,
            arrives_at=told[-1].arrives_at,
            vehicles=sum(isinstance(leg, Ride) for leg in legs),
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
                text=_label(walk_words(leg.arrives_s - leg.departs_s, self._name(leg.target))),
            )
        return self._ride(leg, departs_at, arrives_at)

    def _ride(self, leg: Ride, departs_at: datetime, arrives_at: datetime) -> JourneyLeg:
        line = int(self._feed.trips.line[leg.trip])
        last = self._feed.times.stop[self._feed.times.first[leg.trip + 1] - 1]
        names = [self._feed.stops.names[it] for it in (leg.stops[0], leg.stops[-1])]
        name, manner = self._feed.lines.names[line], _manner(int(self._feed.lines.kinds[line]))
        headsign = self._feed.trips.headsigns[leg.trip] or self._feed.stops.names[int(last)]
        halts = Halt(names[0], departs_at), Halt(names[1], arrives_at)
        return JourneyLeg(
            kind="ride",
            departs_at=departs_at,
            arrives_at=arrives_at,
            origin=names[0],
            target=names[1],
            line=name,
            manner=manner,
            headsign=headsign,
            halts=len(leg.stops) - 1,
            positions=[self._place(stop, self._start) for stop in leg.stops],
            text=_label(ride_words(manner, name, headsign, halts)),
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


def _label(words: Words) -> Label:
    return Label(fr=words.fr, en=words.en)


def _manner(kind: int) -> Manner:
    return _MANNERS.get(kind) or _HUNDREDS.get(kind // 100, "other")
