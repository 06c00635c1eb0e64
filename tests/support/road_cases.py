"""Road graphs as plain arrays for tests and benches: real cities, and one city nine times over."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

OSM = Path(__file__).parents[3] / "shared" / "data" / "osm"
_LINKS_PER_BORDER = 60
_LINK_MS = 30_000


@dataclass(frozen=True)
class RoadArrays:
    """A directed graph: arcs, whole milliseconds, and the degrees of its nodes."""

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    weight_ms: NDArray[np.int32]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]

    @property
    def n_nodes(self) -> int:
        """Count the nodes."""
        return len(self.lon)


def extract(name: str) -> Path:
    """Return a map file of the shared data; skip the test where it is not."""
    path = OSM / name
    if not path.exists():
        pytest.skip(f"{name} is not in {OSM}: copy the shared data there")
    return path


def heidelberg() -> RoadArrays:
    """Return the drivable roads of Heidelberg as osmnx reads them."""
    with np.load(extract("heidelberg_drive_csr.npz")) as data:
        lon, lat = data["xy"].T
        tail, head, weight = (data[name].astype(np.int32) for name in ("tail", "head", "w"))
    return RoadArrays(tail, head, weight, lon, lat)


def with_islands(roads: RoadArrays, share: float, seed: int = 3) -> RoadArrays:
    """Close a share of the arcs at random, so that some nodes cannot be reached."""
    kept = np.random.default_rng(seed).random(len(roads.tail)) > share
    return RoadArrays(
        roads.tail[kept], roads.head[kept], roads.weight_ms[kept], roads.lon, roads.lat
    )


def tiled(roads: RoadArrays, side: int) -> RoadArrays:
    """Lay a city out `side` times `side`, joined across each border by made-up links."""
    n = roads.n_nodes
    shift = 1.02 * np.array([np.ptp(roads.lon), np.ptp(roads.lat)])
    tiles = [(x, y) for y in range(side) for x in range(side)]
    links = [
        _links(roads, axis, (n * number, n * (number + step)))
        for number, (x, y) in enumerate(tiles)
        for axis, step, last in ((0, 1, x), (1, side, y))
        if last < side - 1
    ]
    tail, head = np.concatenate(links).T
    numbers = range(len(tiles))
    return RoadArrays(
        np.concatenate([*(roads.tail + n * t for t in numbers), tail, head]).astype(np.int32),
        np.concatenate([*(roads.head + n * t for t in numbers), head, tail]).astype(np.int32),
        np.concatenate(
            [np.tile(roads.weight_ms, len(tiles)), np.full(2 * len(tail), _LINK_MS)]
        ).astype(np.int32),
        np.concatenate([roads.lon + x * shift[0] for x, _ in tiles]),
        np.concatenate([roads.lat + y * shift[1] for _, y in tiles]),
    )


def _links(roads: RoadArrays, axis: int, first: tuple[int, int]) -> NDArray[np.int64]:
    """Pair the nodes nearest to a border, in their order along it."""
    across, along = (roads.lon, roads.lat)[:: 1 if axis == 0 else -1]
    ranked = np.argsort(across)
    one, other = ranked[-_LINKS_PER_BORDER:], ranked[:_LINKS_PER_BORDER]
    pairs = [nodes[np.argsort(along[nodes])] for nodes in (one, other)]
    return np.stack([pairs[0] + first[0], pairs[1] + first[1]], axis=1)
