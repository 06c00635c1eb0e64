"""Travel between points on the ground: what a provider must offer, and a guess without a graph."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import numpy as np

from routing.domain.directions import Step
from routing.domain.periods import Period
from routing.domain.profiles import Profile
from routing.domain.road_network import Float64, Int32, distance_m
from routing.domain.snapping import Point, Snaps

TravelMethod = Literal["roads", "crow_fly"]

DETOUR = 1.3
"""Roads in towns are about 1.3 times as long as the straight line."""

CROW_FLY_KM_H: dict[Profile, float] = {"drive": 25.0, "walk": 4.5, "bike": 14.0}
"""From door to door in a dense town, traffic lights included."""


@dataclass(frozen=True, slots=True)
class Route:
    """One way from a point to another; its time is the matrix's for the same points."""

    travel_s: int
    length_m: float
    points: list[Point]
    steps: list[Step] = field(default_factory=list)


class Roads(ABC):
    """What plans and matrices ask of the ground: the interface of every provider of travel times.

    A provider answers for one way of travelling. `method` is told in every answer. Departures are
    moments with their time zone: the roads' provider reads the period of the day from them, one of
    public transport would read its timetable to the minute.
    """

    method: TravelMethod
    profile: Profile

    @abstractmethod
    def snap(self, lon: Float64, lat: Float64) -> Snaps:
        """Bring points, in degrees, to where they meet the road."""

    @abstractmethod
    def period(self, departs_at: datetime | None) -> Period | None:
        """Name the period whose times answer a departure; None where times are always the same."""

    @abstractmethod
    def travel_s(self, sources: Snaps, targets: Snaps, departs_at: datetime | None = None) -> Int32:
        """Give seconds `[source, target]`, rounded up; `UNREACHABLE` where no road leads."""

    @abstractmethod
    def length_m(
        self, sources: Snaps, targets: Snaps, departs_at: datetime | None = None
    ) -> Float64:
        """Give metres `[source, target]` along the fastest ways; `UNREACHABLE` without a road."""

    @abstractmethod
    def route(self, start: Point, end: Point, departs_at: datetime | None = None) -> Route | None:
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

    def __init__(self, profile: Profile = "drive") -> None:
        self.profile: Profile = profile

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

    def period(self, departs_at: datetime | None) -> Period | None:  # noqa: ARG002 - always the same
        """Know no hours: a guess is the same all day."""
        return None

    def travel_s(
        self,
        sources: Snaps,
        targets: Snaps,
        departs_at: datetime | None = None,
    ) -> Int32:
        """Give seconds `[source, target]`, rounded up."""
        metres_s = CROW_FLY_KM_H[self.profile] / 3.6
        return np.ceil(self.length_m(sources, targets, departs_at) / metres_s).astype(np.int32)

    def length_m(
        self,
        sources: Snaps,
        targets: Snaps,
        departs_at: datetime | None = None,  # noqa: ARG002 - always the same
    ) -> Float64:
        """Give metres `[source, target]`, as long as a road would be."""
        straight_m = distance_m(
            sources.lon[:, None], sources.lat[:, None], targets.lon, targets.lat
        )
        return straight_m * DETOUR

    def route(self, start: Point, end: Point, departs_at: datetime | None = None) -> Route:
        """Draw the straight line, with the length a road would have; there are no steps to tell."""
        lon, lat = np.array([start, end]).T
        snaps = self.snap(lon, lat)
        length_m = float(self.length_m(snaps, snaps, departs_at)[0, 1])
        return Route(int(self.travel_s(snaps, snaps, departs_at)[0, 1]), length_m, [start, end])
