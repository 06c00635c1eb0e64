"""The steps of a way: street by street, in words."""

import numpy as np
import pytest
from drawn_roads import drawn_network, int32

from routing.domain.profiles import CLASS_NUMBER
from routing.domain.road_network import CLOSED
from routing.domain.road_texts import RoadTexts
from routing.domain.road_travel import NetworkRoads
from routing.domain.step_words import street_words, turn_of

WEST_E7, SOUTH_E7 = 23_000_000, 488_000_000
EAST_STEP_E7, NORTH_STEP_E7 = 30_000, 20_000
TEXTS = ("Rue Haute", "Rue Basse", "D 906", "Impasse du Four")


def at(x, y):
    return (WEST_E7 + x * EAST_STEP_E7) / 1e7, (SOUTH_E7 + y * NORTH_STEP_E7) / 1e7


def town(places, streets):
    """Draw streets (from, to, name, number, class) driven both ways, unless a time says no."""
    ends = [
        (start, end, 10_000, CLOSED if kind == "circle" else 10_000)
        for start, end, _, _, kind in streets
    ]
    network = drawn_network(
        [WEST_E7 + round(x * EAST_STEP_E7) for x, _ in places],
        [SOUTH_E7 + round(y * NORTH_STEP_E7) for _, y in places],
        ends,
        edge_name=int32([name for _, _, name, _, _ in streets]),
        edge_number=int32([number for _, _, _, number, _ in streets]),
        edge_class=np.array(
            [CLASS_NUMBER["tertiary" if kind == "circle" else kind] for *_, kind in streets],
            dtype=np.uint8,
        ),
        edge_is_roundabout=np.array([kind == "circle" for *_, kind in streets]),
    )
    return NetworkRoads(network, "dijkstra", texts=RoadTexts.of(TEXTS))


def told(roads, start, end):
    return [(step.turn, step.words.fr, step.words.en) for step in roads.route(start, end).steps]


CROSS = town(
    [(0, 0), (1, 0), (2, 0), (1, 1), (1, -1), (3, 0.05)],
    [
        (0, 1, 0, -1, "residential"),
        (1, 2, 0, -1, "residential"),
        (1, 3, 1, 2, "secondary"),
        (4, 1, 1, 2, "secondary"),
        (2, 5, -1, -1, "service"),
    ],
)


def test_a_street_is_told_once_however_many_junctions_it_crosses():
    assert told(CROSS, at(0.5, 0), at(1.5, 0)) == [
        ("depart", "Partez sur Rue Haute", "Start on Rue Haute"),
        ("arrive", "Vous êtes arrivé", "You have arrived"),
    ]


def test_left_and_right_are_told_with_the_street_and_its_number():
    assert told(CROSS, at(0.5, 0), at(1, 0.5))[1] == (
        "left",
        "Tournez à gauche sur Rue Basse (D 906)",
        "Turn left onto Rue Basse (D 906)",
    )
    assert told(CROSS, at(0.5, 0), at(1, -0.5))[1][0] == "right"
    # The same corner the other way round.
    assert told(CROSS, at(1, 0.5), at(0.5, 0))[1][:2] == ("right", "Tournez à droite sur Rue Haute")


def test_a_street_that_changes_its_name_goes_on():
    steps = told(CROSS, at(1.5, 0), at(2.5, 0.025))
    assert steps[1] == (
        "continue",
        "Continuez sur la voie de desserte",
        "Continue on the service road",
    )


def test_steps_add_up_to_the_route_and_each_begins_where_the_last_one_ends():
    route = CROSS.route(at(0.5, 0), at(1, 0.5))
    assert [step.street for step in route.steps] == ["Rue Haute", "Rue Basse", "Rue Basse"]
    assert [step.number for step in route.steps] == [None, "D 906", "D 906"]
    assert [step.road_class for step in route.steps] == ["residential", "secondary", "secondary"]
    assert sum(step.length_m for step in route.steps) == pytest.approx(route.length_m, abs=0.2)
    assert sum(step.travel_s for step in route.steps) == pytest.approx(route.travel_s, abs=1)
    starts = [step.start for step in route.steps]
    assert np.allclose(starts, [at(0.5, 0), at(1, 0), at(1, 0.5)], atol=1e-6)


def test_a_way_of_no_length_departs_and_arrives():
    assert [turn for turn, *_ in told(CROSS, at(0.5, 0), at(0.5, 0))] == ["depart", "arrive"]


def test_a_bend_of_one_street_at_a_junction_is_told_as_a_turn():
    bent = town(
        [(0, 0), (1, 0), (1, 1), (2, 0)],
        [(0, 1, 0, -1, "residential"), (1, 2, 0, -1, "residential"), (1, 3, 1, -1, "residential")],
    )
    assert [turn for turn, *_ in told(bent, at(0.5, 0), at(1, 0.5))] == ["depart", "left", "arrive"]


CIRCLE = town(
    [(0, 0), (1, 0), (1.1, -0.1), (1.2, 0), (1.1, 0.1), (1.1, -1), (2, 0), (1.1, 1)],
    [
        (0, 1, 0, -1, "residential"),
        (1, 2, -1, -1, "circle"),
        (2, 3, -1, -1, "circle"),
        (3, 4, -1, -1, "circle"),
        (4, 1, -1, -1, "circle"),
        (2, 5, 1, -1, "residential"),
        (3, 6, 3, -1, "residential"),
        (4, 7, -1, 2, "residential"),
    ],
)


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ((1.1, -0.5), "Au rond-point, prenez la 1re sortie sur Rue Basse"),
        ((1.6, 0), "Au rond-point, prenez la 2e sortie sur Impasse du Four"),
        ((1.1, 0.5), "Au rond-point, prenez la 3e sortie sur D 906"),
    ],
)
def test_a_roundabout_is_one_step_with_the_number_of_its_exit(end, words):
    steps = told(CIRCLE, at(0.5, 0), at(*end))
    assert [turn for turn, *_ in steps] == ["depart", "roundabout", "arrive"]
    assert steps[1][1] == words
    assert "At the roundabout, take exit" in steps[1][2]


def test_a_way_that_ends_in_a_roundabout_enters_it():
    steps = told(CIRCLE, at(0.5, 0), at(1.15, -0.05))
    assert steps[1] == ("roundabout", "Entrez dans le rond-point", "Enter the roundabout")


@pytest.mark.parametrize(
    ("degrees", "turn"),
    [
        (0, "continue"),
        (-20, "continue"),
        (30, "slight_right"),
        (-30, "slight_left"),
        (90, "right"),
        (-90, "left"),
        (150, "sharp_right"),
        (-150, "sharp_left"),
        (180, "u_turn"),
        (-170, "u_turn"),
    ],
)
def test_a_change_of_bearing_has_its_word(degrees, turn):
    assert turn_of(degrees) == turn


def test_a_road_without_a_name_is_called_by_its_kind():
    assert street_words(None, None, "trunk_link").fr == "la bretelle"
    assert street_words(None, None, "residential").en == "the unnamed road"
    assert street_words(None, "A 6", "motorway").fr == "A 6"
