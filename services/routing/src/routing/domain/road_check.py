"""A last look at a road network before it serves."""

from dataclasses import dataclass

import numpy as np

from routing.domain.road_network import NO_EDGE, Float64, RoadNetwork, degrees
from routing.domain.roads import Roads
from routing.domain.travel_times import travel_times

SAMPLE = 30
"""Junctions between which all travel times are compared: 900 pairs, a tenth of a second."""


KEPT_AT_LEAST = 0.8
"""A map of the same land may lose a fifth of its junctions between versions: cleaning does that. A
file cut short loses nearly all: of a town's 7,190 junctions one such cut left 334."""


FEW_RULES = 20
"""With fewer turn restrictions than this, losing some is the map's everyday change."""

PAIRS = 100
"""Journeys compared between a version and the one it would replace."""

CHANGED_BY = 0.25
"""A journey has changed when it takes a quarter more or less, and by more than `NOTICED_S`."""

NOTICED_S = 60

CHANGED_AT_MOST = 0.25
"""A map of the same land changes few journeys; many changed ones are a broken map or wrong law."""


class NetworkUnsoundError(Exception):
    """A network does not give the times it must; it never becomes active."""


class GraphRefusedError(Exception):
    """A version is sound and yet may not follow the one in use; it does only if asked to."""


class GraphShrunkError(GraphRefusedError):
    """A version has much less than the one it would replace."""


class GraphChangedError(GraphRefusedError):
    """A version gives other times than the one it would replace."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much a graph holds, and where: west, south, east, north in degrees."""

    junctions: int
    component_share: float
    bbox: tuple[float, float, float, float]
    turn_rules: int = 0


def check_network(network: RoadNetwork) -> None:
    """Compare the default engine with the exact one, from and to junctions across the network.

    Raises
    ------
    NetworkUnsoundError : when they differ, or a junction cannot be reached.
    """
    arcs, edge, _ = network.arcs()
    # A split junction's own node may be out of use: only ends of directions must hold together.
    on_road = edge != NO_EDGE
    ends = np.unique(np.concatenate([arcs.tail[on_road], arcs.head[on_road]]))
    spread = np.linspace(0, len(ends) - 1, min(SAMPLE, len(ends)))
    sample = ends[np.unique(spread.astype(np.int32))]
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
    elif new.turn_rules < KEPT_AT_LEAST * served.turn_rules and served.turn_rules >= FEW_RULES:
        lack = f"{new.turn_rules} turn restrictions where the graph in use has {served.turn_rules}"
    else:
        return
    raise GraphShrunkError(
        f"the map gives {lack}: it looks cut short or wrong, and the graph in use stays; download "
        "the file again, or ask with replace=true if less is meant"
    )


def check_journeys(served: Roads, new: Roads, positions: Float64) -> float:
    """Compare journeys on a new version with those on the one that serves.

    Parameters
    ----------
    positions : longitude and latitude of both ends of each journey, shape (journeys, 2, 2)

    Returns
    -------
    The share that changed: that take a quarter more or less, or are no longer possible.

    Raises
    ------
    GraphChangedError : when more than a quarter did.
    """
    changed = 0
    for ends in positions:
        before, after = (int(roads.matrix(*ends.T)[0][0, 1]) for roads in (served, new))
        if before < 0:
            continue
        differs = abs(after - before) > max(CHANGED_BY * before, NOTICED_S)
        changed += after < 0 or differs
    share = changed / len(positions) if len(positions) else 0.0
    if share > CHANGED_AT_MOST:
        raise GraphChangedError(
            f"{changed} of {len(positions)} sampled journeys take a quarter more or less than on "
            "the graph in use, or are no longer possible: the graph in use stays; look whether the "
            "file and the country are right, or ask with replace=true if this is meant"
        )
    return share


def sampled_journeys(served: RoadNetwork, new: RoadNetwork) -> Float64:
    """Choose journeys of the network that serves whose ends lie where both are; always the same."""
    west, south, east, north = new.bbox()
    places = np.unique(served.edge_from[served.edge_may_stop])
    lon, lat = degrees(served.node_lon_e7[places]), degrees(served.node_lat_e7[places])
    shared = (west <= lon) & (lon <= east) & (south <= lat) & (lat <= north)
    here = np.column_stack([lon, lat])[shared]
    if len(here) <= 1:
        return np.zeros((0, 2, 2))
    rows = np.random.default_rng(1).integers(0, len(here), (PAIRS, 2))
    return here[rows]


def _overlap(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    meet_lon = one[0] <= other[2] and other[0] <= one[2]
    return meet_lon and one[1] <= other[3] and other[1] <= one[3]
