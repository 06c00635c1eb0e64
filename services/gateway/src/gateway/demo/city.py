"""An invented city: a street mesh, a river with few bridges, two ring roads and radial avenues."""

import math
from dataclasses import dataclass, field
from random import Random

from gateway.demo.nearest import NearestPoint, Point
from gateway.demo.terrain import (
    CITY_RADIUS_M,
    EDGE_RADIUS_M,
    OUTER_RING_RADIUS_M,
    RING_RADIUS_M,
    north_of_river,
    river_y,
)
from gateway.demo.words import creature, street_name

Tags = dict[str, str]


@dataclass(frozen=True, slots=True)
class Way:
    """A road: the positions of its nodes in `City.nodes`, and its tags."""

    nodes: tuple[int, ...]
    tags: Tags


@dataclass(slots=True)
class City:
    """Nodes in metres from the centre, and the roads over them."""

    nodes: list[Point] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    streets: list[int] = field(default_factory=list)

    def add(self, x_m: float, y_m: float) -> int:
        """Add a node and give its position."""
        self.nodes.append((x_m, y_m))
        return len(self.nodes) - 1


@dataclass(frozen=True, slots=True)
class _Mesh:
    """How the streets of one part of the city look."""

    spacing_m: float
    turn: float
    inner_m: float
    outer_m: float
    missing: float
    oneway: float
    main_every: int
    bridge_every_m: float
    speeds: tuple[str, str]
    main_road: str


_CORE = _Mesh(112, 0.35, 0, CITY_RADIUS_M, 0.07, 0.5, 6, 1_100, ("30", "50"), "secondary")
_SUBURBS = _Mesh(
    335, -0.2, CITY_RADIUS_M + 400, EDGE_RADIUS_M, 0.12, 0.06, 5, 3_600, ("50", "70"), "tertiary"
)
_RADIALS = 12
_STREET_NODES = 14
_BANK_M = 70.0
_SPEED_TAGGED = 0.9


def make_city(rng: Random) -> City:
    """Draw a city of about 19,000 nodes, 40 km wide, connected for the most part."""
    city = City()
    core = _lay_mesh(city, _CORE, rng)
    suburbs = _lay_mesh(city, _SUBURBS, rng)
    city.streets = list(range(len(city.nodes)))
    everywhere = NearestPoint(city.nodes, city.streets, 400)
    _sew(city, suburbs, NearestPoint(city.nodes, core, 400))
    for number in range(_RADIALS):
        angle = 2 * math.pi * (number + rng.uniform(-0.25, 0.25)) / _RADIALS
        _lay_radial(city, angle, everywhere, rng)
    _lay_ring(city, everywhere, rng)
    _lay_outer_ring(city, everywhere)
    return city


def _crosses(city: City, start: int, end: int) -> bool:
    return north_of_river(*city.nodes[start]) != north_of_river(*city.nodes[end])


def _lay_mesh(city: City, mesh: _Mesh, rng: Random) -> list[int]:
    """Lay a warped grid of streets and give its nodes."""
    grid = _grid(city, mesh, rng)
    bridges: set[int] = set()
    reach = int(mesh.outer_m / mesh.spacing_m) + 1
    for across in (False, True):
        for line in range(-reach, reach + 1):
            cells = [
                grid.get((step, line) if across else (line, step))
                for step in range(-reach, reach + 1)
            ]
            _lay_line(city, mesh, line, cells, bridges=bridges, rng=rng)
    return list(grid.values())


def _grid(city: City, mesh: _Mesh, rng: Random) -> dict[tuple[int, int], int]:
    reach = int(mesh.outer_m / mesh.spacing_m) + 1
    cos, sin = math.cos(mesh.turn), math.sin(mesh.turn)
    jitter = mesh.spacing_m * 0.17
    grid: dict[tuple[int, int], int] = {}
    for i in range(-reach, reach + 1):
        for j in range(-reach, reach + 1):
            u = i * mesh.spacing_m + 160 * math.sin(j * mesh.spacing_m / 2_300)
            v = j * mesh.spacing_m + 160 * math.sin(i * mesh.spacing_m / 1_900)
            x_m = u * cos - v * sin + rng.gauss(0, jitter)
            y_m = u * sin + v * cos + rng.gauss(0, jitter)
            dry = abs(y_m - river_y(x_m)) > _BANK_M
            if dry and mesh.inner_m <= math.hypot(x_m, y_m) <= mesh.outer_m:
                grid[i, j] = city.add(x_m, y_m)
    return grid


