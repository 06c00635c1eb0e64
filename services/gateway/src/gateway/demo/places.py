"""Invent the places of the register: where they are, how large, who runs them, when they open."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from gateway.demo.city import City
from gateway.demo.nearest import NearestPoint, Point
from gateway.demo.size import Size
from gateway.demo.terrain import CITY_RADIUS_M, SECTORS, sector_at, territory_at, to_lon_lat
from gateway.demo.words import operator_names, place_name, street_name, town_name

# Places per sector in a planning data set of 2019: 562 places, of which these shares.
_SECTOR_SHARES = dict(zip(SECTORS, (173, 129, 127, 133), strict=True))
_KINDS = ("hotel", "residence", "hostel", "guest_house", "apartment")
_KIND_WEIGHTS = (78, 14, 3, 2, 3)
_MEDIAN_ROOMS, _P90_ROOMS, _MOST_ROOMS, _FEWEST_ROOMS = 30, 80, 243, 5
_P90_OF_NORMAL = 1.2816
_QUARTERS = 14
_OPERATORS = 40
_SKILLS = ("fire_safety", "electrical", "mediation")
_SKILLED = 0.03
_CLOSED_AT_LUNCH, _MORNINGS_ONLY, _SHUT_ONE_DAY = 0.15, 0.06, 0.08


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours on one weekday, 1 Monday to 7 Sunday."""

    weekday: int
    opens: str
    closes: str


@dataclass(frozen=True, slots=True)
class Place:
    """An accommodation as the register takes it, and where it stands in metres."""

    external_id: str
    name: str
    kind: str
    address: str
    postcode: str
    city: str
    sector: str
    lon: float
    lat: float
    rooms: int
    capacity: int
    operator: str
    hours: tuple[Hours, ...]
    skills: tuple[str, ...]
    x_m: float
    y_m: float

    def message(self) -> dict[str, object]:
        """Write the place as an `AccommodationInput`."""
        return {
            "external_id": self.external_id,
            "name": self.name,
            "kind": self.kind,
            "address": self.address,
            "postcode": self.postcode,
            "city": self.city,
            "sector": self.sector,
            "position": {"lon": self.lon, "lat": self.lat},
            "rooms": self.rooms,
            "capacity": self.capacity,
            "operator": self.operator,
            "visit_hours": [
                {"weekday": hours.weekday, "opens": hours.opens, "closes": hours.closes}
                for hours in self.hours
            ],
            "skills": list(self.skills),
        }


@dataclass(frozen=True, slots=True)
class Site:
    """Where a place stands, before it is given a name and a size."""

    x_m: float
    y_m: float
    lon: float
    lat: float
    sector: str
    territory: str
    kind: str | None = None


def make_places(size: Size, city: City) -> list[Place]:
    """Draw the places of an invented city, grouped in quarters, by the sectors' shares."""
    rng = Random(f"places {size.seed}")  # noqa: S311 - an invented world, not a secret
    counts = _share_out(size.places, _SECTOR_SHARES)
    sites = [site for sector, count in counts.items() for site in _sites(city, sector, count, rng)]
    return furnish(sites, size)


def furnish(sites: Sequence[Site], size: Size) -> list[Place]:
    """Give each site a name, a size, an operator and opening hours; all invented."""
    rng = Random(f"furnish {size.seed}")  # noqa: S311 - an invented world, not a secret
    operators = operator_names(_OPERATORS, rng)
    shares = [1 / (rank + 3) for rank in range(_OPERATORS)]
    towns: dict[str, tuple[str, str]] = {}
    taken: set[str] = set()
    places = []
    for number, site in enumerate(sites, start=1):
        kind = site.kind or rng.choices(_KINDS, _KIND_WEIGHTS)[0]
        postcode, town = _town(site, towns, rng)
        rooms = _rooms(rng)
        places.append(
            Place(
                external_id=f"DEMO-{number:04d}",
                name=place_name(rng, kind, taken),
                kind=kind,
                address=f"{rng.randint(1, 160)} {street_name(rng)}",
                postcode=postcode,
                city=town,
                sector=site.sector,
                lon=site.lon,
                lat=site.lat,
                rooms=rooms,
                capacity=round(rooms * rng.uniform(1.6, 2.9)),
                operator=rng.choices(operators, shares)[0],
                hours=tuple(_hours(rng)),
                skills=(rng.choice(_SKILLS),) if rng.random() < _SKILLED else (),
                x_m=site.x_m,
                y_m=site.y_m,
            )
        )
    return places


