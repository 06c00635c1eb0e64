"""From the ways of a map to a road network: junctions, stretches, times, one connected piece."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from routing.domain.elimination_order import elimination_order
from routing.domain.road_chains import Stretches, merge_chains, stepped_ranges, sums_from
from routing.domain.road_errors import NoRoadError
from routing.domain.road_network import (
    CLOSED,
    Bool,
    Float64,
    Int32,
    Int64,
    RoadNetwork,
    degrees,
    distance_m,
)
from routing.domain.road_ways import IMPASSABLE, RoadWays
from routing.domain.turn_splits import DirectedEnds, split_turns

_PASSING_THROUGH = 2
"""Where just two stretches meet nobody turns."""


@dataclass(frozen=True, slots=True)
class BuiltNetwork:
    """A network, how much of the map's junctions its largest piece kept, and turn rules obeyed."""

    network: RoadNetwork
    component_share: float
    turn_rules: int


@dataclass(frozen=True, slots=True)
class _Piece:
    """The largest strongly connected piece: edges kept, directions open in it, its nodes."""

    kept: Int64
    travel_ms: Int32
    turns: Bool
    node_of: Int32
    share: float


def build_network(ways: RoadWays) -> BuiltNetwork:
    """Make the road network of a map's ways.

    Only junctions and ends become nodes; what lies between becomes geometry. Times are summed
    from each way's own speed before stretches are joined. Junctions with forbidden turns are
    split. Only the largest piece in which every place can be reached from every other is kept.

    Raises
    ------
    NoRoadError : when no stretch of road is left.
    """
    ways = _split_at_barriers(ways)
    ruled = np.array([rule.via for rule in ways.turn_rules], dtype=np.int64)
    stretches, refs = _cut_at_junctions(ways, ruled)
    stretches = merge_chains(stretches, np.flatnonzero(np.isin(refs, ruled)))
    if not len(stretches):
        raise NoRoadError(_no_road(ways))
    ends = split_turns(stretches, refs, ways.way_id, ways.turn_rules)
    piece = _largest_piece(stretches, ends, _travel_ms(stretches, ways.junction_delay_ms))
    if not ways.way_may_stop[stretches.start_way[piece.kept]].any():
        raise NoRoadError(_no_road(ways))
    network = _network(ways, stretches, ends, piece)
    return BuiltNetwork(_ordered(network), piece.share, ends.rules_applied)


def _network(
    ways: RoadWays, stretches: Stretches, ends: DirectedEnds, piece: _Piece
) -> RoadNetwork:
    """Write the piece kept as arrays, its nodes and edges numbered anew."""
    kept, node_of = piece.kept, piece.node_of
    point, offsets = _kept_points(stretches, kept)
    way = stretches.start_way[kept]
    node = np.flatnonzero(np.diff(node_of, prepend=-1))
    where = np.zeros((len(ends.place), 2), dtype=np.int32)
    for junction, at in ((stretches.start, offsets[:-1]), (stretches.end, offsets[1:] - 1)):
        at_point = point[at]
        where[junction[kept]] = np.column_stack(
            [ways.point_lon_e7[at_point], ways.point_lat_e7[at_point]]
        )
    # A closed direction may name nodes that are gone; any number will do for those.
    tail, head = np.maximum(node_of[ends.tail[kept]], 0), np.maximum(node_of[ends.head[kept]], 0)
    return RoadNetwork(
        node_lon_e7=where[ends.place[node], 0],
        node_lat_e7=where[ends.place[node], 1],
        node_ref=ends.ref[node],
        edge_from=node_of[stretches.start[kept]],
        edge_to=node_of[stretches.end[kept]],
        edge_forward_ms=piece.travel_ms[kept, 0],
        edge_backward_ms=piece.travel_ms[kept, 1],
        edge_forward_tail=tail[:, 0],
        edge_forward_head=head[:, 0],
        edge_backward_tail=tail[:, 1],
        edge_backward_head=head[:, 1],
        turn_tail=node_of[ends.turn_tail[piece.turns]],
        turn_head=node_of[ends.turn_head[piece.turns]],
        edge_length_dm=np.rint(stretches.length_m[kept] * 10).astype(np.int32),
        edge_way=ways.way_id[way],
        edge_name=ways.way_name[way],
        edge_number=ways.way_number[way],
        edge_class=ways.way_class[way],
        edge_is_roundabout=ways.way_is_roundabout[way],
        edge_may_stop=ways.way_may_stop[way],
        geometry_offsets=offsets.astype(np.int32),
        geometry_e7=np.column_stack([ways.point_lon_e7[point], ways.point_lat_e7[point]]),
        order=np.zeros(0, dtype=np.int32),
    )


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
        way_id=ways.way_id[way],
        way_forward_km_h=ways.way_forward_km_h[way],
        way_backward_km_h=ways.way_backward_km_h[way],
        way_name=ways.way_name[way],
        way_number=ways.way_number[way],
        way_class=ways.way_class[way],
        way_is_roundabout=ways.way_is_roundabout[way],
        way_may_stop=ways.way_may_stop[way],
    )