def _lay_line(
    city: City,
    mesh: _Mesh,
    line: int,
    cells: list[int | None],
    *,
    bridges: set[int],
    rng: Random,
) -> None:
    """Lay one line of the grid as streets, cut where a node or a piece is missing."""
    main = line % mesh.main_every == 0
    tags = _street_tags(mesh, rng, main=main)
    run: list[int] = []
    for cell in [*cells, None]:
        joined = bool(run) and cell is not None and (main or rng.random() >= mesh.missing)
        if joined and cell is not None and _crosses(city, run[-1], cell):
            joined = False
            stretch = int(city.nodes[cell][0] // mesh.bridge_every_m)
            if main and stretch not in bridges:
                bridges.add(stretch)
                city.ways.append(Way((run[-1], cell), _bridge(tags)))
        if not joined or len(run) >= _STREET_NODES:
            if len(run) > 1:
                city.ways.append(Way(tuple(run), tags))
            tags = tags if main else _street_tags(mesh, rng, main=False)
            run = run[-1:] if joined else []
        if cell is not None:
            run.append(cell)


def _street_tags(mesh: _Mesh, rng: Random, *, main: bool) -> Tags:
    tags = {"highway": mesh.main_road if main else "residential", "name": street_name(rng)}
    if rng.random() < _SPEED_TAGGED:
        tags["maxspeed"] = mesh.speeds[main]
    if not main and rng.random() < mesh.oneway:
        tags["oneway"] = rng.choice(("yes", "-1"))
    return tags


def _bridge(tags: Tags) -> Tags:
    return {**tags, "bridge": "yes", "layer": "1"}


def _sew(city: City, suburbs: list[int], core: NearestPoint) -> None:
    """Join the first streets of the suburbs to the nearest of the city."""
    for node in suburbs:
        if math.hypot(*city.nodes[node]) > CITY_RADIUS_M + 700:
            continue
        near = core.nearest(city.nodes[node], 800)
        if near is not None and not _crosses(city, node, near):
            tags = {"highway": "tertiary", "maxspeed": "50"}
            city.ways.append(Way((node, near), tags))


def _lay_radial(city: City, angle: float, everywhere: NearestPoint, rng: Random) -> None:
    """Lay an avenue from the centre outwards over the nodes of the mesh."""
    city_tags = {"highway": "primary", "name": f"Avenue {creature(rng)}", "maxspeed": "50"}
    far_tags = {"highway": "trunk", "name": f"Route {creature(rng)}", "maxspeed": "70"}
    distance, last = 700.0, None
    while distance < EDGE_RADIUS_M - 500:
        bend = angle + 0.08 * math.sin(distance / 3_000)
        point = (distance * math.cos(bend), distance * math.sin(bend))
        node = everywhere.nearest(point, 600)
        if node is not None and last is not None and node != last:
            tags = city_tags if distance < CITY_RADIUS_M else far_tags
            crossing = _crosses(city, last, node)
            city.ways.append(Way((last, node), _bridge(tags) if crossing else tags))
        last = node if node is not None else last
        distance += 100 if distance < CITY_RADIUS_M else 330


def _circle(city: City, radius_m: float, step_m: float) -> list[int]:
    count = int(2 * math.pi * radius_m / step_m)
    nodes = []
    for number in range(count):
        angle = 2 * math.pi * number / count
        distance = radius_m * (1 + 0.015 * math.sin(3 * angle + 1))
        nodes.append(city.add(distance * math.cos(angle), distance * math.sin(angle)))
    return nodes


def _lay_ring(city: City, everywhere: NearestPoint, rng: Random) -> None:
    """Lay the motorway around the city, a carriageway each way, with its ramps."""
    for radius_m, forward in ((RING_RADIUS_M, True), (RING_RADIUS_M + 25, False)):
        circle = _circle(city, radius_m, 150)
        ring = circle if forward else circle[::-1]
        tags = {"highway": "motorway", "oneway": "yes", "maxspeed": "70", "ref": "P1"}
        _lay_loop(city, ring, tags)
        apart = len(ring) // (2 * _RADIALS)
        for exit_at in range(rng.randrange(apart), len(ring), apart):
            street = everywhere.nearest(city.nodes[ring[exit_at]], 500)
            if street is None:
                continue
            ramp = {"highway": "motorway_link", "oneway": "yes", "maxspeed": "50"}
            city.ways.append(Way((ring[exit_at], street), ramp))
            city.ways.append(Way((street, ring[(exit_at + 2) % len(ring)]), ramp))


def _lay_outer_ring(city: City, everywhere: NearestPoint) -> None:
    ring = _circle(city, OUTER_RING_RADIUS_M, 300)
    _lay_loop(city, ring, {"highway": "trunk", "maxspeed": "90", "ref": "N104"})
    for node in ring[::9]:
        street = everywhere.nearest(city.nodes[node], 600)
        if street is not None:
            city.ways.append(Way((node, street), {"highway": "trunk_link", "maxspeed": "50"}))


def _lay_loop(city: City, ring: list[int], tags: Tags) -> None:
    for start, end in zip(ring, [*ring[1:], ring[0]], strict=True):
        crossing = _crosses(city, start, end)
        city.ways.append(Way((start, end), _bridge(tags) if crossing else tags))
