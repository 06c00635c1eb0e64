"""The road network as flat arrays: what an import makes and what every answer is computed from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Float64 = NDArray[np.float64]
Bool = NDArray[np.bool_]

CLOSED = -1
"""Written in place of a travel time in a direction that may not be driven."""

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
    """Junctions and the stretches of road between them.

    An edge is one stretch of road, kept once even when it may be driven both ways: its geometry
    runs from `edge_from` to `edge_to`, and each direction has its own time, `CLOSED` when it may
    not be driven. Edge `e` has the points `geometry_offsets[e]` to `geometry_offsets[e + 1]` of
    `geometry_e7`. Coordinates are whole ten-millionths of a degree, as in OpenStreetMap.
    Visits are made from the edges that say `edge_may_stop`: no motorway, no tunnel.
    """

    node_lon_e7: Int32
    node_lat_e7: Int32
    edge_from: Int32
    edge_to: Int32
    edge_forward_ms: Int32
    edge_backward_ms: Int32
    edge_length_dm: Int32
    geometry_offsets: Int32
    geometry_e7: Int32
    edge_may_stop: Bool
    order: Int32

    @property
    def n_nodes(self) -> int:
        """Count the junctions and ends."""
        return len(self.node_lon_e7)

    @property
    def n_edges(self) -> int:
        """Count the stretches of road."""
        return len(self.edge_from)

    def arcs(self) -> tuple[Arcs, Int32, Bool]:
        """Give the drivable directions as arcs, with the edge of each and whether it runs back."""
        forward = np.flatnonzero(self.edge_forward_ms >= 0).astype(np.int32)
        backward = np.flatnonzero(self.edge_backward_ms >= 0).astype(np.int32)
        arcs = Arcs(
            n_nodes=self.n_nodes,
            tail=np.concatenate([self.edge_from[forward], self.edge_to[backward]]),
            head=np.concatenate([self.edge_to[forward], self.edge_from[backward]]),
            weight_ms=np.concatenate(
                [self.edge_forward_ms[forward], self.edge_backward_ms[backward]]
            ),
        )
        runs_back = np.repeat([False, True], [len(forward), len(backward)])
        return arcs, np.concatenate([forward, backward]), runs_back

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
