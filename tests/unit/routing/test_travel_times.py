"""The two engines give the exact shortest times, and the same ones."""

import subprocess
import sys
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.domain.elimination_order import elimination_order, made_up_places
from routing.domain.hierarchy_times import HierarchyTimes
from routing.domain.road_network import Arcs
from routing.domain.travel_engine import UNREACHABLE, EngineError
from routing.domain.travel_times import travel_time_engine, travel_times

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


@settings(max_examples=60, deadline=None)
@given(graphs(), st.data())
def test_the_same_roads_under_other_weights_give_the_times_of_those(arcs, data):
    nodes = np.arange(arcs.n_nodes, dtype=np.int32)
    weight = st.lists(st.integers(0, 50), min_size=len(arcs.tail), max_size=len(arcs.tail)).map(
        int32
    )
    at_night = replace(arcs, weight_ms=data.draw(weight))
    for engine in ENGINES:
        by_day = travel_times(arcs, engine=engine)
        assert np.array_equal(
            by_day.reweighted(at_night.weight_ms)(nodes, nodes), reference(at_night)
        )
        # The first keeps its own.
        assert np.array_equal(by_day(nodes, nodes), reference(arcs))


@pytest.mark.parametrize("engine", ENGINES)
def test_other_weights_may_not_be_negative_either(engine):
    with pytest.raises(ValueError, match="weight_ms must be 0 or more"):
        travel_times(graph(2, [(0, 1, 5)]), engine=engine).reweighted(int32([-1]))


def city(size=40):
    """Draw a grid of streets with a few closed, and an island."""
    rng = np.random.default_rng(7)
    node = np.arange(size * size).reshape(size, size)
    pairs = np.concatenate(
        [
            np.stack([node[:, :-1].ravel(), node[:, 1:].ravel()], axis=1),
            np.stack([node[:-1].ravel(), node[1:].ravel()], axis=1),
        ]
    )
    arcs = np.concatenate([pairs, pairs[:, ::-1]])
    arcs = arcs[rng.random(len(arcs)) > 0.15]
    island = size * size + np.array([[0, 1], [1, 0]])
    tail, head = np.concatenate([arcs, island]).T
    return tail, head, rng.integers(1, 60_000, len(tail)), size * size + 2


@pytest.mark.parametrize("engine", ENGINES)
def test_one_function_builds_the_engine_from_plain_arrays(engine):
    tail, head, weight_ms, n_nodes = city(12)
    expected = reference(Arcs(n_nodes, int32(tail), int32(head), int32(weight_ms)))
    everywhere = np.arange(n_nodes)
    for arrays in ((tail, head, weight_ms), (tail.tolist(), head.tolist(), weight_ms.tolist())):
        times = travel_time_engine(*arrays, n_nodes, engine=engine)
        travel_ms = times(everywhere, everywhere)
        assert travel_ms.dtype == np.int32
        assert np.array_equal(travel_ms, expected)
    placed = travel_time_engine(
        tail, head, weight_ms, n_nodes, lon_lat=(everywhere % 12, everywhere // 12), engine=engine
    )
    assert np.array_equal(placed(everywhere, everywhere), expected)
    assert (expected == UNREACHABLE).any()


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        (([0], [1, 0], [5]), "one number for each arc"),
        (([0], [1], [2.5]), "must be whole numbers"),
        (([0], [1], [2**31]), "must be whole numbers"),
        (([0], [1], [-5]), "weight_ms must be 0 or more"),
        (([0], [9], [5]), "give nodes from 0 to 1"),
    ],
)
def test_arrays_that_are_no_graph_are_refused_in_words(arrays, words):
    with pytest.raises(ValueError, match=words):
        travel_time_engine(*arrays, 2)


def test_several_threads_give_the_rows_of_one():
    tail, head, weight_ms, n_nodes = city()
    arcs = Arcs(n_nodes, int32(tail), int32(head), int32(weight_ms))
    order = elimination_order(arcs)
    sources = np.random.default_rng(1).integers(0, n_nodes, 300, dtype=np.int32)
    one, three = (travel_times(arcs, order, engine="cch", threads=n) for n in (1, 3))
    assert np.array_equal(three(sources, sources), one(sources, sources))
    times = travel_times(arcs, engine="dijkstra")
    assert np.array_equal(three(sources[:200], sources), times(sources[:200], sources))


def test_a_panic_in_one_thread_of_several_is_an_error(capfd):
    tail, head, weight_ms, n_nodes = city()
    arcs = Arcs(n_nodes, int32(tail), int32(head), int32(weight_ms))
    times = travel_times(arcs, engine="cch", threads=2)
    times._n_nodes += 9
    sources = np.full(200, n_nodes - 1, dtype=np.int32)
    sources[151] = n_nodes + 5
    with pytest.raises(EngineError, match="the travel-time engine failed"):
        times(sources, sources[:1])
    capfd.readouterr()
    assert times(sources[:1], sources[:1]).tolist() == [[0]]


def test_places_made_up_from_the_roads_keep_neighbours_close():
    tail, head, weight_ms, n_nodes = city()
    arcs = Arcs(n_nodes, int32(tail), int32(head), int32(weight_ms))
    x, y = made_up_places(arcs)
    apart = np.hypot(x[tail] - x[head], y[tail] - y[head])
    other = np.random.default_rng(3).permutation(head)
    anywhere = np.hypot(x[tail] - x[other], y[tail] - y[other])
    assert np.median(anywhere) > 5 * np.median(apart)
    assert np.isfinite([x, y]).all()


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

    monkeypatch.setattr("routing.domain.hierarchy_times.whole_ms", interrupt)
    with pytest.raises(KeyboardInterrupt):
        times(int32([0]), int32([1]))


def test_without_the_fast_engine_the_exact_one_serves():
    program = (
        "import sys; sys.modules['routingkit_cch'] = None\n"
        "import importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *a: None if name == 'routingkit_cch' else find(name, *a)\n"
        "import numpy as np\n"
        "from routing.domain.road_network import Arcs\n"
        "from routing.domain.elimination_order import elimination_order\n"
        "from routing.domain.travel_times import travel_times\n"
        "one = lambda *v: np.array(v, dtype=np.int32)\n"
        "arcs = Arcs(2, one(0), one(1), one(5))\n"
        "assert len(elimination_order(arcs, None)) == 0\n"
        "print(travel_times(arcs)(one(0), one(1)).tolist())\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == "[[5]]"
