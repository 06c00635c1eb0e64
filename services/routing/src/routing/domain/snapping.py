"""Where points meet the road: the nearest stretch of road, and how far along it."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from routing.domain.road_network import EARTH_RADIUS_M, Float64, Int32, RoadNetwork, degrees

APPROXIMATE_FROM_M = 100.0
"""In Porto 95 % of addresses-like points lie within 73 m of a road: past 100 m, say so."""

REFUSED_FROM_M = 500.0
"""Past this the point is not where people can be visited by this road, or its axes are swapped."""

Point = tuple[float, float]
"""Longitude and latitude, degrees."""

SnapState = Literal["exact", "approximate", "refused"]


Rows = slice | NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Snaps:
    """Points brought to the road, one row each.

    `edge` is `-1` where the point was refused; `fraction` runs from 0 at the edge's start to 1 at
    its end; `lon` and `lat` are the nearest place on a road, given also for refused points.
    """

    edge: Int32
    fraction: Float64
    lon: Float64
    lat: Float64
    distance_m: Float64

    def __len__(self) -> int:
        """Count the points."""
        return len(self.edge)

    def take(self, rows: Rows) -> "Snaps":
        """Choose some of the points, in the order asked for."""
        return Snaps(
            self.edge[rows],
            self.fraction[rows],
            self.lon[rows],
            self.lat[rows],
            self.distance_m[rows],
        )

    def states(self) -> list[SnapState]:
        """Say of each point how good its place on the road is."""
        return [snap_state(metres) for metres in self.distance_m.tolist()]


def snap_state(distance_m: float) -> SnapState:
    """Say how good a place on the road is, from its distance to the point."""
    if distance_m > REFUSED_FROM_M:
        return "refused"
    return "approximate" if distance_m > APPROXIMATE_FROM_M else "exact"


class LocalMetres:
    """A flat map in metres around a place: exact enough for distances over a metropolis.

    The scale of longitudes is that of the middle latitude: 1 % off 0.5 degrees north or south.
    """

    def __init__(self, lon: float, lat: float) -> None:
        self._lon, self._lat = lon, lat
        self._y = np.radians(1.0) * EARTH_RADIUS_M
        self._x = self._y * float(np.cos(np.radians(lat)))

    def to_metres(self, lon: Float64, lat: Float64) -> Float64:
        """Project degrees; shape (n, 2) with x to the east and y to the north."""
        return np.column_stack([(lon - self._lon) * self._x, (lat - self._lat) * self._y])

    def to_degrees(self, metres: Float64) -> tuple[Float64, Float64]:
        """Bring shape (n, 2) back to longitudes and latitudes."""
        return metres[:, 0] / self._x + self._lon, metres[:, 1] / self._y + self._lat


class Snapper:
    """Finds the nearest road where one may stop; its index is built once per network."""

    def __init__(self, network: RoadNetwork) -> None:
        west, south, east, north = network.bbox()
        self.plane = LocalMetres((west + east) / 2, (south + north) / 2)
        lon, lat = degrees(network.geometry_e7).T
        points_per_edge = np.diff(network.geometry_offsets)
        edge_of_point = np.repeat(np.arange(network.n_edges), points_per_edge)
        self._lines = shapely.linestrings(self.plane.to_metres(lon, lat), indices=edge_of_point)
        self._tree_edge = np.flatnonzero(network.edge_may_stop).astype(np.int32)
        self._tree = shapely.STRtree(self._lines[self._tree_edge])

    def snap(self, lon: Float64, lat: Float64) -> Snaps:
        """Bring points, in degrees, to the nearest road that each may be visited from."""
        points = shapely.points(self.plane.to_metres(lon, lat))
        (asked, nearest), metres = self._tree.query_nearest(
            points, all_matches=False, return_distance=True
        )
        edge = np.zeros(len(lon), dtype=np.int32)
        edge[asked] = self._tree_edge[nearest]
        distance_m = np.full(len(lon), np.inf)
        distance_m[asked] = metres
        lines = self._lines[edge]
        # A stretch between two nodes at one place has no length, and its fractions are NaN.
        fraction = np.nan_to_num(shapely.line_locate_point(lines, points, normalized=True))
        on_road = shapely.line_interpolate_point(lines, fraction, normalized=True)
        road_lon, road_lat = self.plane.to_degrees(shapely.get_coordinates(on_road))
        edge[distance_m > REFUSED_FROM_M] = -1
        return Snaps(edge, fraction, road_lon, road_lat, distance_m)

    def along(self, edge: int, start: float, end: float) -> list[Point]:
        """Give the points of an edge between two fractions of it, in the direction asked."""
        line = self._lines[edge]
        points = shapely.get_coordinates(line)
        length = shapely.length(line)
        steps = np.hypot(*np.diff(points, axis=0).T)
        position = np.concatenate([[0.0], np.cumsum(steps)])
        low, high = sorted((start * length, end * length))
        between = (position > low) & (position < high)
        ends = shapely.get_coordinates(shapely.line_interpolate_point(line, [low, high]))
        kept = np.vstack([ends[:1], points[between], ends[1:]])
        lon, lat = self.plane.to_degrees(kept if start <= end else kept[::-1])
        return list(zip(lon.tolist(), lat.tolist(), strict=True))
