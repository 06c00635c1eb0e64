"""Place invented accommodations where a real map has lodgings, under invented names."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from gateway.demo.places import Place, Site, furnish
from gateway.demo.size import Size
from gateway.demo.terrain import SECTORS, from_lon_lat

_KIND_OF_TOURISM = {
    "hotel": "hotel",
    "motel": "hotel",
    "hostel": "hostel",
    "guest_house": "guest_house",
    "apartment": "apartment",
}
# A real map is cut in four by its middle; each part is given a territory of each sector.
_TERRITORY_OF_SECTOR = dict(zip(SECTORS, ("75", "93", "92", "94"), strict=True))


@dataclass(frozen=True, slots=True)
class Lodging:
    """A point of the map where people may sleep; its real name is never read.

    `tourism` is the map's own word for the kind; empty for an address that was invented.
    """

    lon: float
    lat: float
    tourism: str


def places_at(lodgings: Sequence[Lodging], size: Size) -> list[Place]:
    """Draw at most `size.places` of these and invent all else about them."""
    rng = Random(f"lodgings {size.seed}")  # noqa: S311 - an invented world, not a secret
    drawn = rng.sample(lodgings, min(size.places, len(lodgings)))
    if not drawn:
        return []
    middle_lon = sum(lodging.lon for lodging in drawn) / len(drawn)
    middle_lat = sum(lodging.lat for lodging in drawn) / len(drawn)
    return furnish([_site(lodging, middle_lon, middle_lat) for lodging in drawn], size)


def _site(lodging: Lodging, middle_lon: float, middle_lat: float) -> Site:
    quadrant = 2 * (lodging.lat < middle_lat) + (lodging.lon < middle_lon)
    sector = SECTORS[quadrant]
    x_m, y_m = from_lon_lat(lodging.lon, lodging.lat)
    return Site(
        x_m,
        y_m,
        lodging.lon,
        lodging.lat,
        sector,
        _TERRITORY_OF_SECTOR[sector],
        _KIND_OF_TOURISM.get(lodging.tourism),
    )
