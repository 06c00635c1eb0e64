"""A timetable to travel by: its days as they are asked for, and the streets one walks on."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date, datetime
from threading import Lock

import numpy as np

from routing.domain.road_network import Float64, Int32
from routing.domain.roads import Roads
from routing.domain.snapping import Point, Snaps
from routing.domain.transit_access import StopsOnFoot
from routing.domain.transit_day import TransitDay, midnight, runs_of, transit_day
from routing.domain.transit_feed import Feed
from routing.domain.transit_hours import Hours, times_within
from routing.domain.transit_journeys import Leg, Walk, journeys
from routing.domain.transit_matrix import Access
from routing.domain.transit_scan import NEVER_S, connections
from routing.domain.transit_walks import Walks
from routing.domain.travel_engine import UNREACHABLE

# The times of a day of 8.7 million halts take 70 MB.
MOST_DAYS = 3


@dataclass(slots=True)
class Timetable:
    """What a feed says, who may walk where, and its days as they are asked."""

    feed: Feed
    walks: Walks
    streets: Roads
    on_foot: StopsOnFoot
    _days: OrderedDict[date, TransitDay] = field(default_factory=OrderedDict)
    _gathering: Lock = field(default_factory=Lock)

    @classmethod
    def on(cls, feed: Feed, walks: Walks, streets: Roads) -> "Timetable":
        """Open a timetable over the streets that one walks on."""
        return cls(feed, walks, streets, StopsOnFoot(feed.stops, streets))

    def day(self, day: date) -> TransitDay:
        """Give all that runs on a day; gathered at its first use, which takes seconds."""
        with self._gathering:
            known = self._days.pop(day, None) or transit_day(self.feed, day)
            self._days[day] = known
            if len(self._days) > MOST_DAYS:
                self._days.popitem(last=False)
            return known

    def service(self, day: date) -> bytes:
        """Name what runs on a day: two days of the same name have the same times."""
        runs = runs_of(self.feed, day)
        return b"".join(it.tobytes() for it in (runs.trip, runs.shift_s, runs.late_s))

    def second(self, moment: datetime, day: date) -> int:
        """Count a moment in seconds of a day's times."""
        return int((moment - midnight(day, self.feed.timezone)).total_seconds())

    def on_foot_s(self, snaps: Snaps) -> Int32:
        """Give seconds of walking between places, `NEVER_S` where no street leads."""
        walk_s = self.streets.travel_s(snaps, snaps)
        return np.where(walk_s == UNREACHABLE, NEVER_S, walk_s).astype(np.int32)

    def times_within(
        self, lon: Float64, lat: Float64, day: date, hours: Hours, *, most_s: int, threads: int = 1
    ) -> Int32:
        """Give the longest it takes between places at any second of some hours of a day.

        Shape (places, places); `UNREACHABLE` where at some second neither a vehicle nor one's feet
        bring one there within `most_s`.
        """
        running, access = connections(self.day(day)), self._access(lon, lat)
        by_vehicle = times_within(
            running, self.walks, access, hours, most_s=most_s, threads=threads
        )
        best = np.minimum(by_vehicle, self.on_foot_s(self.streets.snap(lon, lat)))
        return np.where(best > most_s, UNREACHABLE, best).astype(np.int32)

    def soonest(
        self, start: Point, end: Point, day: date, depart_s: int, *, most_s: int
    ) -> tuple[Leg, ...] | None:
        """Find how one is there first, leaving at a second of a day; None for not in `most_s`.

        Of two ways that are as quick, the one with fewer vehicles; walking has none.
        """
        ends = [self.on_foot.ends(*place) for place in (start, end)]
        walk_s = int(self.on_foot_s(self.streets.snap(*np.array([start, end]).T))[0, 1])
        until_s = depart_s + min(most_s, walk_s - 1)
        found = journeys(self.day(day), self.walks, *ends, departs_s=depart_s, until_s=until_s)
        if found:
            return found[-1]
        return (Walk(None, None, depart_s, depart_s + walk_s),) if walk_s <= most_s else None

    def _access(self, lon: Float64, lat: Float64) -> Access:
        ends = [self.on_foot.ends(*place) for place in zip(lon.tolist(), lat.tolist(), strict=True)]
        sizes = [it.stop.size for it in ends]
        nobody = np.zeros(0, np.int32)
        return Access(
            np.concatenate(([0], np.cumsum(sizes))).astype(np.int32),
            np.concatenate([it.stop for it in ends] or [nobody]).astype(np.int32),
            np.concatenate([it.walk_s for it in ends] or [nobody]).astype(np.int32),
        )
