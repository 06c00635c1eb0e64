"""The invented city's public transport: metros, trains, a tram around it and buses."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

from gateway.demo.city import City
from gateway.demo.nearest import NearestPoint, Point
from gateway.demo.terrain import CITY_RADIUS_M, EDGE_RADIUS_M, RING_RADIUS_M
from gateway.demo.words import street_name

Kind = Literal["tram", "metro", "train", "bus"]

_METROS, _TRAINS = 4, 5
_BUS_RINGS_M = (8_000.0, 10_500.0, 13_500.0, 16_500.0)
_REACH_M = 900.0


@dataclass(frozen=True, slots=True)
class Station:
    """A stop; at a closed one vehicles pass without halting."""

    number: int
    name: str
    place: Point
    is_closed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is run both ways; minutes between two vehicles at the busiest hours."""

    name: str
    kind: Kind
    stations: tuple[Station, ...]
    every_min: int
    km_h: float


def make_lines(city: City, rng: Random) -> list[Line]:
    """Lay lines along the streets; all stop where one can walk."""
    laying = _Laying(city, rng)
    lines = []
    for number in range(_METROS):
        angle = math.pi * (number + rng.uniform(-0.2, 0.2)) / _METROS
        stations = laying.stations(_across(angle, CITY_RADIUS_M + 3_000, 700))
        if number == 0:
            stations[len(stations) // 3] = laying.closed(stations[len(stations) // 3])
        lines.append(Line(f"{number + 1}", "metro", tuple(stations), 4, 27.0))
    for number in range(_TRAINS):
        angle = math.pi * (number + rng.uniform(-0.2, 0.2)) / _TRAINS
        stations = laying.stations(_across(angle, EDGE_RADIUS_M - 1_500, 2_100))
        lines.append(Line("ABCDE"[number], "train", tuple(stations), 12, 46.0))
    around = laying.stations(_around(RING_RADIUS_M + 500, 800))
    lines.append(Line("T1", "tram", tuple(around), 6, 19.0))
    for number, radius_m in enumerate(_BUS_RINGS_M):
        stations = laying.stations(_around(radius_m, 600))
        lines.append(Line(f"{301 + number}", "bus", tuple(stations), 10, 18.0))
    return lines


class _Laying:
    def __init__(self, city: City, rng: Random) -> None:
        self._city, self._rng, self._made = city, rng, 0
        self._streets = NearestPoint(city.nodes, city.streets, 400)

    def stations(self, points: Iterator[Point]) -> list[Station]:
        """Put stations on the streets nearest to points; none where no street is near."""
        nodes = [self._streets.nearest(point, _REACH_M) for point in points]
        kept = list(dict.fromkeys(node for node in nodes if node is not None))
        return [self._station(self._city.nodes[node]) for node in kept]

    def closed(self, station: Station) -> Station:
        """Close a station, as one is for works."""
        return Station(station.number, f"{station.name} (fermée)", station.place, is_closed=True)

    def _station(self, place: Point) -> Station:
        self._made += 1
        return Station(self._made, street_name(self._rng), place)


def _across(angle: float, reach_m: float, step_m: float) -> Iterator[Point]:
    steps = int(reach_m // step_m)
    for number in range(-steps, steps + 1):
        bend = angle + 0.1 * math.sin(number * step_m / 2_500)
        yield number * step_m * math.cos(bend), number * step_m * math.sin(bend)


def _around(radius_m: float, step_m: float) -> Iterator[Point]:
    count = int(2 * math.pi * radius_m / step_m)
    for number in range(count):
        angle = 2 * math.pi * number / count
        yield radius_m * math.cos(angle), radius_m * math.sin(angle)
