"""Travel times by SciPy's Dijkstra: slower, always there, and the reference of the fast engine."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from routing.domain.road_network import Arcs, Int32
from routing.domain.travel_engine import (
    UNREACHABLE,
    End,
    Path,
    check_ends,
    check_nodes,
    check_weights,
    open_ends,
    whole_ms,
)

_ROWS_AT_ONCE = 32
"""Dijkstra answers for every node of the graph: 32 rows of 500,000 nodes are 128 MB."""


class DijkstraTimes:
    """Exact travel times, one search over the whole graph for each source."""

    def __init__(self, arcs: Arcs) -> None:
        # Of parallel arcs only the fastest counts; SciPy would add their weights up.
        by_pair = np.lexsort((arcs.weight_ms, arcs.head, arcs.tail))
        tail, head = arcs.tail[by_pair], arcs.head[by_pair]
        first = np.ones(len(by_pair), dtype=bool)
        first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
        self._arcs = arcs
        self._arc = by_pair[first]
        self._n_nodes = arcs.n_nodes
        starts = np.searchsorted(tail[first], np.arange(arcs.n_nodes + 1)).astype(np.int32)
        weight = arcs.weight_ms[self._arc].astype(np.float64)
        shape = (arcs.n_nodes, arcs.n_nodes)
        self._graph = csr_array((weight, head[first], starts), shape=shape)

    def reweighted(self, weight_ms: Int32) -> "DijkstraTimes":
        """Give the times of the same arcs under other weights."""
        check_weights(weight_ms)
        return DijkstraTimes(replace(self._arcs, weight_ms=weight_ms))

    def __call__(self, sources: Int32, targets: Int32) -> Int32:
        """Give `travel_ms[source, target]` between nodes."""
        seeds = sources.reshape(-1, 1)
        return self.from_seeds(seeds, np.zeros_like(seeds), targets)

    def from_seeds(self, seeds: Int32, spent_ms: Int32, targets: Int32) -> Int32:
        """Give `travel_ms[row, target]` from the best of each row's seeds, shape (rows, k)."""
        check_nodes(seeds[spent_ms >= 0], self._n_nodes)
        check_nodes(targets, self._n_nodes)
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
        return whole_ms(best)

    def path(self, seeds: list[End], goals: list[End]) -> Path | None:
        """Find one shortest path from any seed to any goal; None without a road."""
        seeds, goals = open_ends(seeds), open_ends(goals)
        check_ends(seeds, goals, self._n_nodes)
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
