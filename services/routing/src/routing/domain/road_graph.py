"""From the ways of a map to a road network: junctions, stretches, times, one connected piece."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from routing.domain.road_chains import Stretches, merge_chains, stepped_ranges, sums_from
from routing.domain.road_errors import NoRoadError
from routing.domain.road_network import CLOSED, Float64, Int32, RoadNetwork, degrees, distance_m
from routing.domain.speeds import JUNCTION_DELAY_MS
from routing.domain.travel_times import elimination_order

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

_PASSING_THROUGH = 2
"""Where just two stretches meet nobody turns."""


@dataclass(frozen=True, slots=True)
class RoadWays:
    """The drivable ways of a map, point after point, as read from a file.

    Way `w` has the points `way_offsets[w]:way_offsets[w + 1]`, at least two. A way that lost nodes
    is already cut there. `delayed_ref` are the map's ids of nodes that cost `delay_ms` to pass,
    `blocked_ref` those that cannot be passed.
    """

    point_ref: Int64
    point_lon_e7: Int32
    point_lat_e7: Int32
    way_offsets: Int32
    way_forward_km_h: Float64
    way_backward_km_h: Float64
    way_forward: Bool
    way_backward: Bool
    way_may_stop: Bool
    delayed_ref: Int64
    delay_ms: Int32
    blocked_ref: Int64
    missing_nodes: int = 0
    cut_ways: int = 0


@dataclass(frozen=True, slots=True)
class BuiltNetwork:
    """A network, and how much of the map's drivable nodes its largest piece kept."""

    network: RoadNetwork
    component_share: float


def build_network(ways: RoadWays) -> BuiltNetwork:
    """Make the road network of a map's ways.

    Only junctions and ends become nodes; what lies between becomes geometry. Times are summed
    from each way's own speed before stretches are joined. Only the largest piece in which every
    place can be reached from every other is kept.

    Raises
    ------
    NoRoadError : when no stretch of road is left.
    """
    ways = _split_at_barriers(ways)
    stretches = merge_chains(_cut_at_junctions(ways))
    if not len(stretches):
        raise NoRoadError(_no_road(ways))
    forward_ms, backward_ms = _arrival_delays(stretches)
    kept, node_of, share = _largest_piece(stretches, forward_ms, backward_ms)
    if not stretches.may_stop[kept].any():
        raise NoRoadError(_no_road(ways))
    point, offsets = _kept_points(stretches, kept)
    first, last = point[offsets[:-1]], point[offsets[1:] - 1]
    edge_from = node_of[stretches.start[kept]]
    edge_to = node_of[stretches.end[kept]]
    node_lon, node_lat = np.zeros((2, int(node_of.max()) + 1), dtype=np.int32)
    for node, at in ((edge_from, first), (edge_to, last)):
        node_lon[node], node_lat[node] = ways.point_lon_e7[at], ways.point_lat_e7[at]
    network = RoadNetwork(
        node_lon_e7=node_lon,
        node_lat_e7=node_lat,
        edge_from=edge_from,
        edge_to=edge_to,
        edge_forward_ms=forward_ms[kept],
        edge_backward_ms=backward_ms[kept],
        edge_length_dm=np.rint(stretches.length_m[kept] * 10).astype(np.int32),
        geometry_offsets=offsets.astype(np.int32),
        geometry_e7=np.column_stack([ways.point_lon_e7[point], ways.point_lat_e7[point]]),
        edge_may_stop=stretches.may_stop[kept],
        order=np.zeros(0, dtype=np.int32),
    )
    return BuiltNetwork(_ordered(network), share)


def _split_at_barriers(ways: RoadWays) -> RoadWays:
    """End the ways on both sides of each node that cannot be passed; each end becomes its own."""
    blocked = np.isin(ways.point_ref, ways.blocked_ref)
    if not blocked.any():
        return ways
    starts = np.zeros(len(blocked), dtype=bool)
    starts[ways.way_offsets[:-1]] = True
    is_end = starts.copy()
    is_end[ways.way_offsets[1:] - 1] = True
    # Inside a way the node is there twice: as the end of one part and the start of the next.
    place = np.repeat(np.arange(len(blocked)), 1 + (blocked & ~is_end))
    again = np.append(False, place[1:] == place[:-1])
    ref, alone = ways.point_ref[place], blocked[place]
    ref[alone] = min(int(ref.min()), 0) - 1 - np.arange(int(alone.sum()))
    begins = np.flatnonzero(again | starts[place])
    way = np.searchsorted(ways.way_offsets, place[begins], side="right") - 1
    return replace(
        ways,
        point_ref=ref,
        point_lon_e7=ways.point_lon_e7[place],
        point_lat_e7=ways.point_lat_e7[place],
        way_offsets=np.append(begins, len(place)).astype(np.int32),
        way_forward_km_h=ways.way_forward_km_h[way],
        way_backward_km_h=ways.way_backward_km_h[way],
        way_forward=ways.way_forward[way],
        way_backward=ways.way_backward[way],
        way_may_stop=ways.way_may_stop[way],
    )


