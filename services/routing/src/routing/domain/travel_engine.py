"""What an engine of travel times is asked, and what both engines check and write alike."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import numpy as np

from routing.domain.road_network import Float64, Int32

EngineName = Literal["cch", "dijkstra"]
UNREACHABLE = -1

End = tuple[int, int]
"""A node, and the milliseconds already spent before it or still to spend after it."""


Answer = TypeVar("Answer")


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
    after it); a negative number of milliseconds closes it. May be shared by threads.
    """

    def __call__(self, sources: Int32, targets: Int32) -> Int32:
        """Give `travel_ms[source, target]` between nodes."""
        ...

    def from_seeds(self, seeds: Int32, spent_ms: Int32, targets: Int32) -> Int32:
        """Give `travel_ms[row, target]` from the best of each row's seeds, shape (rows, k)."""
        ...

    def path(self, seeds: list[End], goals: list[End]) -> Path | None:
        """Find one shortest path from any seed to any goal; None without a road."""
        ...

    def reweighted(self, weight_ms: Int32) -> "TravelTimes":
        """Give the times of the same arcs under other weights; what depends on none is shared."""
        ...


def whole_ms(times: Float64) -> Int32:
    """Write times as integers; what is not finite is unreachable."""
    return np.where(np.isfinite(times), times, UNREACHABLE).astype(np.int32)


def open_ends(ends: list[End]) -> list[End]:
    """Leave the closed ends out."""
    return [(node, spent) for node, spent in ends if spent >= 0]


def check_ends(seeds: list[End], goals: list[End], n_nodes: int) -> None:
    """Check the nodes of both ends of a path.

    Raises
    ------
    ValueError : when a node is not in the graph.
    """
    check_nodes(np.array([node for node, _ in seeds + goals], dtype=np.int32), n_nodes)


def check_nodes(nodes: Int32, n_nodes: int) -> None:
    """Check that nodes are in the graph.

    Raises
    ------
    ValueError : when one is not.
    """
    if len(nodes) and not (nodes.min() >= 0 and nodes.max() < n_nodes):
        raise ValueError(f"a node is not in the graph: give nodes from 0 to {n_nodes - 1}")


def check_weights(weight_ms: Int32) -> None:
    """Check the weights of arcs.

    Raises
    ------
    ValueError : when one is negative.
    """
    if len(weight_ms) and weight_ms.min() < 0:
        raise ValueError("weight_ms must be 0 or more for every arc")


def panics_contained(call: Callable[[], Answer]) -> Answer:
    """Call the native engine; its panic, which no `except Exception` catches, becomes our error.

    Raises
    ------
    EngineError : when the native engine panics.
    """
    try:
        return call()
    except BaseException as panic:
        if type(panic).__name__ != "PanicException":
            raise
        # Without its traceback: that would carry native objects out of the thread they belong to.
        failure = EngineError(f"the travel-time engine failed: {panic}")
        raise failure from panic.with_traceback(None)
