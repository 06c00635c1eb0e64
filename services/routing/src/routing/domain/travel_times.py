"""Exact shortest travel times in a road graph, by two engines that give the same integers.

The fast one is a customisable contraction hierarchy (RoutingKit, by `routingkit-cch`); the one
that is always there is SciPy's Dijkstra. On 58,000 nodes the first is 30 to 40 times faster.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from typing import Literal, Protocol

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from routing.domain.road_network import Arcs, Float64, Int32

Engine = Literal["cch", "dijkstra"]
UNREACHABLE = -1
_ROWS_AT_ONCE = 32
"""Dijkstra answers for every node of the graph: 32 rows of 500,000 nodes are 128 MB."""


class EngineError(RuntimeError):
    """The travel-time engine broke down on a query; the process goes on."""


@dataclass(frozen=True, slots=True)
class Path:
    """A shortest path: the seed it left from, the goal it reached, and the arcs between."""

    travel_ms: int
    nodes: list[int]
    arcs: list[int]


class TravelTimes(Protocol):
    """Answers shortest travel times; `UNREACHABLE` where no road leads.

    A seed (or goal) is a node with the milliseconds already spent before it (or still to spend
    after it); a negative number of milliseconds closes it.
    """

    def __call__(self, sources: Int32, targets: Int32) -> Int32:
        """Give `travel_ms[source, target]` between nodes."""
        ...

    def from_seeds(self, seeds: Int32, spent_ms: Int32, targets: Int32) -> Int32:
        """Give `travel_ms[row, target]` from the best of each row's seeds, shape (rows, k)."""
        ...

    def path(self, seeds: list[tuple[int, int]], goals: list[tuple[int, int]]) -> Path | None:
        """Find one shortest path from any seed to any goal, all (node, ms); None without a road."""
        ...


def travel_times(
    arcs: Arcs,
    order: Int32 | None = None,
    *,
    lon_lat: tuple[Float64, Float64] | None = None,
    engine: Engine | None = None,
) -> TravelTimes:
    """Build the engine for a graph.

    Parameters
    ----------
    order : the elimination order `elimination_order` gave, kept with the graph; else computed
    lon_lat : degrees of each node; without them the order is by degree, and queries are slower
    engine : force one; default the fast one where it is installed

    Raises
    ------
    ValueError : when an arc names a node that is not there, or a weight is negative.
    """
    for nodes in (arcs.tail, arcs.head):
        _check_nodes(nodes, arcs.n_nodes)
    if len(arcs.weight_ms) and arcs.weight_ms.min() < 0:
        raise ValueError("weight_ms must be 0 or more for every arc")
    if (engine or default_engine()) == "dijkstra" or not arcs.n_nodes:
        return DijkstraTimes(arcs)
    if order is None:
        order = elimination_order(arcs, lon_lat)
    return HierarchyTimes(arcs, order)


def default_engine() -> Engine:
    """Name the fast engine where its package is installed, else the one that always is."""
    return "dijkstra" if find_spec("routingkit_cch") is None else "cch"


def elimination_order(arcs: Arcs, lon_lat: tuple[Float64, Float64] | None) -> Int32:
    """Order the nodes for the hierarchy; it depends on the roads alone, not on the weights.

    Empty where the fast engine is not installed: no other engine needs it.
    """
    if default_engine() == "dijkstra" or not arcs.n_nodes:
        return np.zeros(0, dtype=np.int32)
    import routingkit_cch as cch

    tail, head = arcs.tail.tolist(), arcs.head.tolist()
    with _panics_contained():
        if lon_lat is None:
            order = cch.compute_order_degree(arcs.n_nodes, tail, head)
        else:
            lon, lat = lon_lat
            order = cch.compute_order_inertial(arcs.n_nodes, tail, head, lat.tolist(), lon.tolist())
    return np.asarray(order, dtype=np.int32)


class HierarchyTimes:
    """Travel times by a customisable contraction hierarchy.

    Query objects belong to one thread, so each call makes its own; the hierarchy is shared.
    """

    def __init__(self, arcs: Arcs, order: Int32) -> None:
        from routingkit_cch import CCH, CCHMetric

        self._n_nodes = arcs.n_nodes
        with _panics_contained():
            hierarchy = CCH(order.tolist(), arcs.tail.tolist(), arcs.head.tolist(), False)
            self._metric = CCHMetric(hierarchy, arcs.weight_ms.tolist())

    def __call__(self, sources: Int32, targets: Int32) -> Int32:
        """Give `travel_ms[source, target]` between nodes."""
        seeds = sources.reshape(-1, 1)
        return self.from_seeds(seeds, np.zeros_like(seeds), targets)

    def from_seeds(self, seeds: Int32, spent_ms: Int32, targets: Int32) -> Int32:
        """Give `travel_ms[row, target]` from the best of each row's seeds, shape (rows, k)."""
        from routingkit_cch import CCHOneToMany

        _check_nodes(seeds[spent_ms >= 0], self._n_nodes)
        _check_nodes(targets, self._n_nodes)
        travel_ms = np.full((len(seeds), len(targets)), UNREACHABLE, dtype=np.int32)
        if not travel_ms.size:
            return travel_ms
        pinned, column = np.unique(targets, return_inverse=True)
        with _panics_contained():
            query = CCHOneToMany(self._metric, pinned.tolist())
            for row, pairs in enumerate(_pairs(seeds, spent_ms)):
                if pairs:
                    # An unreachable target is None in the list, NaN as a float.
                    times = np.array(query.distances_from_multi(pairs), dtype=np.float64)
                    travel_ms[row] = _whole(times)[column]
        return travel_ms

    def path(self, seeds: list[tuple[int, int]], goals: list[tuple[int, int]]) -> Path | None:
        """Find one shortest path from any seed to any goal, all (node, ms); None without a road."""
        from routingkit_cch import CCHQuery

        seeds, goals = _open(seeds), _open(goals)
        _check_ends(seeds, goals, self._n_nodes)
        if not seeds or not goals:
            return None
        with _panics_contained():
            # The result borrows the query: both live and die in this call.
            found = CCHQuery(self._metric).run_multi(seeds, goals)
            if found.distance is None:
                return None
            return Path(found.distance, found.node_path, found.arc_path)


