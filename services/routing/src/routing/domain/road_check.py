"""A last look at a road network before it serves."""

from dataclasses import dataclass

import numpy as np

from routing.domain.road_network import RoadNetwork
from routing.domain.travel_times import travel_times

SAMPLE = 30
"""Junctions between which all travel times are compared: 900 pairs, a tenth of a second."""


KEPT_AT_LEAST = 0.8
"""A map of the same land may lose a fifth of its junctions between versions: cleaning does that. A
file cut short loses nearly all: of a town's 7,190 junctions one such cut left 334."""


class NetworkUnsoundError(Exception):
    """A network does not give the times it must; it never becomes active."""


class GraphShrunkError(Exception):
    """A version has much less than the one it would replace; it becomes active only if asked to."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much a graph holds, and where: west, south, east, north in degrees."""

    junctions: int
    component_share: float
    bbox: tuple[float, float, float, float]


def check_network(network: RoadNetwork) -> None:
    """Compare the default engine with the exact one, from and to junctions across the network.

    Raises
    ------
    NetworkUnsoundError : when they differ, or a junction cannot be reached.
    """
    arcs, _, _ = network.arcs()
    spread = np.linspace(0, network.n_nodes - 1, min(SAMPLE, network.n_nodes))
    sample = np.unique(spread.astype(np.int32))
    order = network.order if len(network.order) else None
    served = travel_times(arcs, order)(sample, sample)
    exact = travel_times(arcs, engine="dijkstra")(sample, sample)
    if (exact < 0).any() or not np.array_equal(served, exact):
        raise NetworkUnsoundError(
            "the road network built from this file does not hold together; the graph before it "
            "stays in use: report the file"
        )


def check_succession(served: Extent, new: Extent) -> None:
    """Compare a new version with the one that serves; another city's may be of any size.

    A map file cut between two of its blocks reads to its end like a whole one, so only what is
    missing gives it away.

    Raises
    ------
    GraphShrunkError : when the new one covers the same land with much less.
    """
    if not _overlap(served.bbox, new.bbox):
        return
    if new.junctions < KEPT_AT_LEAST * served.junctions:
        lack = f"{new.junctions:,} junctions where the graph in use has {served.junctions:,}"
    elif new.component_share < KEPT_AT_LEAST * served.component_share:
        lack = (
            f"pieces: {100 * new.component_share:.0f} % of the junctions hang together, "
            f"against {100 * served.component_share:.0f} % of the graph in use"
        )
    else:
        return
    raise GraphShrunkError(
        f"the map gives {lack}: it looks cut short or wrong, and the graph in use stays; download "
        "the file again, or ask with replace=true if less is meant"
    )


def _overlap(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    meet_lon = one[0] <= other[2] and other[0] <= one[2]
    return meet_lon and one[1] <= other[3] and other[1] <= one[3]