def _cut_at_junctions(ways: RoadWays, also: Int64) -> tuple[Stretches, Int64]:
    """Cut the ways at their ends, wherever two passages meet and at the nodes `also`.

    Adds up each way's times; gives the map's number of each node too.
    """
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
    cut = (passages[node] > 1) | way_ends[:-1] | way_ends[1:] | np.isin(refs, also)[node]
    opens = np.flatnonzero(cut[inside])
    first = inside[opens]
    last = np.append(inside[opens[1:] - 1], inside[-1:]) + 1
    segments_per_stretch = last - first
    stretches = Stretches(
        start=node[first],
        end=node[last],
        forward_s=sums_from(forward_s, opens),
        backward_s=sums_from(backward_s, opens),
        length_m=sums_from(length_m, opens),
        kind=ways.kinds()[way[first]],
        start_way=way[first],
        end_way=way[first],
        point=kept[stepped_ranges(first, segments_per_stretch + 1, np.ones_like(first))],
        offsets=np.concatenate([[0], np.cumsum(segments_per_stretch + 1)]),
    )
    return stretches, refs


def _segment_times(
    ways: RoadWays, kept: Int64, ref: Int64, inside: Int64
) -> tuple[Float64, Float64, Float64]:
    """Give metres, seconds ahead and seconds back from each point of `inside` to the next."""
    lon, lat = degrees(ways.point_lon_e7[kept]), degrees(ways.point_lat_e7[kept])
    length_m = distance_m(lon[inside], lat[inside], lon[inside + 1], lat[inside + 1])
    way = np.searchsorted(ways.way_offsets, kept[inside], side="right") - 1
    delay_s = _delays_s(ways, ref)
    forward_s = _driven_s(length_m, ways.way_forward_km_h[way]) + delay_s[inside + 1]
    backward_s = _driven_s(length_m, ways.way_backward_km_h[way]) + delay_s[inside]
    return length_m, forward_s, backward_s


def _driven_s(length_m: Float64, km_h: Float64) -> Float64:
    """Give the seconds to drive; `inf` where the direction is impassable."""
    spent_s = np.full(len(length_m), np.inf)
    np.divide(length_m, km_h / 3.6, out=spent_s, where=km_h > IMPASSABLE)
    return spent_s


def _delays_s(ways: RoadWays, ref: Int64) -> Float64:
    if not len(ways.delayed_ref):
        return np.zeros(len(ref))
    by_ref = np.argsort(ways.delayed_ref)
    delayed = ways.delayed_ref[by_ref]
    place = np.minimum(np.searchsorted(delayed, ref), len(delayed) - 1)
    found = ways.delay_ms[by_ref][place] / 1000
    return np.where(delayed[place] == ref, found, 0.0)


def _travel_ms(stretches: Stretches, junction_delay_ms: int) -> Int32:
    """Give whole milliseconds, shape (stretches, 2), with the delay of the junction arrived at."""
    n_nodes = int(max(stretches.start.max(), stretches.end.max())) + 1
    meeting = np.bincount(stretches.start, minlength=n_nodes)
    meeting += np.bincount(stretches.end, minlength=n_nodes)
    delay_ms = np.where(meeting > _PASSING_THROUGH, junction_delay_ms, 0)
    return np.column_stack(
        [
            _whole_ms(stretches.forward_s, delay_ms[stretches.end]),
            _whole_ms(stretches.backward_s, delay_ms[stretches.start]),
        ]
    )


def _whole_ms(seconds: Float64, delay_ms: Int64) -> Int32:
    is_open = np.isfinite(seconds)
    driven_ms = np.maximum(np.rint(np.where(is_open, seconds, 0) * 1000), 1)
    return np.where(is_open, driven_ms + delay_ms, CLOSED).astype(np.int32)


def _largest_piece(stretches: Stretches, ends: DirectedEnds, travel_ms: Int32) -> _Piece:
    """Find the directions inside the largest strongly connected piece, and close the others."""
    is_open = travel_ms >= 0
    tail = np.concatenate([ends.tail[is_open], ends.turn_tail])
    head = np.concatenate([ends.head[is_open], ends.turn_head])
    shape = (len(ends.place), len(ends.place))
    graph = csr_array((np.ones(len(tail), dtype=bool), (tail, head)), shape=shape)
    _, piece = connected_components(graph, directed=True, connection="strong")
    within = is_open & (piece[ends.tail] == piece[ends.head])
    # The largest is the one with the most road points, which joining stretches does not change.
    count = np.diff(stretches.offsets)
    directions, _ = np.nonzero(within)
    points = np.bincount(piece[ends.tail[within]], count[directions], minlength=1)
    inside = piece == np.argmax(points)
    stays = within & inside[ends.tail]
    kept = np.flatnonzero(stays.any(axis=1))
    turns = inside[ends.turn_tail] & inside[ends.turn_head]
    junctions = np.concatenate([stretches.start[kept], stretches.end[kept]])
    used = np.zeros(len(ends.place), dtype=bool)
    used[junctions] = used[ends.tail[stays]] = used[ends.head[stays]] = True
    used[ends.turn_tail[turns]] = used[ends.turn_head[turns]] = True
    met = np.unique(np.concatenate([stretches.start, stretches.end]))
    return _Piece(
        kept=kept,
        travel_ms=np.where(stays, travel_ms, CLOSED).astype(np.int32),
        turns=turns,
        node_of=(np.cumsum(used) - 1).astype(np.int32),
        share=len(np.unique(junctions)) / len(met),
    )


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