class DijkstraTimes:
    """Travel times by SciPy's Dijkstra: slower, always there, and the reference of the other."""

    def __init__(self, arcs: Arcs) -> None:
        # Of parallel arcs only the fastest counts; SciPy would add their weights up.
        by_pair = np.lexsort((arcs.weight_ms, arcs.head, arcs.tail))
        tail, head = arcs.tail[by_pair], arcs.head[by_pair]
        first = np.ones(len(by_pair), dtype=bool)
        first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
        self._arc = by_pair[first]
        self._n_nodes = arcs.n_nodes
        starts = np.searchsorted(tail[first], np.arange(arcs.n_nodes + 1)).astype(np.int32)
        weight = arcs.weight_ms[self._arc].astype(np.float64)
        shape = (arcs.n_nodes, arcs.n_nodes)
        self._graph = csr_array((weight, head[first], starts), shape=shape)

    def __call__(self, sources: Int32, targets: Int32) -> Int32:
        """Give `travel_ms[source, target]` between nodes."""
        seeds = sources.reshape(-1, 1)
        return self.from_seeds(seeds, np.zeros_like(seeds), targets)

    def from_seeds(self, seeds: Int32, spent_ms: Int32, targets: Int32) -> Int32:
        """Give `travel_ms[row, target]` from the best of each row's seeds, shape (rows, k)."""
        _check_nodes(seeds[spent_ms >= 0], self._n_nodes)
        _check_nodes(targets, self._n_nodes)
        travel_ms = np.full((len(seeds), len(targets)), UNREACHABLE, dtype=np.int32)
        if not travel_ms.size:
            return travel_ms
        for start in range(0, len(seeds), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            travel_ms[rows] = self._rows(seeds[rows], spent_ms[rows], targets)
        return travel_ms

    def _rows(self, seeds: Int32, spent_ms: Int32, targets: Int32) -> Int32:
        best = np.full((len(seeds), len(targets)), np.inf)
        for seed, spent in zip(seeds.T, spent_ms.T, strict=True):
            rows = np.flatnonzero(spent >= 0)
            if len(rows):
                times = dijkstra(self._graph, indices=seed[rows])[:, targets]
                best[rows] = np.minimum(best[rows], times + spent[rows, None])
        return _whole(best)

    def path(self, seeds: list[tuple[int, int]], goals: list[tuple[int, int]]) -> Path | None:
        """Find one shortest path from any seed to any goal, all (node, ms); None without a road."""
        seeds, goals = _open(seeds), _open(goals)
        _check_ends(seeds, goals, self._n_nodes)
        if not seeds or not goals:
            return None
        start, spent = np.array(seeds).T
        end, left = np.array(goals).T
        times, before = dijkstra(self._graph, indices=start, return_predecessors=True)
        total = times[:, end] + spent[:, None] + left
        row, column = np.unravel_index(np.argmin(total), total.shape)
        if np.isinf(total[row, column]):
            return None
        nodes = _walk_back(before[row], int(end[column]))
        return Path(int(total[row, column]), nodes, self._arcs_along(nodes))

    def _arcs_along(self, nodes: list[int]) -> list[int]:
        starts, heads = self._graph.indptr, self._graph.indices
        found: list[int] = []
        for tail, head in pairwise(nodes):
            low, high = int(starts[tail]), int(starts[tail + 1])
            found.append(int(self._arc[low + int(np.searchsorted(heads[low:high], head))]))
        return found


def _walk_back(before: Int32, node: int) -> list[int]:
    nodes = [node]
    while before[node] >= 0:
        node = int(before[node])
        nodes.append(node)
    return nodes[::-1]


def _whole(times: Float64) -> Int32:
    return np.where(np.isfinite(times), times, UNREACHABLE).astype(np.int32)


def _open(ends: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(node, spent) for node, spent in ends if spent >= 0]


def _pairs(seeds: Int32, spent_ms: Int32) -> Iterator[list[tuple[int, int]]]:
    for nodes, spent in zip(seeds.tolist(), spent_ms.tolist(), strict=True):
        yield _open(list(zip(nodes, spent, strict=True)))


def _check_ends(seeds: list[tuple[int, int]], goals: list[tuple[int, int]], n_nodes: int) -> None:
    _check_nodes(np.array([node for node, _ in seeds + goals], dtype=np.int32), n_nodes)


def _check_nodes(nodes: Int32, n_nodes: int) -> None:
    if len(nodes) and not (nodes.min() >= 0 and nodes.max() < n_nodes):
        raise ValueError(f"a node is not in the graph: give nodes from 0 to {n_nodes - 1}")


@contextmanager
def _panics_contained() -> Iterator[None]:
    """Turn a panic of the native engine, which no `except Exception` catches, into our error."""
    try:
        yield
    except BaseException as panic:
        if type(panic).__name__ != "PanicException":
            raise
        raise EngineError(f"the travel-time engine failed: {panic}") from panic
