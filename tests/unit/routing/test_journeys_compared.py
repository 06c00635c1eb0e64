"""Journeys on a new graph beside those on the one in use."""

import numpy as np
import pytest
from drawn_roads import drawn_network

from routing.domain.road_check import (
    PAIRS,
    GraphChangedError,
    check_journeys,
    sampled_journeys,
)
from routing.domain.road_network import CLOSED
from routing.domain.road_travel import NetworkRoads

STEP_E7 = 20_000
N = 12


def street(ms, *, closed_from=N, west=0):
    """Draw a street of equal stretches, each as long to drive; closed from some place on."""
    edges = [(n, n + 1, *((ms, ms) if n < closed_from else (CLOSED, CLOSED))) for n in range(N - 1)]
    places = [west + n * STEP_E7 for n in range(N)]
    return drawn_network(places, [0] * N, edges)


def compared(served, new):
    return check_journeys(NetworkRoads(served), NetworkRoads(new), sampled_journeys(served, new))


def test_journeys_between_places_of_both_graphs_are_chosen_always_alike():
    chosen = sampled_journeys(street(60_000), street(60_000))
    assert chosen.shape == (PAIRS, 2, 2)
    assert np.array_equal(chosen, sampled_journeys(street(60_000), street(90_000)))
    assert (chosen[..., 0] <= N * STEP_E7 / 1e7).all()


def test_no_journey_is_chosen_where_the_graphs_do_not_meet():
    elsewhere = street(60_000, west=5_000_000)
    assert len(sampled_journeys(street(60_000), elsewhere)) == 0
    assert compared(street(60_000), elsewhere) == 0.0


@pytest.mark.parametrize("ms", [60_000, 70_000, 50_000])
def test_a_graph_with_much_the_same_times_may_follow(ms):
    assert compared(street(60_000), street(ms)) == 0.0


def test_less_than_a_minute_is_not_noticed():
    assert compared(street(2000), street(4000)) == 0.0


def test_a_graph_on_which_most_journeys_take_longer_is_refused():
    with pytest.raises(GraphChangedError, match="sampled journeys take a quarter more or less"):
        compared(street(60_000), street(120_000))


def test_a_graph_on_which_most_places_cannot_be_reached_is_refused():
    with pytest.raises(GraphChangedError, match="or are no longer possible"):
        compared(street(60_000), street(60_000, closed_from=3))


def test_what_was_never_possible_does_not_count():
    assert compared(street(60_000, closed_from=3), street(60_000)) == 0.0
