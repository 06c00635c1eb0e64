"""Speeds and rules read from the tags of a way."""

import pytest

from routing.domain.access import WayRule
from routing.domain.drive_rules import drive_rule, stops_cars
from routing.domain.speeds import CLASS_KM_H, DRIVEN_SHARE_OF_LIMIT, driven_km_h, posted_limit_km_h


@pytest.mark.parametrize(
    ("written", "km_h"),
    [
        ("50", 50),
        ("50 km/h", 50),
        ("7.5", 7.5),
        ("30 mph", 48.28032),
        ("30mph", 48.28032),
        ("50;40", 40),
        ("50; 40", 40),
        ("30-50", 30),
        ("none", 130),
        ("walk", 6),
        ("DE:walk", 6),
        ("FR:urban", 50),
        ("FR:rural", 80),
        ("DE:rural", 100),
        ("FR:zone30", 30),
        ("DE:zone:20", 20),
        ("FR:30", 30),
        ("FR:motorway", 130),
        ("PT:motorway", 120),
        ("none; 100", 100),
    ],
)
def test_a_posted_limit_is_read_however_it_is_written(written, km_h):
    assert posted_limit_km_h({"maxspeed": written}) == pytest.approx(km_h)


@pytest.mark.parametrize("written", ["signals", "variable", "", "fast", "0", "FR:", "50 bananas"])
def test_a_limit_that_says_nothing_leaves_the_class_to_decide(written):
    tags = {"highway": "tertiary", "maxspeed": written}
    assert posted_limit_km_h(tags) is None
    assert driven_km_h(tags) == CLASS_KM_H["tertiary"]


def test_a_limit_without_a_figure_on_the_road_is_taken_from_its_source():
    assert posted_limit_km_h({"maxspeed": "signals", "source:maxspeed": "FR:urban"}) == 50
    assert posted_limit_km_h({"zone:maxspeed": "FR:30"}) == 30


def test_a_posted_limit_is_driven_a_little_below_and_never_slower_than_walking():
    assert driven_km_h({"highway": "primary", "maxspeed": "50"}) == 50 * DRIVEN_SHARE_OF_LIMIT
    assert driven_km_h({"highway": "service", "maxspeed": "5"}) == 6


def test_each_direction_has_the_limit_posted_for_it():
    tags = {"highway": "secondary", "maxspeed": "80", "maxspeed:backward": "50"}
    rule = drive_rule(tags, "FR")
    assert rule.forward_km_h == 80 * DRIVEN_SHARE_OF_LIMIT
    assert rule.backward_km_h == 50 * DRIVEN_SHARE_OF_LIMIT
    assert (
        drive_rule({**tags, "maxspeed:forward": "30"}, "FR").forward_km_h
        == 30 * DRIVEN_SHARE_OF_LIMIT
    )


@pytest.mark.parametrize(
    "tags",
    [
        *({"barrier": kind} for kind in ("bollard", "block", "chain", "jersey_barrier", "planter")),
        {"barrier": "cycle_barrier", "bicycle": "yes", "foot": "yes"},
        {"barrier": "bollard", "motor_vehicle": "no", "access": "yes"},
        {"barrier": "gate", "access": "private"},
        {"barrier": "lift_gate", "motor_vehicle": "no"},
    ],
)
def test_a_barrier_that_cars_cannot_pass_stops_them(tags):
    assert stops_cars(tags)


@pytest.mark.parametrize(
    "tags",
    [
        {"barrier": "gate"},
        {"barrier": "lift_gate", "access": "customers"},
        {"barrier": "toll_booth"},
        {"barrier": "kerb"},
        {"barrier": "bollard", "access": "yes"},
        {"barrier": "bollard", "motor_vehicle": "permissive", "access": "no"},
        {"highway": "crossing", "access": "no"},
    ],
)
def test_a_barrier_that_opens_for_cars_does_not(tags):
    assert not stops_cars(tags)


@pytest.mark.parametrize(
    ("tags", "forward", "backward"),
    [
        ({}, True, True),
        ({"oneway": "yes", "oneway:motor_vehicle": "no"}, True, True),
        ({"oneway:motorcar": "-1", "oneway": "no"}, False, True),
        ({"oneway:vehicle": "yes"}, True, False),
        ({"oneway:bicycle": "yes"}, True, True),
        ({"oneway": "yes"}, True, False),
        ({"oneway": "1"}, True, False),
        ({"oneway": "-1"}, False, True),
        ({"oneway": "no"}, True, True),
        ({"oneway": "alternating"}, True, True),
        ({"junction": "roundabout"}, True, False),
        ({"junction": "circular"}, True, False),
        ({"junction": "roundabout", "oneway": "no"}, True, True),
        ({"highway": "motorway"}, True, False),
        ({"highway": "motorway_link"}, True, True),
        ({"highway": "motorway", "oneway": "-1"}, False, True),
    ],
)
def test_a_way_is_driven_in_the_directions_its_tags_allow(tags, forward, backward):
    rule = drive_rule({"highway": "residential", **tags}, "FR")
    assert isinstance(rule, WayRule)
    assert (rule.forward, rule.backward) == (forward, backward)


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "motorway"},
        {"highway": "motorway_link"},
        {"highway": "trunk_link"},
        {"highway": "trunk", "motorroad": "yes"},
        {"highway": "trunk", "foot": "no"},
        {"highway": "primary", "motorroad": "yes"},
        {"tunnel": "yes"},
        {"tunnel": "avalanche_protector"},
    ],
)
def test_nobody_stops_on_a_motorway_its_ramps_or_in_a_tunnel(tags):
    assert not drive_rule({"highway": "residential", **tags}, "FR").may_stop


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"highway": "trunk"},
        {"highway": "primary_link"},
        {"tunnel": "no"},
        {"tunnel": "building_passage"},
        {"foot": "no"},
    ],
)
def test_a_visit_may_be_made_from_any_other_road(tags):
    assert drive_rule({"highway": "residential", **tags}, "FR").may_stop


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "footway"},
        {"highway": "steps"},
        {"highway": "construction"},
        {"building": "yes"},
        {"highway": "residential", "area": "yes"},
        {"highway": "residential", "access": "no"},
        {"highway": "residential", "access": "private"},
        {"highway": "residential", "access": "agricultural;forestry"},
        {"highway": "residential", "motor_vehicle": "no", "access": "yes"},
        {"highway": "service", "service": "parking_aisle"},
        {"highway": "service", "service": "driveway"},
        {"highway": "primary", "oneway": "reversible"},
    ],
)
def test_a_way_not_for_our_cars_is_left_out(tags):
    assert drive_rule(tags, "FR") is None


@pytest.mark.parametrize(
    "tags",
    [
        {"access": "destination"},
        {"access": "no", "motor_vehicle": "yes"},
        {"motor_vehicle": "no", "motorcar": "designated"},
        {"access": "private;destination"},
        {"bicycle": "no"},
    ],
)
def test_the_most_specific_access_decides(tags):
    assert drive_rule({"highway": "residential", **tags}, "FR") is not None
