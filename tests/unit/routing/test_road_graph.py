"""From ways to a network: what is cut, joined, timed and kept."""

from dataclasses import replace
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from drawn_ways import JUNCTION_DELAY_MS, KM_H, STEP_E7, road_ways
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.domain.road_errors import NoRoadError
from routing.domain.road_graph import build_network
from routing.domain.road_network import distance_m
from routing.domain.travel_times import travel_times


def built(*args, **kwargs):
    return build_network(road_ways(*args, **kwargs)).network


def node_at(network, ref):
    """Find a network's node by where it stands."""
    here = (network.node_lon_e7 == ref % 10 * STEP_E7) & (
        network.node_lat_e7 == ref // 10 * STEP_E7
    )
    (node,) = np.flatnonzero(here)
    return int(node)


def time_between(network, start, end):
    arcs, _, _ = network.arcs()
    ends = [np.array([node_at(network, ref)], dtype=np.int32) for ref in (start, end)]
    return int(travel_times(arcs, engine="dijkstra")(*ends)[0, 0])


def drive_ms(*refs):
    lon = np.array([ref % 10 for ref in refs]) / 1000
    lat = np.array([ref // 10 for ref in refs]) / 1000
    metres = distance_m(lon[:-1], lat[:-1], lon[1:], lat[1:]).sum()
    return float(metres) / (KM_H / 3.6) * 1000


def test_only_ends_and_junctions_become_nodes_and_the_rest_is_geometry():
    network = built([[0, 1, 2, 3, 4], [2, 12, 22]])
    assert network.n_nodes == 4
    assert network.n_edges == 3
    assert np.diff(network.geometry_offsets).tolist() == [3, 3, 3]
    assert network.edge_length_dm.sum() == pytest.approx(6 * 1112, abs=3)


def test_ways_that_follow_each_other_become_one_stretch_in_any_drawing_direction():
    network = built([[0, 1], [2, 1], [2, 3], [4, 3]])
    assert network.n_edges == 1
    assert network.n_nodes == 2
    lon = network.geometry_e7[:, 0].tolist()
    assert lon in ([0, 10000, 20000, 30000, 40000], [40000, 30000, 20000, 10000, 0])


def test_a_oneway_that_continues_a_two_way_street_is_not_joined_to_it():
    network = built([[0, 1], [1, 2], [2, 12, 11, 1]], [0, 1, 1])
    # The loop 1-2-12-11-1 may be driven round only.
    assert network.n_nodes == 2
    assert sorted(network.edge_backward_ms >= 0) == [False, True]


def test_a_tunnel_is_not_joined_to_the_street_that_leads_into_it():
    network = built([[0, 1], [1, 2], [2, 3]], tunnels={1})
    assert network.n_edges == 3
    (inside,) = np.flatnonzero(~network.edge_may_stop)
    ends = sorted((network.edge_from[inside], network.edge_to[inside]))
    assert network.node_lon_e7[ends].tolist() in ([10_000, 20_000], [20_000, 10_000])


def test_streets_that_follow_each_other_are_joined_only_while_they_have_one_name():
    ways = [[0, 1], [1, 2], [2, 3]]
    assert built(ways, names={0: 5, 1: 5, 2: 5}).edge_name.tolist() == [5]
    assert sorted(built(ways, names={0: 5, 1: 5, 2: 6}).edge_name.tolist()) == [5, 6]


def test_a_street_cut_by_a_bollard_is_driven_on_both_sides_and_not_through():
    square = [[0, 1, 2, 3], [3, 13, 23, 22, 21, 20, 10, 0]]
    assert built(square).n_nodes == 1
    network = built(square, blocked=[2])
    # One stretch, from the bollard all the way round to its other side.
    assert (network.n_edges, network.n_nodes) == (1, 2)
    assert network.node_lon_e7.tolist() == [20_000, 20_000]
    assert network.edge_length_dm.sum() == pytest.approx(10 * 1112, abs=3)


def test_a_bollard_at_a_crossing_closes_every_arm_of_it():
    ways = [[0, 1, 2], [1, 11], [0, 10, 11, 12, 2]]
    assert built(ways).n_nodes == 2
    network = built(ways, blocked=[1])
    assert sorted(np.bincount(np.concatenate([network.edge_from, network.edge_to]))) == [1, 1, 1, 3]


def test_bollards_at_the_ends_of_ways_and_next_to_each_other_leave_the_rest_as_it_is():
    network = built([[0, 1, 2, 3], [3, 4, 5], [5, 6, 7, 8, 9]], blocked=[1, 2, 3, 9, 77])
    assert network.edge_length_dm.tolist() == [pytest.approx(6 * 1112, abs=3)]


def test_speeds_of_the_two_directions_are_kept_apart():
    ways = replace(road_ways([[0, 1]]), way_backward_km_h=np.array([KM_H / 2]))
    network = build_network(ways).network
    there, back = time_between(network, 0, 1), time_between(network, 1, 0)
    assert back == pytest.approx(2 * there, abs=1)


def test_a_map_without_a_road_to_stop_on_is_refused():
    with pytest.raises(NoRoadError, match="take an extract that holds the streets"):
        build_network(road_ways([[0, 1, 2]], tunnels={0}))


def test_two_oneways_that_end_in_one_place_are_no_way_through():
    network = built([[0, 1], [2, 1], [0, 10, 11, 12, 2]], [1, 1, 0])
    assert network.n_edges == 1
    assert network.edge_length_dm.tolist() == [pytest.approx(4 * 1112, abs=3)]


def test_a_ring_of_ways_without_a_junction_is_one_stretch():
    network = built([[0, 1], [1, 11], [11, 10], [10, 0]])
    assert network.n_edges == 1
    assert network.n_nodes == 1
    assert network.edge_from.tolist() == network.edge_to.tolist()


def test_the_time_of_a_stretch_is_the_sum_of_its_ways_and_its_junction():
    network = built([[0, 1, 2], [2, 3], [2, 12]])
    arriving = drive_ms(0, 1, 2) + JUNCTION_DELAY_MS
    assert time_between(network, 0, 2) == pytest.approx(arriving, abs=1)
    assert time_between(network, 2, 0) == pytest.approx(drive_ms(0, 1, 2), abs=1)


def test_a_traffic_light_delays_each_direction_once_wherever_it_stands():
    ways = [[0, 1, 2], [2, 3], [2, 12]]
    plain = built(ways)
    for light in (1, 2):
        lit = built(ways, delays={light: 4000, 99: 9000})
        assert time_between(lit, 0, 3) - time_between(plain, 0, 3) == 4000
        assert time_between(lit, 3, 0) - time_between(plain, 3, 0) == 4000


def test_a_node_written_twice_in_a_row_changes_nothing():
    network = built([[0, 1, 1, 2], [2, 2]])
    assert network.n_edges == 1
    assert len(network.geometry_e7) == 3


def test_only_the_largest_piece_where_all_can_be_reached_is_kept():
    result = build_network(road_ways([[0, 1, 2], [1, 11], [77, 78], [2, 3]], [0, 0, 0, 1]))
    # The island 77-78 goes, and so does 3, which can be entered and never left.
    assert result.network.n_nodes == 4
    assert result.component_share == pytest.approx(4 / 7)
    with pytest.raises(ValueError, match="unpack"):
        node_at(result.network, 3)


def test_the_corners_of_the_network_are_told():
    assert built([[11, 12, 22]]).bbox() == pytest.approx((0.001, 0.001, 0.002, 0.002))


@pytest.mark.parametrize(
    ("ways", "oneways"),
    [([], None), ([[5, 5]], None), ([[0, 1, 2]], [1])],
)
def test_a_map_without_a_road_to_drive_and_return_is_refused(ways, oneways):
    with pytest.raises(NoRoadError, match=r"take an extract that holds the streets$"):
        build_network(road_ways(ways, oneways))


def test_the_refusal_tells_of_the_nodes_that_are_missing():
    with pytest.raises(NoRoadError, match="7 nodes of its roads are missing"):
        build_network(road_ways([], missing_nodes=7))


WALKS = st.lists(
    st.tuples(
        st.lists(st.integers(0, 29), min_size=2, max_size=6, unique=True),
        st.sampled_from([0, 0, 1, -1]),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(WALKS)
def test_simplifying_changes_no_travel_time(drawn):
    ways, oneways = [way for way, _ in drawn], [oneway for _, oneway in drawn]
    whole = nx.DiGraph()
    for way, oneway in drawn:
        for tail, head in pairwise(way):
            for start, end, is_open in ((tail, head, oneway >= 0), (head, tail, oneway <= 0)):
                if is_open:
                    whole.add_edge(start, end, weight=drive_ms(start, end))
    try:
        network = built(ways, oneways)
    except NoRoadError:
        pieces = map(len, nx.strongly_connected_components(whole))
        assert max(pieces) == 1
        return
    lon, lat = network.node_lon_e7 // STEP_E7, network.node_lat_e7 // STEP_E7
    refs = (lon + 10 * lat).tolist()
    arcs, _, _ = network.arcs()
    nodes = np.arange(network.n_nodes, dtype=np.int32)
    meeting = np.bincount(np.concatenate([network.edge_from, network.edge_to]))
    times = travel_times(arcs, network.order)(nodes, nodes)
    for start, ref in enumerate(refs):
        expected = nx.single_source_dijkstra_path_length(whole, ref)
        for end, other in enumerate(refs):
            # Each stretch is rounded to a millisecond and may add the delay of a junction.
            most = expected[other] + network.n_edges * (JUNCTION_DELAY_MS + 1)
            assert expected[other] - network.n_edges <= times[start, end] <= most
    assert (meeting > 0).all()
