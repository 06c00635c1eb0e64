"""Invent addresses beside the roads of a real map, where the map knows too few lodgings."""

from collections.abc import Callable, Sequence
from random import Random

from gateway.demo.lodgings import Lodging

# A point drawn blindly is kept when a road is this near, so that towns get more than fields.
_NEAR_M = 40.0
_DRAWN_AT_ONCE = 1500
_MOST_DRAWS = 12
# Once some are found, most are drawn around them: in degrees, some 400 m.
_GATHERED, _SPREAD = 0.8, 0.004

Points = Sequence[tuple[float, float]]
# Gives the metres from each point (lon, lat) to the nearest road.
DistanceToRoad = Callable[[Points], Sequence[float]]


def invent_addresses(
    bbox: tuple[float, float, float, float],
    count: int,
    *,
    rng: Random,
    distance_to_road: DistanceToRoad,
) -> list[Lodging]:
    """Draw at most `count` addresses beside roads within `bbox` (west, south, east, north).

    Fewer come back when there is hardly a road in the box.
    """
    found: list[tuple[float, float]] = []
    centres: list[tuple[float, float]] = []
    for _ in range(_MOST_DRAWS):
        if len(found) >= count:
            break
        drawn = [_draw(bbox, centres, rng) for _ in range(_DRAWN_AT_ONCE)]
        away = distance_to_road(drawn)
        found += [point for point, away_m in zip(drawn, away, strict=True) if away_m <= _NEAR_M]
        centres = centres or found[:50]
    return [Lodging(lon, lat, "") for lon, lat in found[:count]]


def _draw(
    bbox: tuple[float, float, float, float], centres: Points, rng: Random
) -> tuple[float, float]:
    west, south, east, north = bbox
    if centres and rng.random() < _GATHERED:
        lon, lat = rng.choice(centres)
        return (
            min(east, max(west, rng.gauss(lon, _SPREAD))),
            min(north, max(south, rng.gauss(lat, _SPREAD))),
        )
    return rng.uniform(west, east), rng.uniform(south, north)
