"""A network that does not hold together never serves."""

from dataclasses import replace

import pytest
from drawn_roads import drawn_network, int32

from routing.domain.road_check import (
    Extent,
    GraphShrunkError,
    NetworkUnsoundError,
    check_network,
    check_succession,
)

STREET = drawn_network([0, 10_000], [0, 0], [(0, 1, 1000, 1000)], order=int32([0, 1]))


def test_a_sound_network_passes_with_and_without_an_order():
    check_network(STREET)
    check_network(replace(STREET, order=int32([])))


def test_a_network_one_cannot_come_back_from_is_refused():
    with pytest.raises(NetworkUnsoundError, match="the graph before it stays in use"):
        check_network(replace(STREET, edge_backward_ms=int32([-1])))


CITY = Extent(1000, component_share=0.95, bbox=(8.5, 49.3, 8.9, 49.5), turn_rules=25)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"junctions": 799}, "799 junctions where the graph in use has 1,000"),
        ({"turn_rules": 19}, "19 turn restrictions where the graph in use has 25"),
        ({"component_share": 0.7}, "70 % of the junctions hang together, against 95 %"),
    ],
)
def test_a_version_much_smaller_than_the_one_it_replaces_is_refused(change, words):
    with pytest.raises(GraphShrunkError, match=words):
        check_succession(CITY, replace(CITY, **change))


@pytest.mark.parametrize(
    "change",
    [
        {"junctions": 800},
        {"junctions": 5000},
        {"component_share": 0.9},
        {"junctions": 10, "bbox": (8.9001, 49.3, 9.2, 49.5)},
        {"junctions": 10, "bbox": (8.5, 49.0, 8.9, 49.2999)},
        {"junctions": 10, "bbox": (8.0, 49.3, 8.4999, 49.5)},
        {"junctions": 10, "bbox": (8.5, 49.5001, 8.9, 49.8)},
    ],
)
def test_a_version_of_the_same_size_or_of_another_city_may_follow(change):
    check_succession(CITY, replace(CITY, **change))
