"""The part of the map that a picture shows, and where things are in it.

The map is the web's usual one (Web Mercator), its whole square counted from 0 to 1 from the
north-west; a picture is so many pixels of it.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from routing.domain.basemap import mercator
from routing.domain.road_network import Float64

Point = tuple[float, float]
"""Longitude and latitude, or pixels from the left and from the top."""

EQUATOR_M = 40_075_016.7
_LEAST_M = 800.0
_PADDING = 0.08


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the map: its north-west corner, its size, both of 0 to 1, and its pixels."""

    west: float
    north: float
    width: float
    pixels: tuple[int, int]

    @property
    def zoom(self) -> float:
        """How far it is zoomed in, counted as for a tile as wide as the window."""
        return -math.log2(self.width)

    @property
    def metres_a_pixel(self) -> float:
        """The length of a pixel in its middle."""
        wide, high = self.pixels
        middle = self.north + self.width * high / wide / 2
        return EQUATOR_M * self.width / wide / math.cosh(math.pi * (1 - 2 * middle))

    def place(self, points: Iterable[Point]) -> Float64:
        """Give the pixels of points; shape (n, 2)."""
        lon, lat = np.array(list(points), dtype=np.float64).reshape(-1, 2).T
        x, y = mercator(lon, lat)
        scale = self.pixels[0] / self.width
        return np.stack([(x - self.west) * scale, (y - self.north) * scale], axis=1)


def around(points: Iterable[Point], pixels: tuple[int, int]) -> Window:
    """Make the window that shows all points, with some room around them.

    Without points it shows the whole map.
    """
    degrees = np.array(list(points), dtype=np.float64).reshape(-1, 2)
    if not len(degrees):
        return Window(0.0, 0.0, 1.0, pixels)
    x, y = mercator(*degrees.T)
    ratio = pixels[1] / pixels[0]
    middle_x, middle_y = (x.min() + x.max()) / 2, (y.min() + y.max()) / 2
    least = _LEAST_M / EQUATOR_M * math.cosh(math.pi * (1 - 2 * middle_y))
    spread = max(float(np.ptp(x)), float(np.ptp(y)) / ratio)
    width = max(least, spread * (1 + 2 * _PADDING))
    return Window(middle_x - width / 2, middle_y - width * ratio / 2, width, pixels)


def nice_length_m(most_m: float) -> int:
    """Give the longest round number of metres (1, 2 or 5 with zeros) that is not too long."""
    power = 10 ** math.floor(math.log10(most_m))
    return int(next(it * power for it in (5, 2, 1) if it * power <= most_m))


def apart(points: Float64, least: float) -> Float64:
    """Move points that are nearer to each other than `least` apart, each as little as it can.

    Parameters
    ----------
    points : shape (n, 2), pixels
    least : pixels from one to another
    """
    moved = points.copy()
    count = len(points)
    # Those at one place go to all sides.
    turn = np.arange(count) * 2.4
    moved += 0.01 * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    for _ in range(80):
        way = moved[:, None] - moved[None]
        length = np.hypot(way[..., 0], way[..., 1])
        np.fill_diagonal(length, np.inf)
        short = np.clip(least - length, 0, None)
        if not short.any():
            break
        moved += (way / length[..., None] * (short / 2)[..., None]).sum(axis=1) * 0.8
    return moved
