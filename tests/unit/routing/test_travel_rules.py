"""How walkers, bicycles and ferries use the ways of a map, and whom turn restrictions bind."""

import pytest

from routing.domain.bike_rules import BIKE_KM_H, bike_rule, stops_bicycles
from routing.domain.drive_rules import drive_rule
from routing.domain.ferries import FERRY_KM_H, duration_s
from routing.domain.road_ways import IMPASSABLE
from routing.domain.speeds import CLASS_KM_H, class_km_h, driven_km_h, posted_limit_km_h
from routing.domain.turn_rules import Member, TurnRule, read_turn_rules
from routing.domain.walk_rules import STEPS_KM_H, WALK_KM_H, stops_walkers, walk_rule


def street(**tags):
    return {"highway": "residential", **{key.replace("__", ":"): v for key, v in tags.items()}}


@pytest.mark.parametrize(
    "tags",
    [
        {"oneway": "yes"},
        {"highway": "footway"},
        {"highway": "pedestrian", "area": "yes"},
        {"highway": "motorway", "foot": "yes"},
        {"highway": "trunk", "sidewalk": "both"},
        {"highway": "cycleway", "foot": "designated"},
        {"access": "private", "foot": "yes"},
        {"access": "destination"},
        {"motor_vehicle": "no"},
    ],
)
def test_walkers_go_both_ways_whatever_the_signs_for_vehicles(tags):
    rule = walk_rule(street(**tags), "FR")
    assert (rule.forward_km_h, rule.backward_km_h) == (WALK_KM_H, WALK_KM_H)


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "motorway"},
        {"highway": "trunk", "sidewalk": "none"},
        {"highway": "cycleway"},
        {"highway": "construction"},
        {"foot": "no"},
        {"access": "private"},
        {"foot": "use_sidepath"},
    ],
)
def test_a_way_not_for_walkers_is_left_out(tags):
    assert walk_rule(street(**tags), "FR") is None


def test_stairs_are_slow_and_a_sign_for_walkers_binds_them():
    assert walk_rule({"highway": "steps"}, "FR").forward_km_h == STEPS_KM_H
    assert walk_rule(street(oneway__foot="yes"), "FR").backward_km_h == IMPASSABLE
    assert walk_rule(street(oneway__foot="-1"), "FR").forward_km_h == IMPASSABLE


@pytest.mark.parametrize(
    ("tags", "walkers", "bicycles"),
    [
        ({"barrier": "bollard"}, False, False),
        ({"barrier": "gate"}, False, False),
        ({"barrier": "gate", "access": "private"}, True, True),
        ({"barrier": "gate", "access": "private", "foot": "yes"}, False, True),
        ({"barrier": "stile"}, False, True),
        ({"barrier": "wall"}, True, True),
        ({"barrier": "fence", "foot": "yes", "bicycle": "no"}, False, True),
        ({"barrier": "gate", "bicycle": "dismount"}, False, False),
        ({"highway": "crossing"}, False, False),
    ],
)
def test_barriers_stop_whom_they_are_for(tags, walkers, bicycles):
    assert stops_walkers(tags) is walkers
    assert stops_bicycles(tags) is bicycles


@pytest.mark.parametrize(
    ("tags", "forward", "backward"),
    [
        ({}, True, True),
        ({"oneway": "yes"}, True, False),
        ({"oneway": "-1"}, False, True),
        ({"oneway": "yes", "oneway:bicycle": "no"}, True, True),
        ({"oneway": "yes", "cycleway": "opposite"}, True, True),
        ({"oneway": "yes", "cycleway:left": "opposite_lane"}, True, True),
        ({"oneway": "yes", "cycleway:left:oneway": "-1"}, True, True),
        ({"oneway": "yes", "cycleway:right": "lane"}, True, False),
        ({"oneway": "no", "oneway:bicycle": "yes"}, True, False),
        ({"junction": "roundabout"}, True, False),
    ],
)
def test_bicycles_ride_against_the_traffic_where_the_map_says_so(tags, forward, backward):
    rule = bike_rule(street(**tags), "FR")
    assert (rule.forward, rule.backward) == (forward, backward)
    assert max(rule.forward_km_h, rule.backward_km_h) == BIKE_KM_H


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "motorway"},
        {"highway": "footway"},
        {"highway": "pedestrian"},
        {"highway": "steps"},
        {"highway": "cycleway", "area": "yes"},
        {"motorroad": "yes"},
        {"bicycle": "no"},
        {"bicycle": "dismount"},
        {"access": "private"},
    ],
)
def test_a_way_not_for_bicycles_is_left_out(tags):
    assert bike_rule(street(**tags), "FR") is None


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "footway", "bicycle": "yes"},
        {"highway": "path"},
        {"motorroad": "yes", "bicycle": "yes"},
        {"access": "no", "bicycle": "permissive"},
    ],
)
def test_a_way_opened_to_bicycles_is_ridden(tags):
    assert bike_rule(street(**tags), "FR") is not None


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("15", 900),
        ("00:05", 300),
        ("1:30", 5400),
        ("00:05:30", 330),
        ("PT1H", 3600),
        ("PT10M30S", 630),
        ("PT", None),
        ("0", None),
        ("soon", None),
        ("", None),
    ],
)
def test_the_duration_of_a_ferry_is_read_however_it_is_written(told, seconds):
    assert duration_s({"duration": told}) == seconds


