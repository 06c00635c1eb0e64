"""The ground of the invented city, in metres from its centre: where the river and sectors are."""

import math
from bisect import bisect_right
from dataclasses import dataclass

CENTRE_LON, CENTRE_LAT = 2.35, 48.86
CITY_RADIUS_M = 5_500.0
EDGE_RADIUS_M = 20_000.0
RING_RADIUS_M = 5_700.0
OUTER_RING_RADIUS_M = 13_000.0
_METRES_PER_DEGREE = 111_320.0
_NEAR_SUBURB_M = 11_000.0
SECTORS = ("75", "93", "92-78-95", "77-91-94")


@dataclass(frozen=True, slots=True)
class _Slice:
    """A slice of the suburbs, anticlockwise from east, with its near and far départements."""

    from_degrees: int
    sector: str
    near: str
    far: str


_SLICES = (
    _Slice(10, "93", "93", "93"),
    _Slice(100, "92-78-95", "92", "95"),
    _Slice(160, "92-78-95", "92", "78"),
    _Slice(235, "77-91-94", "94", "91"),
    _Slice(300, "77-91-94", "94", "77"),
)


def to_lon_lat(x_m: float, y_m: float) -> tuple[float, float]:
    """Turn metres east and north of the centre into degrees."""
    lat = CENTRE_LAT + y_m / _METRES_PER_DEGREE
    lon = CENTRE_LON + x_m / (_METRES_PER_DEGREE * math.cos(math.radians(CENTRE_LAT)))
    return round(lon, 6), round(lat, 6)


def from_lon_lat(lon: float, lat: float) -> tuple[float, float]:
    """Turn degrees into metres east and north of the centre."""
    x_m = (lon - CENTRE_LON) * _METRES_PER_DEGREE * math.cos(math.radians(CENTRE_LAT))
    return x_m, (lat - CENTRE_LAT) * _METRES_PER_DEGREE


def river_y(x_m: float) -> float:
    """Tell how far north the river runs at `x_m`."""
    return 1_900.0 * math.sin(x_m / 5_200.0) + 0.12 * x_m - 700.0


def north_of_river(x_m: float, y_m: float) -> bool:
    """Tell the bank a point lies on."""
    return y_m > river_y(x_m)


def _slice_at(x_m: float, y_m: float) -> _Slice:
    degrees = math.degrees(math.atan2(y_m, x_m)) % 360
    return _SLICES[bisect_right(_SLICES, degrees, key=lambda part: part.from_degrees) - 1]


def sector_at(x_m: float, y_m: float) -> str:
    """Name the visiting teams' sector: the city, or one of three slices of the suburbs."""
    if math.hypot(x_m, y_m) <= CITY_RADIUS_M:
        return SECTORS[0]
    return _slice_at(x_m, y_m).sector


def territory_at(x_m: float, y_m: float) -> str:
    """Name the département: inside a sector, the near suburb or one of the far ones."""
    distance_m = math.hypot(x_m, y_m)
    if distance_m <= CITY_RADIUS_M:
        return SECTORS[0]
    part = _slice_at(x_m, y_m)
    return part.near if distance_m <= _NEAR_SUBURB_M else part.far
