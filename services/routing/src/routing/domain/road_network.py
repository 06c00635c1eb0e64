"""The road network as flat arrays: what an import makes and what every answer is computed from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

CLOSED = -1
"""Written in place of a travel time in a direction that may not be driven."""

NO_EDGE = -1
"""Written in place of an edge for an arc that only turns from one stretch of road into the next."""

EARTH_RADIUS_M = 6_371_008.8


@dataclass(frozen=True, slots=True)
class Arcs:
    """A directed graph: `tail[a] -> head[a]` takes `weight_ms[a]`.

    Parallel arcs and loops are allowed; weights are whole milliseconds >= 0, and no path may sum
    to 2**31 ms (24 days) or more.
    """

    n_nodes: int
    tail: Int32
    head: Int32
    weight_ms: Int32


@dataclass(frozen=True, slots=True)
class RoadNetwork:
    """Junctions and the stretches of road between them, for one way of travelling.

    An edge is one stretch of road, kept once even when it may be driven both ways: its geometry
    runs from `edge_from` to `edge_to`, and each direction has its own time, `CLOSED` when it may
    not be driven. Edge `e` has the points `geometry_offsets[e]` to `geometry_offsets[e + 1]` of
    `geometry_e7`. Coordinates are whole ten-millionths of a degree, as in OpenStreetMap.
    Visits are made from the edges that say `edge_may_stop`: no motorway, no tunnel.

    A junction where a turn is forbidden is split: it has several nodes at one place, of one
    `node_ref`, and the arcs `turn_tail -> turn_head`, which take no time, are the turns allowed
    there. So a direction is driven from `edge_forward_tail` to `edge_forward_head` (or
    `edge_backward_tail` to `edge_backward_head`), while `edge_from` and `edge_to` only say which
    junctions an edge joins; where nothing is split they are the same. The nodes of a closed
    direction mean nothing.

    `node_ref` and `edge_way` are numbers of the map: the node's (negative where a barrier cut the
    road), and one way of the edge's. `edge_name` and `edge_number` point into the texts of the
    graph (`RoadTexts`), -1 without; `edge_class` into `ROAD_CLASSES`.
    """

    node_lon_e7: Int32
    node_lat_e7: Int32
    node_ref: Int64
    edge_from: Int32
    edge_to: Int32
    edge_forward_ms: Int32
    edge_backward_ms: Int32
    edge_forward_tail: Int32
    edge_forward_head: Int32
    edge_backward_tail: Int32
    edge_backward_head: Int32
    turn_tail: Int32
    turn_head: Int32
    edge_length_dm: Int32
    edge_way: Int64
    edge_name: Int32
    edge_number: Int32
    edge_class: NDArray[np.uint8]
    edge_is_roundabout: Bool
    edge_may_stop: Bool
    geometry_offsets: Int32
    geometry_e7: Int32
    order: Int32

    @property
    def n_nodes(self) -> int:
        """Count the nodes: junctions, ends, and the parts of split junctions."""
        return len(self.node_lon_e7)

    @property
    def n_edges(self) -> int:
        """Count the stretches of road."""
        return len(self.edge_from)

    def arcs(self) -> tuple[Arcs, Int32, Bool]:
        """Give the drivable directions and the turns as arcs.

        Also the edge of each arc (`NO_EDGE` for a turn) and whether it runs back along it.
        """
        forward = np.flatnonzero(self.edge_forward_ms >= 0).astype(np.int32)
        backward = np.flatnonzero(self.edge_backward_ms >= 0).astype(np.int32)
        turns = np.zeros(len(self.turn_tail), dtype=np.int32)
        ahead, back = self.edge_forward_ms[forward], self.edge_backward_ms[backward]
        tails = self.edge_forward_tail[forward], self.edge_backward_tail[backward]
        heads = self.edge_forward_head[forward], self.edge_backward_head[backward]
        arcs = Arcs(
            n_nodes=self.n_nodes,
            tail=np.concatenate([*tails, self.turn_tail]),
            head=np.concatenate([*heads, self.turn_head]),
            weight_ms=np.concatenate([ahead, back, turns]),
        )
        counts = [len(forward), len(backward), len(turns)]
        edge = np.concatenate([forward, backward, turns + NO_EDGE])
        return arcs, edge, np.repeat([False, True, False], counts)

    def bbox(self) -> tuple[float, float, float, float]:
        """Give west, south, east, north in degrees."""
        west, south = degrees(self.geometry_e7.min(axis=0))
        east, north = degrees(self.geometry_e7.max(axis=0))
        return float(west), float(south), float(east), float(north)


def degrees(e7: Int32) -> Float64:
    """Turn whole ten-millionths of a degree into degrees."""
    return e7.astype(np.float64) / 1e7


def distance_m(lon: Float64, lat: Float64, to_lon: Float64, to_lat: Float64) -> Float64:
    """Measure along the great circle between points in degrees; the arrays broadcast."""
    half_lat = np.radians(to_lat - lat) / 2
    half_lon = np.radians(to_lon - lon) / 2
    parallels = np.cos(np.radians(lat)) * np.cos(np.radians(to_lat))
    chord = np.sin(half_lat) ** 2 + parallels * np.sin(half_lon) ** 2
    metres: Float64 = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
    return metres


def along_m(points: Sequence[tuple[float, float]]) -> float:
    """Add up the straight lines from point to point, in degrees."""
    lon, lat = np.array(points, np.float64).reshape(-1, 2).T
    return float(distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum())