def test_a_ferry_takes_cars_only_if_it_says_so_and_walkers_unless_it_refuses():
    ferry = {"route": "ferry", "duration": "00:10"}
    assert drive_rule(ferry, "FR") is None
    assert drive_rule({**ferry, "motor_vehicle": "no"}, "FR") is None
    car = drive_rule({**ferry, "motorcar": "yes"}, "FR")
    assert (car.duration_s, car.may_stop, car.forward_km_h) == (600, False, FERRY_KM_H)
    for rule in (walk_rule, bike_rule):
        assert rule(ferry, "FR").duration_s == 600
        assert rule({**ferry, "access": "no"}, "FR") is None


def test_the_law_of_the_country_gives_what_the_sign_leaves_out():
    assert posted_limit_km_h({"maxspeed": "rural"}, "DE") == 100
    assert posted_limit_km_h({"maxspeed": "rural"}, "FR") == 80
    assert posted_limit_km_h({"maxspeed": "DE:rural"}, "FR") == 100
    assert posted_limit_km_h({"maxspeed": "GB:nsl_single"}, "FR") == 97
    assert posted_limit_km_h({"maxspeed": "urban"}, "XX") == 50
    assert class_km_h("motorway", "NL") == pytest.approx(CLASS_KM_H["motorway"] * 100 / 130)
    assert class_km_h("trunk_link", "CH") == pytest.approx(CLASS_KM_H["trunk_link"] * 100 / 110)
    assert driven_km_h({"highway": "primary"}, "DE") == CLASS_KM_H["primary"]


FROM, VIA, TO = Member("w", 1, "from"), Member("n", 5, "via"), Member("w", 2, "to")
ONE_TURN = [TurnRule(1, 5, 2, only=False)]


@pytest.mark.parametrize(
    ("tags", "profile", "outcome"),
    [
        ({"restriction": "no_left_turn"}, "drive", "kept"),
        ({"restriction": "no_left_turn"}, "bike", "kept"),
        ({"restriction": "no_left_turn"}, "walk", "not_ours"),
        ({"restriction:foot": "no_left_turn"}, "walk", "kept"),
        ({"restriction": "no_left_turn", "except": "psv;bicycle"}, "bike", "not_ours"),
        ({"restriction": "no_left_turn", "except": "psv; bicycle"}, "drive", "kept"),
        ({"restriction": "no_left_turn", "except": "motor_vehicle"}, "drive", "not_ours"),
        ({"restriction:hgv": "no_left_turn"}, "drive", "not_ours"),
        ({"restriction:motorcar": "no_left_turn"}, "drive", "kept"),
        ({"restriction:motorcar": "no_left_turn"}, "bike", "not_ours"),
        ({"restriction:conditional": "no_left_turn @ (Mo-Fr)"}, "drive", "conditional"),
        ({"restriction": "give_way"}, "drive", "not_ours"),
    ],
)
def test_a_restriction_binds_whom_it_names(tags, profile, outcome):
    rules = ONE_TURN if outcome == "kept" else []
    assert read_turn_rules(tags, [FROM, VIA, TO], profile) == (outcome, rules)


@pytest.mark.parametrize(
    ("word", "members", "outcome", "rules"),
    [
        ("only_straight_on", [FROM, VIA, TO], "kept", [TurnRule(1, 5, 2, only=True)]),
        ("no_left_turn", [FROM, Member("w", 7, "via"), TO], "via_way", []),
        ("no_left_turn", [FROM, TO], "incomplete", []),
        ("no_left_turn", [VIA, TO], "incomplete", []),
        ("no_left_turn", [FROM, FROM, VIA, TO], "incomplete", []),
        ("no_left_turn", [FROM, VIA, VIA, TO], "incomplete", []),
        ("no_left_turn", [FROM, VIA, TO, Member("n", 9, "location_hint")], "kept", ONE_TURN),
        (
            "no_entry",
            [FROM, Member("w", 3, "from"), VIA, TO],
            "kept",
            [*ONE_TURN, TurnRule(3, 5, 2, only=False)],
        ),
        (
            "no_exit",
            [FROM, VIA, TO, Member("w", 4, "to")],
            "kept",
            [*ONE_TURN, TurnRule(1, 5, 4, only=False)],
        ),
        ("no_exit", [FROM, FROM, VIA, TO], "incomplete", []),
    ],
)
def test_a_restriction_must_have_the_members_its_word_asks_for(word, members, outcome, rules):
    assert read_turn_rules({"restriction": word}, members, "drive") == (outcome, rules)
