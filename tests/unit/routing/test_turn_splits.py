"""Forbidden turns: junctions are split so that no way through the graph makes one."""

from collections import defaultdict

import networkx as nx
import numpy as np
import pytest
from drawn_ways import road_ways
from hypothesis import example, given, settings
from hypothesis import strategies as st

from routing.domain.road_errors import NoRoadError
from routing.domain.road_graph import build_network
from routing.domain.road_network import CLOSED, NO_EDGE
from routing.domain.travel_times import travel_times
from routing.domain.turn_rules import TurnRule

CROSSING = [[10, 11], [11, 12], [1, 11], [11, 21]]
WEST, EAST, NORTH, SOUTH = 100, 101, 102, 103
"""The numbers of the four ways, all two-way, that meet at node 11."""
BACK_ROUND = [[10, 0, 1], [1, 2, 12], [12, 22, 21], [21, 20, 10]]
"""A ring around the crossing, so that any place is reached some way."""


def network(*rules, ways=CROSSING, oneways=None):
    return build_network(road_ways(ways, oneways, turn_rules=rules))


def edge_on(net, way):
    (edge,) = np.flatnonzero(net.edge_way == way)
    return int(edge)


def turns(net):
    """List the turns a driver can make at split and unsplit junctions: pairs of edges."""
    leads = defaultdict(list)
    for tail, head in zip(net.turn_tail.tolist(), net.turn_head.tolist(), strict=True):
        leads[tail].append(head)
    ends = [
        (edge, back, int(tail), int(head))
        for back, ms, tails, heads in (
            (False, net.edge_forward_ms, net.edge_forward_tail, net.edge_forward_head),
            (True, net.edge_backward_ms, net.edge_backward_tail, net.edge_backward_head),
        )
        for edge, (spent, tail, head) in enumerate(zip(ms, tails, heads, strict=True))
        if spent != CLOSED
    ]
    return {
        ((one, one_back), (other, other_back))
        for one, one_back, _, head in ends
        for other, other_back, tail, _ in ends
        if tail in {head, *leads[head]}
    }


def ways_from(net, way, via=11):
    """Name the ways that may be taken after arriving at a place by a way."""
    ref = net.node_ref
    found = set()
    for (one, one_back), (other, other_back) in turns(net):
        arrives = ref[(net.edge_from if one_back else net.edge_to)[one]]
        leaves = ref[(net.edge_to if other_back else net.edge_from)[other]]
        if net.edge_way[one] == way and arrives == leaves == via:
            found.add(int(net.edge_way[other]))
    return found


def test_a_forbidden_turn_is_closed_and_all_others_stay():
    built = network(TurnRule(WEST, 11, NORTH, only=False))
    net = built.network
    assert built.turn_rules == 1
    assert ways_from(net, WEST) == {WEST, EAST, SOUTH}
    assert ways_from(net, EAST) == {WEST, EAST, NORTH, SOUTH}
    assert net.n_nodes == 5 + 3
    assert (net.node_ref == 11).sum() == 4


def test_a_commanded_turn_closes_all_others_and_going_back():
    net = network(TurnRule(WEST, 11, NORTH, only=True), ways=CROSSING + BACK_ROUND).network
    assert ways_from(net, WEST) == {NORTH}
    assert ways_from(net, SOUTH) == {WEST, EAST, NORTH, SOUTH}


def test_forbidding_to_turn_round_leaves_the_way_ahead():
    net = network(TurnRule(WEST, 11, WEST, only=False), ways=CROSSING + BACK_ROUND).network
    assert ways_from(net, WEST) == {NORTH, EAST, SOUTH}


def test_several_rules_of_one_junction_hold_together():
    rules = [
        TurnRule(WEST, 11, NORTH, only=False),
        TurnRule(EAST, 11, NORTH, only=False),
        TurnRule(SOUTH, 11, EAST, only=False),
    ]
    net = network(*rules, ways=CROSSING + BACK_ROUND).network
    assert ways_from(net, WEST) == ways_from(net, EAST) == {WEST, EAST, SOUTH}
    assert ways_from(net, SOUTH) == {WEST, NORTH, SOUTH}
    assert ways_from(net, NORTH) == {WEST, EAST, NORTH, SOUTH}


@pytest.mark.parametrize(
    "rule",
    [
        TurnRule(WEST, 99, NORTH, only=False),
        TurnRule(777, 11, NORTH, only=False),
        TurnRule(WEST, 11, 777, only=False),
        TurnRule(WEST, 11, 777, only=True),
        TurnRule(WEST, 11, WEST, only=True),
    ],
)
def test_a_rule_about_roads_that_are_not_there_changes_nothing(rule):
    built = network(rule)
    assert built.turn_rules == 0
    assert built.network.n_nodes == 5
    assert len(built.network.turn_tail) == 0


