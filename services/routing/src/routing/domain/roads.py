"""Travel between points on the ground: what it must offer, and a guess where there is no graph."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np

from routing.domain.road_network import Float64, Int32, distance_m
from routing.domain.snapping import Snaps

TravelMethod = Literal["roads", "crow_fly"]
Point = tuple[float, float]
"""Longitude and latitude, degrees."""

DETOUR = 1.3
"""Roads in towns are about 1.3 times as long as the straight line."""

CROW_FLY_KM_H = 25.0
"""Door-to-door driving in a dense town, traffic lights included."""


@dataclass(frozen=True, slots=True)
class Route:
    """One way from a point to another; its time is the matrix's for the same points."""

    travel_s: int
    length_m: float
    points: list[Point]


class Roads(ABC):
    """What plans and matrices ask of the ground, with or without a road graph."""

    method: TravelMethod

    @abstractmethod
    def snap(self, lon: Float64, lat: Float64) -> Snaps:
        """Bring points, in degrees, to where they meet the road."""

    @abstractmethod
    def travel_s(self, sources: Snaps, targets: Snaps) -> Int32:
        """Give seconds `[source, target]`, rounded up; `UNREACHABLE` where no road leads."""

    @abstractmethod
    def route(self, start: Point, end: Point) -> Route | None:
        """Find the way from a point to another; None where no road leads."""

    def matrix(self, lon: Float64, lat: Float64) -> tuple[Int32, Snaps]:
        """Give seconds `travel_s[from, to]` between all points, and where each meets the road."""
        snaps = self.snap(lon, lat)
        return self.travel_s(snaps, snaps), snaps

    def polyline(self, start: Point, end: Point) -> list[Point]:
        """Draw the way from a point to another; a straight line where no road leads."""
        route = self.route(start, end)
        return [start, end] if route is None else route.points


class CrowFlyRoads(Roads):
    """Travel guessed from straight lines, where no road graph is loaded; answers say so."""

    method: TravelMethod = "crow_fly"

    def snap(self, lon: Float64, lat: Float64) -> Snaps:
        """Leave the points where they are."""
        n = len(lon)
        return Snaps(
            edge=np.zeros(n, dtype=np.int32),
            fraction=np.zeros(n),
            lon=np.asarray(lon, dtype=np.float64),
            lat=np.asarray(lat, dtype=np.float64),
            distance_m=np.zeros(n),
        )

    def travel_s(self, sources: Snaps, targets: Snaps) -> Int32:
        """Give seconds `[source, target]`, rounded up."""
        straight_m = distance_m(
            sources.lon[:, None], sources.lat[:, None], targets.lon, targets.lat
        )
        return np.ceil(straight_m * DETOUR / (CROW_FLY_KM_H / 3.6)).astype(np.int32)

    def route(self, start: Point, end: Point) -> Route:
        """Draw the straight line, with the length a road would have."""
        lon, lat = np.array([start, end]).T
        snaps = self.snap(lon, lat)
        length_m = float(distance_m(lon[0], lat[0], lon[1], lat[1])) * DETOUR
        return Route(int(self.travel_s(snaps, snaps)[0, 1]), length_m, [start, end])
