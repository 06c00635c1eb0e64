"""Road networks drawn in a test: straight edges between places, and nothing else known of them."""

import numpy as np

from routing.domain.road_network import RoadNetwork, degrees, distance_m


def int32(values):
    """Make the arrays networks are of."""
    return np.array(values, dtype=np.int32)


def drawn_network(lon_e7, lat_e7, edges, **changes):
    """Join nodes by straight edges (from, to, ms ahead, ms back); no junction is split."""
    lon, lat = int32(lon_e7), int32(lat_e7)
    start, end, ahead, back = int32(edges).reshape(-1, 4).T
    n = len(start)
    ends = np.stack([np.column_stack([lon[at], lat[at]]) for at in (start, end)], axis=1)
    metres = distance_m(
        degrees(lon[start]), degrees(lat[start]), degrees(lon[end]), degrees(lat[end])
    )
    told = {
        "node_lon_e7": lon,
        "node_lat_e7": lat,
        "node_ref": np.arange(len(lon), dtype=np.int64),
        "edge_from": start,
        "edge_to": end,
        "edge_forward_ms": ahead,
        "edge_backward_ms": back,
        "edge_forward_tail": start,
        "edge_forward_head": end,
        "edge_backward_tail": end,
        "edge_backward_head": start,
        "turn_tail": int32([]),
        "turn_head": int32([]),
        "edge_length_dm": np.rint(metres * 10).astype(np.int32),
        "edge_way": np.arange(n, dtype=np.int64),
        "edge_name": int32([-1] * n),
        "edge_number": int32([-1] * n),
        "edge_class": np.zeros(n, dtype=np.uint8),
        "edge_is_roundabout": np.zeros(n, dtype=bool),
        "edge_may_stop": np.ones(n, dtype=bool),
        "geometry_offsets": int32(range(0, 2 * n + 1, 2)),
        "geometry_e7": ends.reshape(-1, 2).astype(np.int32),
        "order": int32([]),
    }
    return RoadNetwork(**{**told, **changes})