def test_a_way_that_runs_through_a_ruled_node_alone_is_cut_there_and_cannot_be_turned_on():
    straight = [[10, 11, 12], [10, 0, 2, 12]]
    rule = TurnRule(100, 11, 100, only=False)
    built = build_network(road_ways(straight, names={1: 0}, turn_rules=[rule]))
    assert built.turn_rules == 1
    net = built.network
    ahead = {(a, b) for a, b in turns(net) if {net.edge_way[a[0]], net.edge_way[b[0]]} == {100}}
    assert ahead
    assert all(one[0] != other[0] for one, other in ahead if meets(net, one, 11))


def meets(net, direction, ref):
    edge, back = direction
    return net.node_ref[(net.edge_from if back else net.edge_to)[edge]] == ref


def test_a_way_in_with_no_way_out_is_left_out_of_the_network():
    ways = [*CROSSING, [12, 21]]
    rules = [TurnRule(WEST, 11, way, only=False) for way in (WEST, EAST, NORTH, SOUTH)]
    net = network(*rules, ways=ways).network
    assert WEST not in net.edge_way.tolist()


GRID_WAYS = [[n, n + 1] for n in range(30) if n % 10 < 2 and n // 10 < 3] + [
    [n, n + 10] for n in range(20) if n % 10 < 3 and n // 10 < 2
]
APART = {n: n for n in range(len(GRID_WAYS))}
"""Each way has a name of its own, so that no two are joined."""

RULES = st.lists(
    st.builds(
        TurnRule,
        st.integers(100, 99 + len(GRID_WAYS)),
        st.sampled_from([0, 1, 2, 10, 11, 12, 20, 21, 22]),
        st.integers(100, 99 + len(GRID_WAYS)),
        st.booleans(),
    ),
    max_size=12,
)


def forbidden(rules, driven, arrival, departure):
    """Tell from the rules themselves whether a turn is forbidden; a way is one edge here.

    A rule to turn into a road that cannot be driven from there has no say.
    """
    (one, _), (other, via) = arrival, departure
    for rule in rules:
        if rule.via != via or rule.from_way != one + 100:
            continue
        if (rule.to_way - 100, via) not in driven:
            continue
        is_named = other + 100 == rule.to_way
        if rule.only and rule.from_way != rule.to_way and not is_named:
            return True
        if not rule.only and is_named:
            return True
    return False


@settings(max_examples=60, deadline=None)
@example([TurnRule(104, 21, 105, only=True)], [0] * 5 + [-1] + [0] * 6)
@given(RULES, st.lists(st.sampled_from([0, 0, 1, -1]), min_size=12, max_size=12))
def test_times_are_those_of_a_search_from_road_to_road(rules, oneways):
    try:
        net = build_network(road_ways(GRID_WAYS, oneways, names=APART, turn_rules=rules)).network
    except NoRoadError:
        return
    whole = searched_by_roads(rules, oneways)
    arcs, edge, back = net.arcs()
    on_road = np.flatnonzero(edge != NO_EDGE)
    times = travel_times(arcs, net.order)(arcs.head[on_road], arcs.tail[on_road])
    names = [direction(net, edge[arc], back[arc]) for arc in on_road]
    for row, one in enumerate(names):
        lengths = nx.single_source_dijkstra_path_length(whole, one)
        for column, other in enumerate(names):
            # From the end of one road to the start of another: the last road itself is not driven.
            leading = [before for before in whole.predecessors(other) if before in lengths]
            expected = min(lengths[before] for before in leading) if leading else -1
            assert times[row, column] == pytest.approx(expected, abs=net.n_edges)


def direction(net, edge, back):
    """Name a direction of an edge by its way and the node it starts from."""
    start = net.edge_to[edge] if back else net.edge_from[edge]
    return int(net.edge_way[edge]) - 100, int(net.node_ref[start])


def searched_by_roads(rules, oneways):
    """Make the graph whose nodes are directions of roads and whose arcs are allowed turns."""
    unruled = build_network(road_ways(GRID_WAYS, names=APART)).network
    spent = {}
    for edge in range(unruled.n_edges):
        way = int(unruled.edge_way[edge]) - 100
        oneway = oneways[way]
        first, last = GRID_WAYS[way]
        drawn = unruled.node_ref[unruled.edge_from[edge]] == first
        ahead, behind = unruled.edge_forward_ms[edge], unruled.edge_backward_ms[edge]
        if oneway >= 0:
            spent[way, first] = int(ahead if drawn else behind)
        if oneway <= 0:
            spent[way, last] = int(behind if drawn else ahead)
    whole = nx.DiGraph()
    whole.add_nodes_from(spent)
    for one, start in spent:
        end = sum(GRID_WAYS[one]) - start
        for (other, begin), lasts in spent.items():
            if begin == end and not forbidden(rules, spent, (one, start), (other, begin)):
                whole.add_edge((one, start), (other, begin), weight=lasts)
    return whole
