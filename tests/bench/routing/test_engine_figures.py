"""How fast matrices are beside the bare engine and SciPy, and that no cell differs.

Figures are CPU seconds, medians of five interleaved runs in one process. SciPy searches from 50
(Porto) or 10 (tiled) of the sources, which its time grows with in proportion.
"""

import time
from collections.abc import Callable

import networkx as nx
import numpy as np
import pytest
import routingkit_cch as cch
from road_cases import RoadArrays, extract, heidelberg, tiled, with_islands
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from routing.domain.road_network import degrees
from routing.domain.travel_times import travel_time_engine
from routing.store.bundle import read_network
from routing.store.graph_build import build_bundle

pytestmark = pytest.mark.bench

RUNS = 5


@pytest.fixture(scope="module")
def porto(tmp_path_factory):
    directory = tmp_path_factory.mktemp("porto") / "graph"
    build_bundle(extract("porto.osm.pbf"), directory)
    network = read_network(directory)
    arcs, _, _ = network.arcs()
    places = degrees(network.node_lon_e7), degrees(network.node_lat_e7)
    return RoadArrays(arcs.tail, arcs.head, arcs.weight_ms, *places)


def cpu_s(action):
    start = time.process_time()
    result = action()
    return time.process_time() - start, result


def medians(actions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Take turns, so that what else the machine does falls on all alike."""
    taken = {name: [] for name in actions}
    for _ in range(RUNS):
        for name, action in actions.items():
            taken[name].append(cpu_s(action)[0])
    return {name: float(np.median(times)) for name, times in taken.items()}


def sparse(roads):
    """Give SciPy's form; of parallel arcs the fastest."""
    by_pair = np.lexsort((roads.weight_ms, roads.head, roads.tail))
    pairs = np.stack([roads.tail, roads.head])[:, by_pair]
    first = np.append(True, (pairs[:, 1:] != pairs[:, :-1]).any(axis=0))
    weight = roads.weight_ms[by_pair][first].astype(float)
    return csr_array((weight, pairs[:, first]), shape=(roads.n_nodes, roads.n_nodes))


def scipy_ms(roads, sources, targets):
    times = np.concatenate(
        [dijkstra(sparse(roads), indices=part)[:, targets] for part in np.array_split(sources, 40)]
    )
    return np.where(np.isinf(times), -1, times).astype(np.int32)


def compared(roads: RoadArrays, size: int, of_scipy: int) -> dict[str, float]:
    """Time one square matrix by the bare engine, ours and SciPy; print and return the medians."""
    nodes = np.random.default_rng(1).choice(roads.n_nodes, size, replace=False)
    tail, head = roads.tail.tolist(), roads.head.tolist()
    order_s, order = cpu_s(
        lambda: cch.compute_order_inertial(
            roads.n_nodes, tail, head, roads.lat.tolist(), roads.lon.tolist()
        )
    )
    metric = cch.CCHMetric(cch.CCH(order, tail, head, False), roads.weight_ms.tolist())
    built_s, ours = cpu_s(
        lambda: travel_time_engine(roads.tail, roads.head, roads.weight_ms, roads.n_nodes)
    )
    graph, asked = sparse(roads), nodes.tolist()

    def bare() -> list[list[int | None]]:
        query = cch.CCHOneToMany(metric, asked)
        return [query.distances_from(node) for node in asked]

    taken = medians(
        {
            "bare": bare,
            "ours": lambda: ours(nodes, nodes),
            "scipy": lambda: dijkstra(graph, indices=nodes[:of_scipy])[:, nodes],
        }
    )
    taken["scipy"] *= size / of_scipy
    print(
        f"\n{size} x {size}, {roads.n_nodes:,} nodes: bare routingkit-cch {taken['bare']:.3f} "
        f"(its order by true places {order_s:.1f}), ours {taken['ours']:.3f} (built in "
        f"{built_s:.1f}), SciPy {taken['scipy']:.2f} CPU s; ours / bare "
        f"{taken['ours'] / taken['bare']:.2f}, SciPy / ours {taken['scipy'] / taken['ours']:.1f}"
    )
    return taken


def test_a_thousand_by_a_thousand_on_a_city(porto):
    taken = compared(porto, 1000, of_scipy=50)
    assert taken["ours"] <= 1.5 * taken["bare"]
    assert taken["scipy"] >= 8 * taken["ours"]


def test_two_hundred_by_two_hundred_on_nine_cities(porto):
    metropolis = tiled(porto, 3)
    taken = compared(metropolis, 200, of_scipy=10)
    assert taken["scipy"] >= 40 * taken["ours"]


def test_no_cell_of_a_million_differs_from_scipy_on_a_city(porto):
    roads = with_islands(porto, 0.02)
    nodes = np.random.default_rng(2).choice(roads.n_nodes, 1000, replace=False)
    times = travel_time_engine(roads.tail, roads.head, roads.weight_ms, roads.n_nodes)
    travel_ms = times(nodes, nodes)
    differing = int((travel_ms != scipy_ms(roads, nodes, nodes)).sum())
    unreachable = int((travel_ms < 0).sum())
    print(f"\nPorto: {differing} of {travel_ms.size:,} cells differ; {unreachable:,} unreachable")
    assert differing == 0
    assert unreachable > 0


def test_no_cell_of_a_million_differs_from_networkx_and_scipy():
    roads = with_islands(heidelberg(), 0.02)
    nodes = np.random.default_rng(2).choice(roads.n_nodes, 1000, replace=False)
    times = travel_time_engine(roads.tail, roads.head, roads.weight_ms, roads.n_nodes)
    travel_ms = times(nodes, nodes)
    known = nx.MultiDiGraph()
    known.add_nodes_from(range(roads.n_nodes))
    known.add_weighted_edges_from(
        zip(roads.tail.tolist(), roads.head.tolist(), roads.weight_ms.tolist(), strict=True)
    )
    expected = np.full(travel_ms.shape, -1)
    for row, source in enumerate(nodes.tolist()):
        reached = nx.single_source_dijkstra_path_length(known, source)
        expected[row] = [reached.get(target, -1) for target in nodes.tolist()]
    differing = int((travel_ms != expected).sum())
    by_scipy = int((travel_ms != scipy_ms(roads, nodes, nodes)).sum())
    print(
        f"\nHeidelberg: {differing} of {travel_ms.size:,} cells differ from networkx, {by_scipy} "
        f"from SciPy; {int((travel_ms < 0).sum()):,} unreachable"
    )
    assert (differing, by_scipy) == (0, 0)
    assert (travel_ms < 0).any()
