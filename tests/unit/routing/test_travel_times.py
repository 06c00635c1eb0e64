"""The two engines give the exact shortest times, and the same ones."""

import subprocess
import sys

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.domain.road_network import Arcs
from routing.domain.travel_times import (
    UNREACHABLE,
    EngineError,
    HierarchyTimes,
    elimination_order,
    travel_times,
)

ENGINES = ("cch", "dijkstra")


def int32(values):
    return np.array(values, dtype=np.int32)


def graph(n_nodes, arcs):
    tail, head, weight = zip(*arcs, strict=True) if arcs else ((), (), ())
    return Arcs(n_nodes, int32(tail), int32(head), int32(weight))


@st.composite
def graphs(draw):
    n_nodes = draw(st.integers(1, 12))
    node = st.integers(0, n_nodes - 1)
    return graph(n_nodes, draw(st.lists(st.tuples(node, node, st.integers(0, 50)), max_size=40)))


def reference(arcs):
    known = nx.MultiDiGraph()
    known.add_nodes_from(range(arcs.n_nodes))
    for tail, head, weight in zip(arcs.tail, arcs.head, arcs.weight_ms, strict=True):
        known.add_edge(int(tail), int(head), weight=int(weight))
    times = np.full((arcs.n_nodes, arcs.n_nodes), UNREACHABLE)
    for source, reached in nx.all_pairs_dijkstra_path_length(known):
        for target, travel_ms in reached.items():
            times[source, target] = travel_ms
    return times


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_both_engines_give_the_times_of_networkx(arcs):
    nodes = np.arange(arcs.n_nodes, dtype=np.int32)
    expected = reference(arcs)
    for engine in ENGINES:
        assert np.array_equal(travel_times(arcs, engine=engine)(nodes, nodes), expected)


@settings(max_examples=150, deadline=None)
@given(graphs(), st.data())
def test_a_path_takes_the_time_of_the_matrix_along_arcs_that_join(arcs, data):
    end = st.tuples(st.integers(0, arcs.n_nodes - 1), st.integers(-1, 9))
    seeds = data.draw(st.lists(end, min_size=1, max_size=2))
    goals = data.draw(st.lists(end, min_size=1, max_size=2))
    seed_nodes, spent = int32(seeds).T
    goal_nodes, left = int32(goals).T
    for engine in ENGINES:
        times = travel_times(arcs, engine=engine)
        reached = times.from_seeds(seed_nodes[None], spent[None], goal_nodes)[0]
        totals = [int(t + m) for t, m in zip(reached, left, strict=True) if t >= 0 and m >= 0]
        path = times.path(seeds, goals)
        assert (path.travel_ms if path else None) == min(totals, default=None)
        if path:
            assert arcs.tail[path.arcs].tolist() == path.nodes[:-1]
            assert arcs.head[path.arcs].tolist() == path.nodes[1:]
            first = min(ms for node, ms in seeds if node == path.nodes[0] and ms >= 0)
            last = min(ms for node, ms in goals if node == path.nodes[-1] and ms >= 0)
            assert first + arcs.weight_ms[path.arcs].sum() + last == path.travel_ms


@pytest.mark.parametrize("engine", ENGINES)
def test_an_order_by_position_gives_the_same_times(engine):
    rng = np.random.default_rng(5)
    arcs = Arcs(
        200,
        rng.integers(0, 200, 700, dtype=np.int32),
        rng.integers(0, 200, 700, dtype=np.int32),
        rng.integers(1, 9000, 700, dtype=np.int32),
    )
    lon_lat = (rng.random(200), rng.random(200))
    nodes = np.arange(200, dtype=np.int32)
    expected = travel_times(arcs, engine="dijkstra")(nodes, nodes)
    by_place = travel_times(arcs, lon_lat=lon_lat, engine=engine)(nodes, nodes)
    kept = travel_times(arcs, elimination_order(arcs, lon_lat), engine=engine)(nodes, nodes)
    assert np.array_equal(by_place, expected)
    assert np.array_equal(kept, expected)


@pytest.mark.parametrize("engine", ENGINES)
def test_no_source_no_target_and_no_node_are_answered_by_an_empty_matrix(engine):
    arcs = graph(2, [(0, 1, 5)])
    times = travel_times(arcs, engine=engine)
    assert times(int32([]), int32([0])).shape == (0, 1)
    assert times(int32([0]), int32([])).shape == (1, 0)
    assert travel_times(graph(0, []), engine=engine)(int32([]), int32([])).shape == (0, 0)
    assert elimination_order(graph(0, []), None).shape == (0,)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_node_outside_the_graph_is_refused_in_words(engine):
    times = travel_times(graph(2, [(0, 1, 5)]), engine=engine)
    with pytest.raises(ValueError, match="give nodes from 0 to 1"):
        times(int32([0]), int32([2]))
    with pytest.raises(ValueError, match="give nodes from 0 to 1"):
        times(int32([-1]), int32([0]))
    with pytest.raises(ValueError, match="give nodes from 0 to 1"):
        times.path([(5, 0)], [(0, 0)])


def test_an_arc_to_nowhere_and_a_negative_weight_are_refused():
    with pytest.raises(ValueError, match="give nodes from 0 to 1"):
        travel_times(graph(2, [(0, 7, 5)]))
    with pytest.raises(ValueError, match="weight_ms must be 0 or more"):
        travel_times(graph(2, [(0, 1, -5)]))


def test_a_panic_of_the_native_engine_is_an_error_and_the_engine_still_answers(capfd):
    arcs = graph(2, [(0, 1, 5)])
    times = travel_times(arcs, engine="cch")
    assert isinstance(times, HierarchyTimes)
    # The native engine is told of a node that is not there, past our own check.
    times._n_nodes = 99
    with pytest.raises(EngineError, match="the travel-time engine failed"):
        times(int32([0]), int32([50]))
    capfd.readouterr()
    assert times(int32([0]), int32([1])).tolist() == [[5]]


def test_an_interruption_is_not_taken_for_a_panic(monkeypatch):
    times = travel_times(graph(2, [(0, 1, 5)]), engine="cch")

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("routing.domain.travel_times._whole", interrupt)
    with pytest.raises(KeyboardInterrupt):
        times(int32([0]), int32([1]))


def test_without_the_fast_engine_the_exact_one_serves():
    program = (
        "import sys; sys.modules['routingkit_cch'] = None\n"
        "import importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'routingkit_cch' else find(name, *a)\n"
        "import numpy as np\n"
        "from routing.domain.road_network import Arcs\n"
        "from routing.domain.travel_times import elimination_order, travel_times\n"
        "one = lambda *v: np.array(v, dtype=np.int32)\n"
        "arcs = Arcs(2, one(0), one(1), one(5))\n"
        "assert len(elimination_order(arcs, None)) == 0\n"
        "print(travel_times(arcs)(one(0), one(1)).tolist())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[[5]]"