def _cut_at_junctions(ways: RoadWays) -> Stretches:
    """Cut the ways at their ends and wherever two passages meet, adding up each way's times."""
    way = np.repeat(np.arange(len(ways.way_offsets) - 1), np.diff(ways.way_offsets))
    same_way = way[1:] == way[:-1]
    # A node written twice in a row is one point.
    is_new = np.ones(len(way), dtype=bool)
    is_new[1:] = ~same_way | (ways.point_ref[1:] != ways.point_ref[:-1])
    kept = np.flatnonzero(is_new)
    refs, node = np.unique(ways.point_ref[kept], return_inverse=True)
    way = way[kept]
    inside = np.flatnonzero(way[1:] == way[:-1])
    length_m, forward_s, backward_s = _segment_times(ways, kept, refs[node], inside)
    passages = np.bincount(node)
    way_ends = np.ones(len(way) + 1, dtype=bool)
    way_ends[1:-1] = way[1:] != way[:-1]
    cut = (passages[node] > 1) | way_ends[:-1] | way_ends[1:]
    opens = np.flatnonzero(cut[inside])
    first = inside[opens]
    last = np.append(inside[opens[1:] - 1], inside[-1:]) + 1
    segments_per_stretch = last - first
    return Stretches(
        start=node[first],
        end=node[last],
        forward_s=sums_from(forward_s, opens),
        backward_s=sums_from(backward_s, opens),
        length_m=sums_from(length_m, opens),
        may_stop=ways.way_may_stop[way[first]],
        point=kept[stepped_ranges(first, segments_per_stretch + 1, np.ones_like(first))],
        offsets=np.concatenate([[0], np.cumsum(segments_per_stretch + 1)]),
    )


def _segment_times(
    ways: RoadWays, kept: Int64, ref: Int64, inside: Int64
) -> tuple[Float64, Float64, Float64]:
    """Give metres, seconds ahead and seconds back from each point of `inside` to the next."""
    lon, lat = degrees(ways.point_lon_e7[kept]), degrees(ways.point_lat_e7[kept])
    length_m = distance_m(lon[inside], lat[inside], lon[inside + 1], lat[inside + 1])
    way = np.searchsorted(ways.way_offsets, kept[inside], side="right") - 1
    ahead_s = length_m / (ways.way_forward_km_h[way] / 3.6)
    back_s = length_m / (ways.way_backward_km_h[way] / 3.6)
    delay_s = _delays_s(ways, ref)
    forward_s = np.where(ways.way_forward[way], ahead_s + delay_s[inside + 1], np.inf)
    backward_s = np.where(ways.way_backward[way], back_s + delay_s[inside], np.inf)
    return length_m, forward_s, backward_s


def _delays_s(ways: RoadWays, ref: Int64) -> Float64:
    if not len(ways.delayed_ref):
        return np.zeros(len(ref))
    by_ref = np.argsort(ways.delayed_ref)
    delayed = ways.delayed_ref[by_ref]
    place = np.minimum(np.searchsorted(delayed, ref), len(delayed) - 1)
    found = ways.delay_ms[by_ref][place] / 1000
    return np.where(delayed[place] == ref, found, 0.0)


def _arrival_delays(stretches: Stretches) -> tuple[Int32, Int32]:
    """Give whole milliseconds ahead and back, with the delay of the junction arrived at."""
    n_nodes = int(max(stretches.start.max(), stretches.end.max())) + 1
    meeting = np.bincount(stretches.start, minlength=n_nodes)
    meeting += np.bincount(stretches.end, minlength=n_nodes)
    delay_ms = np.where(meeting > _PASSING_THROUGH, JUNCTION_DELAY_MS, 0)
    return (
        _whole_ms(stretches.forward_s, delay_ms[stretches.end]),
        _whole_ms(stretches.backward_s, delay_ms[stretches.start]),
    )


def _whole_ms(seconds: Float64, delay_ms: Int64) -> Int32:
    is_open = np.isfinite(seconds)
    driven_ms = np.maximum(np.rint(np.where(is_open, seconds, 0) * 1000), 1)
    return np.where(is_open, driven_ms + delay_ms, CLOSED).astype(np.int32)


def _largest_piece(
    stretches: Stretches, forward_ms: Int32, backward_ms: Int32
) -> tuple[Int64, Int32, float]:
    """Find the stretches inside the largest strongly connected piece.

    Returns
    -------
    The stretches kept, the new number of each old node, and the share of the nodes kept.
    """
    met, ends = np.unique(np.concatenate([stretches.start, stretches.end]), return_inverse=True)
    start, end = np.split(ends, 2)
    ahead, back = forward_ms >= 0, backward_ms >= 0
    tail = np.concatenate([start[ahead], end[back]])
    head = np.concatenate([end[ahead], start[back]])
    shape = (len(met), len(met))
    graph = csr_array((np.ones(len(tail), dtype=bool), (tail, head)), shape=shape)
    _, piece = connected_components(graph, directed=True, connection="strong")
    # The largest is the one with the most road points, which joining stretches does not change.
    within = (piece[start] == piece[end]) & (ahead | back)
    points = np.bincount(piece[start], np.diff(stretches.offsets) * within)
    largest = np.argmax(points)
    inside = piece == largest
    kept = np.flatnonzero(within & inside[start])
    used = np.zeros(int(met[-1]) + 1, dtype=bool)
    used[stretches.start[kept]] = used[stretches.end[kept]] = True
    return kept, (np.cumsum(used) - 1).astype(np.int32), float(inside.mean())


def _kept_points(stretches: Stretches, kept: Int64) -> tuple[Int64, Int64]:
    count = np.diff(stretches.offsets)[kept]
    places = stepped_ranges(stretches.offsets[kept], count, np.ones_like(kept))
    return stretches.point[places], np.concatenate([[0], np.cumsum(count)])


def _ordered(network: RoadNetwork) -> RoadNetwork:
    arcs, _, _ = network.arcs()
    order = elimination_order(arcs, (degrees(network.node_lon_e7), degrees(network.node_lat_e7)))
    return replace(network, order=order)


def _no_road(ways: RoadWays) -> str:
    hint = (
        f"; {ways.missing_nodes} nodes of its roads are missing: export the file again with "
        "complete ways, nodes before ways"
        if ways.missing_nodes
        else ""
    )
    return (
        "the file has no road a car may use and stop on: take an extract that holds the streets"
        f"{hint}"
    )
