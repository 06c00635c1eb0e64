"""Ways on foot between places and stops, and from stop to stop, by the streets people walk on."""

import numpy as np
from scipy.spatial import cKDTree

from routing.domain.road_network import EARTH_RADIUS_M, Float64, Int32
from routing.domain.roads import Roads
from routing.domain.snapping import Snaps
from routing.domain.transit_feed import Stops
from routing.domain.transit_journeys import Ends
from routing.domain.transit_walks import WALK_M_PER_S
from routing.domain.travel_engine import UNREACHABLE

# How far one walks to a first stop, or from a last; and from stop to stop.
TO_STOP_M, BETWEEN_STOPS_M = 1_000.0, 400.0
MOST_STOPS = 60
_TOGETHER = 64


class StopsOnFoot:
    """The stops of a feed, where they meet the streets; built once, a lookup after."""

    def __init__(self, stops: Stops, streets: Roads) -> None:
        self._streets = streets
        self.snaps = streets.snap(np.asarray(stops.lon), np.asarray(stops.lat))
        self._lat = float(np.mean(stops.lat)) if len(stops.lat) else 0.0
        self._tree = cKDTree(self._metres(np.asarray(stops.lon), np.asarray(stops.lat)))

    def ends(self, lon: float, lat: float) -> Ends:
        """Give the stops in reach of a place, and how long it takes to walk to each."""
        place = self._metres(np.array([lon]), np.array([lat]))
        found = self._tree.query(place, k=MOST_STOPS, distance_upper_bound=TO_STOP_M)
        distance, stop = (np.asarray(it)[0] for it in found)
        near = stop[np.isfinite(distance)].astype(np.int32)
        point = self._streets.snap(np.array([lon]), np.array([lat]))
        walk_s = self._walk_s(point, near)[0]
        there = walk_s >= 0
        return Ends(near[there], walk_s[there])

    def between(self) -> tuple[Int32, Int32, Int32]:
        """Give ways from stop to stop: from, to and seconds, for all that lie near each other."""
        parts = []
        order = self._in_order()
        for begin in range(0, order.size, _TOGETHER):
            origins = order[begin : begin + _TOGETHER]
            found = self._tree.query_ball_point(self._tree.data[origins], BETWEEN_STOPS_M)
            near = [np.sort(np.array(it, np.int32)) for it in found]
            targets = np.unique(np.concatenate(near))
            walk_s = self._walk_s(self.snaps.take(origins), targets)
            for row, (origin, some) in enumerate(zip(origins, near, strict=True)):
                place = np.searchsorted(targets, some)
                place = place[(walk_s[row, place] >= 0) & (targets[place] != origin)]
                parts.append((np.full(place.size, origin), targets[place], walk_s[row, place]))
        if not parts:
            return (np.zeros(0, np.int32),) * 3
        origin, target, taken = (np.concatenate(it) for it in zip(*parts, strict=True))
        return origin.astype(np.int32), target.astype(np.int32), taken.astype(np.int32)

    def _in_order(self) -> Int32:
        """Order stops so that those asked for together lie together."""
        cell = np.floor(self._tree.data / BETWEEN_STOPS_M)
        return np.lexsort((cell[:, 0], cell[:, 1])).astype(np.int32)

    def _walk_s(self, origins: Snaps, stops: Int32) -> Int32:
        """Give seconds from places to stops, those from door to street included; -1 for no way."""
        targets = self.snaps.take(stops)
        street_s = self._streets.travel_s(origins, targets)
        off = (origins.distance_m[:, None] + targets.distance_m[None, :]) / WALK_M_PER_S
        walk_s = np.where(street_s == UNREACHABLE, -1, np.ceil(street_s + off))
        return walk_s.astype(np.int32)

    def _metres(self, lon: Float64, lat: Float64) -> Float64:
        east = np.radians(lon) * EARTH_RADIUS_M * np.cos(np.radians(self._lat))
        return np.column_stack((east, np.radians(lat) * EARTH_RADIUS_M))