def _share_out(total: int, shares: dict[str, int]) -> dict[str, int]:
    """Share a total in proportion; the largest remainders get the rest."""
    whole = sum(shares.values())
    exact = {name: total * share / whole for name, share in shares.items()}
    counts = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(exact, key=lambda name: counts[name] - exact[name])
    for name in by_remainder[: total - sum(counts.values())]:
        counts[name] += 1
    return counts


def _sites(city: City, sector: str, count: int, rng: Random) -> Iterator[Site]:
    """Draw sites near streets, gathered around the sector's quarters."""
    streets = [node for node in city.streets if sector_at(*city.nodes[node]) == sector]
    nearest = NearestPoint(city.nodes, streets, 400)
    quarters = rng.choices(streets, [_density(city.nodes[n]) for n in streets], k=_QUARTERS)
    weights = [rng.expovariate(1) + 0.2 for _ in quarters]
    spread_m = 450 if sector == SECTORS[0] else 1_300
    drawn = 0
    while drawn < count:
        x_m, y_m = city.nodes[rng.choices(quarters, weights)[0]]
        wish = rng.gauss(x_m, spread_m), rng.gauss(y_m, spread_m)
        node = nearest.nearest(wish, 900)
        if node is None:
            continue
        drawn += 1
        yield _site_beside(city.nodes[node], sector, rng)


def _density(point: Point) -> float:
    """Weigh a street by how likely people live there: more in the middle."""
    return math.exp(-math.hypot(*point) / (2 * CITY_RADIUS_M))


def _site_beside(street: Point, sector: str, rng: Random) -> Site:
    angle, away_m = rng.uniform(0, 2 * math.pi), rng.uniform(8, 35)
    x_m, y_m = street[0] + away_m * math.cos(angle), street[1] + away_m * math.sin(angle)
    lon, lat = to_lon_lat(x_m, y_m)
    return Site(x_m, y_m, lon, lat, sector, territory_at(*street))


def _town(site: Site, towns: dict[str, tuple[str, str]], rng: Random) -> tuple[str, str]:
    """Give the postcode and the town of a site; near sites share theirs."""
    if site.territory == SECTORS[0]:
        district = int(math.degrees(math.atan2(site.y_m, site.x_m)) % 360 // 18) + 1
        return f"750{district:02d}", f"Paris {district}e (ville inventée)"
    patch = f"{site.territory} {int(site.x_m // 2_600)} {int(site.y_m // 2_600)}"
    if patch not in towns:
        towns[patch] = (f"{site.territory}{10 * rng.randint(0, 99):03d}", town_name(rng))
    return towns[patch]


def _rooms(rng: Random) -> int:
    """Draw a size: half have at most 30 rooms, nine in ten at most 80."""
    spread = math.log(_P90_ROOMS / _MEDIAN_ROOMS) / _P90_OF_NORMAL
    drawn = round(_MEDIAN_ROOMS * math.exp(rng.gauss(0, spread)))
    return min(_MOST_ROOMS, max(_FEWEST_ROOMS, drawn))


def _hours(rng: Random) -> Iterator[Hours]:
    """Draw visiting hours: most are open from nine to five, some close for lunch."""
    lunch, morning = rng.random() < _CLOSED_AT_LUNCH, rng.random() < _MORNINGS_ONLY
    spans = [("09:00", "17:00")]
    if morning:
        spans = [("08:30", "12:30")]
    elif lunch:
        spans = [("09:00", "12:00"), ("14:00", "18:00")]
    shut = rng.randint(1, 5) if rng.random() < _SHUT_ONE_DAY else 0
    for weekday in range(1, 6):
        if weekday != shut:
            yield from (Hours(weekday, opens, closes) for opens, closes in spans)
