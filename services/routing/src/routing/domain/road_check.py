"""A last look at a road network before it serves."""

import numpy as np

from routing.domain.road_network import RoadNetwork
from routing.domain.travel_times import travel_times

SAMPLE = 30
"""Junctions between which all travel times are compared: 900 pairs, a tenth of a second."""


class NetworkUnsoundError(Exception):
    """A network does not give the times it must; it never becomes active."""


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
