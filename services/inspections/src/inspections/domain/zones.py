"""Areas on the map, as GeoJSON polygons."""

from collections.abc import Sequence
from dataclasses import dataclass

from inspections.domain.french_land import check_position

FEWEST_POINTS = 4
MOST_POINTS = 20_000

Ring = tuple[tuple[float, float], ...]


class ShapeError(ValueError):
    """A shape that is none; `path` says where in it, as a JSON pointer."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(reason)
        self.path = path


@dataclass(frozen=True, slots=True)
class Area:
    """One polygon: its outline and the holes in it, as longitude and latitude."""

    outline: Ring
    holes: tuple[Ring, ...]


def areas_of(kind: str, coordinates: object) -> tuple[Area, ...]:
    """Read the polygons of a GeoJSON geometry (RFC 7946).

    Raises
    ------
    ShapeError : when they are none
    """
    polygons = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(polygons, list) or not polygons:
        raise ShapeError("/coordinates", "give at least one polygon")
    prefix = "/coordinates" if kind == "Polygon" else "/coordinates/{}"
    areas = tuple(_area(it, prefix.format(n)) for n, it in enumerate(polygons))
    points = sum(len(ring) for it in areas for ring in (it.outline, *it.holes))
    if points > MOST_POINTS:
        raise ShapeError("/coordinates", f"{points} points; simplify the shape to {MOST_POINTS}")
    return areas


def _area(polygon: object, path: str) -> Area:
    if not isinstance(polygon, list) or not polygon:
        raise ShapeError(path, "a polygon is a list of rings, the outline first")
    rings = [_ring(it, f"{path}/{n}") for n, it in enumerate(polygon)]
    return Area(rings[0], tuple(rings[1:]))


def _ring(ring: object, path: str) -> Ring:
    if not isinstance(ring, list) or len(ring) < FEWEST_POINTS:
        raise ShapeError(path, "a ring has four positions or more, the last being the first")
    points = tuple(_point(it, f"{path}/{n}") for n, it in enumerate(ring))
    if points[0] != points[-1]:
        raise ShapeError(path, "a ring ends where it began; repeat its first position")
    return points


def _point(position: object, path: str) -> tuple[float, float]:
    if not isinstance(position, list) or not _are_numbers(position[:2]):
        raise ShapeError(path, "a position is [longitude, latitude], in degrees")
    lon, lat = float(position[0]), float(position[1])
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):  # noqa: PLR2004 - degrees
        raise ShapeError(path, "a position is [longitude, latitude], in degrees")
    try:
        check_position(lon, lat)
    except ValueError as error:
        raise ShapeError(path, str(error)) from error
    return lon, lat


def _are_numbers(pair: Sequence[object]) -> bool:
    return len(pair) == 2 and all(  # noqa: PLR2004 - a pair
        isinstance(it, (int, float)) and not isinstance(it, bool) for it in pair
    )
