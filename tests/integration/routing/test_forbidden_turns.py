"""No way over a real town's roads makes a turn its map forbids."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from raw_turns import RawTurns

from routing.domain.road_travel import NetworkRoads
from routing.domain.travel_times import travel_times
from routing.store.bundle import read_network, read_texts
from routing.store.graph_build import build_bundle
from routing.store.roads import open_roads

pytestmark = pytest.mark.slow

OSM = Path(__file__).parents[4] / "shared" / "data" / "osm"
ROUTES = 10_000


@pytest.fixture(scope="module")
def porto(tmp_path_factory):
    pbf = OSM / "porto.osm.pbf"
    if not pbf.exists():
        pytest.skip(f"the extract {pbf.name} is not on this machine")
    folder = tmp_path_factory.mktemp("porto") / "graph"
    build_bundle(pbf, folder, country="PT")
    return pbf, folder


def near(network, ref, rng):
    """Give a place somewhere near a junction, on either side of it."""
    (node, *_) = np.flatnonzero(network.node_ref == ref)
    lon, lat = network.node_lon_e7[node] / 1e7, network.node_lat_e7[node] / 1e7
    return float(lon + rng.normal(0, 0.003)), float(lat + rng.normal(0, 0.003))


def driven(raw, network, roads, count):
    """Drive near ruled junctions: count the ruled ones passed, and list the forbidden turns made.

    Elsewhere few routes would meet one.
    """
    rng = np.random.default_rng(3)
    ruled = sorted(raw.vias & set(network.node_ref.tolist()))
    made, passed, drawn = [], 0, 0
    while drawn < count:
        via = ruled[rng.integers(len(ruled))]
        route = roads.route(near(network, via, rng), near(network, via, rng))
        if route is None:
            continue
        drawn += 1
        points = [(round(lon * 1e7), round(lat * 1e7)) for lon, lat in route.points]
        nodes = raw.nodes_along(points)
        passed += len(raw.vias & set(nodes[1:-1]))
        made += raw.made_by(nodes)
    return passed, made


def test_no_route_of_ten_thousand_makes_a_forbidden_turn(porto):
    pbf, folder = porto
    passed, made = driven(RawTurns(pbf), read_network(folder), open_roads(folder), ROUTES)
    print(f"\n{ROUTES} routes passed {passed} junctions with rules; forbidden turns: {len(made)}")
    assert passed > ROUTES / 2
    assert made == []


def test_the_same_routes_make_forbidden_turns_where_junctions_are_not_split(porto):
    pbf, folder = porto
    network = read_network(folder)
    unruled = replace(
        network,
        edge_forward_tail=network.edge_from,
        edge_forward_head=network.edge_to,
        edge_backward_tail=network.edge_to,
        edge_backward_head=network.edge_from,
        turn_tail=network.turn_tail[:0],
        turn_head=network.turn_head[:0],
        order=network.order[:0],
    )
    roads = NetworkRoads(unruled, texts=read_texts(folder))
    _, made = driven(RawTurns(pbf), network, roads, 1000)
    print(f"\nwithout splitting: {len(made)} forbidden turns on 1000 routes")
    assert len(made) > 20


def test_times_with_split_junctions_are_those_of_dijkstra(porto):
    _, folder = porto
    network = read_network(folder)
    arcs, _, _ = network.arcs()
    rng = np.random.default_rng(4)
    ends = rng.integers(0, network.n_nodes, (2, 316), dtype=np.int32)
    served = travel_times(arcs, network.order)(*ends)
    assert served.size > 99_000
    assert np.array_equal(served, travel_times(arcs, engine="dijkstra")(*ends))
