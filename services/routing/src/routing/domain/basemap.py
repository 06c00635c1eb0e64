"""The map under the points, drawn from the road network itself: nothing is asked of anybody else.

A tile is a square of the web's usual map (Web Mercator, `z/x/y` from the north-west) on a grid of
1,024 steps. Lines are whole numbers: where they begin, then the steps to each next point.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from routing.domain.profiles import CLASS_NUMBER, ROAD_CLASSES, Profile
from routing.domain.road_chains import stepped_ranges
from routing.domain.road_network import Bool, Float64, Int64, RoadNetwork, degrees

EXTENT = 1024
MOST_ZOOM = 19

_MARGIN = 16
"""Lines go on this far past the edge, so that strokes of neighbouring tiles join."""

_TOLERANCE = 1.0
"""A quarter of a pixel where a tile is shown in 256."""

_MOST_LAT = 85.0511287798066
"""Where the square of the map ends."""

_FROM_ZOOM: tuple[tuple[int, str], ...] = (
    (0, "trunk_link"),
    (9, "secondary_link"),
    (11, "tertiary_link"),
    (13, "living_street"),
    (14, "track"),
    (15, "ferry"),
)
"""From which zoom on roads are drawn down to which class; ferries, the last, are always drawn."""

Tile = dict[str, list[list[int]]]
"""Lines by class of road, the greater roads first."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the map, as wide as a tile: its zoom, and its place counted in tiles.

    `height` is counted in steps of the grid, of which the width has `EXTENT`.
    """

    zoom: float
    column: float
    row: float
    height: int = EXTENT


class Basemap:
    """Draws tiles of the networks of a graph; where each edge lies is known once and for all."""

    def __init__(self, networks: Mapping[Profile, RoadNetwork]) -> None:
        drive = networks["drive"]
        self._layers = [_Layer(drive, np.ones(drive.n_edges, dtype=bool))]
        driven = np.unique(drive.edge_class)
        for profile in ("walk", "bike"):
            network = networks.get(profile)
            if network is not None:
                # Streets are in several networks: each class is drawn from one.
                self._layers.append(_Layer(network, ~np.isin(network.edge_class, driven)))
                driven = np.union1d(driven, network.edge_class)

    def tile(self, zoom: int, column: int, row: int) -> Tile:
        """Draw the lines of a tile."""
        return self.part(Part(zoom, column, row), last_class_at(zoom))

    def part(self, part: Part, last_class: str) -> Tile:
        """Draw the lines of any part of the map, down to a class of road."""
        edge = _MARGIN / EXTENT
        high = part.height / EXTENT
        west, north = _corner(part.zoom, part.column - edge, part.row - edge)
        east, south = _corner(part.zoom, part.column + 1 + edge, part.row + high + edge)
        found: Tile = {}
        for layer in self._layers:
            edges = layer.within((west, south, east, north), CLASS_NUMBER[last_class])
            for name, lines in layer.drawn(edges, part):
                found[name] = found.get(name, []) + lines
        return dict(sorted(found.items(), key=lambda item: CLASS_NUMBER[item[0]]))


class _Layer:
    """The edges of one network that are drawn, and the square around each."""

    def __init__(self, network: RoadNetwork, is_drawn: Bool) -> None:
        self._network = network
        starts = network.geometry_offsets[:-1]
        self._low = np.minimum.reduceat(network.geometry_e7, starts, axis=0)
        self._high = np.maximum.reduceat(network.geometry_e7, starts, axis=0)
        self._is_drawn = is_drawn

    def within(self, bbox: tuple[float, float, float, float], last_class: int) -> Int64:
        """List the edges that touch a square and are not smaller roads than asked for."""
        west, south, east, north = np.round(np.array(bbox) * 1e7)
        lon_low, lat_low = self._low.T
        lon_high, lat_high = self._high.T
        touches = (lon_low <= east) & (lon_high >= west) & (lat_low <= north) & (lat_high >= south)
        road_class = self._network.edge_class
        great = (road_class <= last_class) | (road_class == CLASS_NUMBER["ferry"])
        return np.flatnonzero(touches & great & self._is_drawn)

    def drawn(self, edges: Int64, part: Part) -> Iterator[tuple[str, list[list[int]]]]:
        """Draw edges on the grid of a part, class by class."""
        if not len(edges):
            return
        lines = self._on_grid(edges, part)
        inside = shapely.clip_by_rect(
            lines, -_MARGIN, -_MARGIN, EXTENT + _MARGIN, part.height + _MARGIN
        )
        road_class = self._network.edge_class[edges]
        for number in np.unique(road_class).tolist():
            drawn = _whole_lines(inside[road_class == number])
            if drawn:
                yield ROAD_CLASSES[number], drawn

    def _on_grid(self, edges: Int64, part: Part) -> NDArray[np.object_]:
        offsets = self._network.geometry_offsets
        count = np.diff(offsets)[edges]
        points = stepped_ranges(offsets[edges].astype(np.int64), count, np.ones_like(count))
        lon, lat = degrees(self._network.geometry_e7[points]).T
        x, y = mercator(lon, lat)
        size = 2**part.zoom
        grid = np.stack([x * size - part.column, y * size - part.row], axis=1) * EXTENT
        lines: NDArray[np.object_] = shapely.linestrings(
            grid, indices=np.repeat(np.arange(len(edges)), count)
        )
        return lines


def _whole_lines(lines: NDArray[np.object_]) -> list[list[int]]:
    """Join lines end to end, leave out what the grid does not show, and write steps."""
    parts = shapely.get_parts(lines)
    joined = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(parts)))
    smooth = shapely.simplify(joined, _TOLERANCE)
    points, line = shapely.get_coordinates(smooth, return_index=True)
    grid = np.rint(points).astype(np.int64)
    is_new = np.ones(len(grid), dtype=bool)
    is_new[1:] = (np.diff(line) != 0) | (np.diff(grid, axis=0) != 0).any(axis=1)
    grid, line = grid[is_new], line[is_new]
    written: list[list[int]] = []
    for run in np.split(grid, np.flatnonzero(np.diff(line)) + 1):
        if len(run) > 1:
            steps = np.diff(run, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
            written.append(steps.ravel().tolist())
    return written


def last_class_at(zoom: float) -> str:
    """Name the smallest class of road that is drawn at a zoom."""
    return [name for least, name in _FROM_ZOOM if least <= zoom][-1]


def mercator(lon: Float64, lat: Float64) -> tuple[Float64, Float64]:
    """Give places on the square of the whole map, 0 to 1 from the north-west."""
    sine = np.sin(np.radians(np.clip(lat, -_MOST_LAT, _MOST_LAT)))
    return lon / 360 + 0.5, 0.5 - np.arctanh(sine) / (2 * np.pi)


def _corner(zoom: float, column: float, row: float) -> tuple[float, float]:
    """Give the longitude and latitude of a place on the map, counted in tiles."""
    size = 2**zoom
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * row / size))))
    return column / size * 360 - 180, float(lat)
