"""A network that does not hold together never serves."""

from dataclasses import replace

import numpy as np
import pytest

from routing.domain.road_check import NetworkUnsoundError, check_network
from routing.domain.road_network import RoadNetwork


def int32(*values):
    return np.array(values, dtype=np.int32)


STREET = RoadNetwork(
    node_lon_e7=int32(0, 10_000),
    node_lat_e7=int32(0, 0),
    edge_from=int32(0),
    edge_to=int32(1),
    edge_forward_ms=int32(1000),
    edge_backward_ms=int32(1000),
    edge_length_dm=int32(1113),
    geometry_offsets=int32(0, 2),
    geometry_e7=int32(0, 0, 10_000, 0).reshape(2, 2),
    order=int32(0, 1),
)


def test_a_sound_network_passes_with_and_without_an_order():
    check_network(STREET)
    check_network(replace(STREET, order=int32()))


def test_a_network_one_cannot_come_back_from_is_refused():
    with pytest.raises(NetworkUnsoundError, match="the graph before it stays in use"):
        check_network(replace(STREET, edge_backward_ms=int32(-1)))
