"""Travel times by a customisable contraction hierarchy (RoutingKit, by `routingkit-cch`)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from routing.domain.road_network import Arcs, Int32
from routing.domain.travel_engine import (
    UNREACHABLE,
    End,
    Path,
    check_ends,
    check_nodes,
    check_weights,
    open_ends,
    panics_contained,
    whole_ms,
)

if TYPE_CHECKING:
    from routingkit_cch import CCH, CCHOneToMany

_ROWS_PER_THREAD = 64
"""Fewer rows than this are done before a second thread has begun."""

Ask = Callable[["CCHOneToMany", int], "list[int | None] | None"]
"""Answers one row to all targets; None for a row that leads nowhere."""


class HierarchyTimes:
    """Exact travel times; the hierarchy is built once and takes any weights.

    Query objects belong to one thread, so each call makes its own. The native part lets other
    threads run, so rows are spread over `threads`.
    """

    def __init__(self, arcs: Arcs, order: Int32, threads: int = 1) -> None:
        from routingkit_cch import CCH

        self._n_nodes = arcs.n_nodes
        self._threads = threads
        self._hierarchy = panics_contained(
            lambda: CCH(order.tolist(), arcs.tail.tolist(), arcs.head.tolist(), False)
        )
        self._weigh(self._hierarchy, arcs.weight_ms)

    def _weigh(self, hierarchy: "CCH", weight_ms: Int32) -> None:
        from routingkit_cch import CCHMetric

        self._metric = panics_contained(lambda: CCHMetric(hierarchy, weight_ms.tolist()))

    def reweighted(self, weight_ms: Int32) -> "HierarchyTimes":
        """Give the times of the same arcs under other weights, over the same hierarchy."""
        check_weights(weight_ms)
        other = object.__new__(HierarchyTimes)
        other._n_nodes, other._threads = self._n_nodes, self._threads
        other._hierarchy = self._hierarchy
        other._weigh(self._hierarchy, weight_ms)
        return other

    def __call__(self, sources: Int32, targets: Int32) -> Int32:
        """Give `travel_ms[source, target]` between nodes."""
        check_nodes(sources, self._n_nodes)
        nodes = sources.tolist()

        def ask(query: "CCHOneToMany", row: int) -> list[int | None]:
            return query.distances_from(nodes[row])

        return self._answered(len(nodes), targets, ask)

    def from_seeds(self, seeds: Int32, spent_ms: Int32, targets: Int32) -> Int32:
        """Give `travel_ms[row, target]` from the best of each row's seeds, shape (rows, k)."""
        check_nodes(seeds[spent_ms >= 0], self._n_nodes)
        ends = [
            open_ends(list(zip(nodes, spent, strict=True)))
            for nodes, spent in zip(seeds.tolist(), spent_ms.tolist(), strict=True)
        ]

        def ask(query: "CCHOneToMany", row: int) -> list[int | None] | None:
            return query.distances_from_multi(ends[row]) if ends[row] else None

        return self._answered(len(ends), targets, ask)

    def _answered(self, n_rows: int, targets: Int32, ask: Ask) -> Int32:
        """Ask for all rows, each thread for a share of them."""
        from routingkit_cch import CCHOneToMany

        check_nodes(targets, self._n_nodes)
        travel_ms = np.full((n_rows, len(targets)), UNREACHABLE, dtype=np.int32)
        pinned, column = np.unique(targets, return_inverse=True)
        wanted = pinned.tolist()

        def fill(rows: range) -> None:
            query = CCHOneToMany(self._metric, wanted)
            for row in rows:
                times = ask(query, row)
                if times is not None:
                    # An unreachable target is None in the list, NaN as a float.
                    travel_ms[row] = whole_ms(np.array(times, dtype=np.float64))[column]

        if travel_ms.size:
            self._spread(n_rows, fill)
        return travel_ms

    def _spread(self, n_rows: int, fill: Callable[[range], None]) -> None:
        threads = max(1, min(self._threads, n_rows // _ROWS_PER_THREAD))
        if threads == 1:
            panics_contained(lambda: fill(range(n_rows)))
            return
        shares = [range(first, n_rows, threads) for first in range(threads)]
        with ThreadPoolExecutor(threads) as pool:
            # Read to the end, so that a failure in one share is ours.
            list(pool.map(lambda rows: panics_contained(lambda: fill(rows)), shares))

    def path(self, seeds: list[End], goals: list[End]) -> Path | None:
        """Find one shortest path from any seed to any goal; None without a road."""
        from routingkit_cch import CCHQuery

        seeds, goals = open_ends(seeds), open_ends(goals)
        check_ends(seeds, goals, self._n_nodes)
        if not seeds or not goals:
            return None

        def find() -> Path | None:
            # The result borrows the query: both live and die in this call.
            found = CCHQuery(self._metric).run_multi(seeds, goals)
            if found.distance is None:
                return None
            return Path(found.distance, found.node_path, found.arc_path)

        return panics_contained(find)
