"""The invented world is repeatable, shaped like a real programme, and worth scoring."""

import csv
import re
from collections import Counter
from datetime import date
from pathlib import Path
from random import Random
from statistics import median, quantiles
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from pydantic import TypeAdapter

from gateway.demo.city import City, make_city
from gateway.demo.history import addressed, make_history
from gateway.demo.lodgings import Lodging, places_at
from gateway.demo.osm_file import write_osm
from gateway.demo.places import Place, make_places
from gateway.demo.roadside import invent_addresses
from gateway.demo.size import Size
from gateway.demo.symptoms import Item
from gateway.demo.world import INSPECTORS, make_world
from shared.contracts.inspections.inspection import InspectionInput
from shared.contracts.inspections.register import AccommodationInput

TODAY = date(2026, 11, 23)
ROOT = Path(__file__).parents[3]
CHECKLIST = ROOT / "services/inspections/src/inspections/store/default_checklist.csv"
KIND_WORDS = r"(Hôtel|Résidence|Auberge|Maison d'hôtes|Appartements) d"
BRANDS = r"(?i)ibis|formule|kyriad|campanile|mercure|novotel|première classe|b&b|balladins|citea"


@pytest.fixture(scope="module")
def items() -> list[Item]:
    with CHECKLIST.open(encoding="utf-8") as file:
        return [Item.of(row) for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def city() -> City:
    return make_city(Random(7))


@pytest.fixture(scope="module")
def places(city: City) -> list[Place]:
    return make_places(Size(), city)


@pytest.fixture(scope="module")
def history(places: list[Place], items: list[Item]) -> list[dict[str, object]]:
    return make_history(places, items, Size(), TODAY)


def _findings(message: dict[str, object]) -> list[dict[str, object]]:
    return [answer for answer in message["answers"] if answer["value"] in {1, 2, 3, 4}]


def _reached(city: City, *, backwards: bool) -> int:
    """Count the nodes on the roads that can be reached from (or can reach) the first avenue."""
    roads: dict[int, list[int]] = {}
    for way in city.ways:
        pairs = list(zip(way.nodes, way.nodes[1:], strict=False))
        oneway = way.tags.get("oneway")
        arcs = [] if oneway == "-1" else list(pairs)
        arcs += [] if oneway == "yes" else [(b, a) for a, b in pairs]
        for a, b in arcs:
            roads.setdefault(b if backwards else a, []).append(a if backwards else b)
    start = next(way.nodes[0] for way in city.ways if way.tags["highway"] == "primary")
    seen, waiting = {start}, [start]
    while waiting:
        for node in roads.get(waiting.pop(), ()):
            if node not in seen:
                seen.add(node)
                waiting.append(node)
    return len(seen)


def test_the_city_has_the_size_and_the_roads_of_a_real_one(city: City):
    kinds = {way.tags["highway"] for way in city.ways}
    assert 15_000 <= len(city.nodes) <= 25_000
    assert {"motorway", "trunk", "primary", "secondary", "tertiary", "residential"} <= kinds
    assert sum(way.tags.get("oneway") is not None for way in city.ways) > 500
    assert 8 <= sum("bridge" in way.tags for way in city.ways) <= 40


def test_almost_every_street_can_be_driven_to_and_from(city: City):
    used = len({node for way in city.ways for node in way.nodes})
    assert _reached(city, backwards=False) > 0.98 * used
    assert _reached(city, backwards=True) > 0.98 * used


def test_the_road_file_is_osm_whose_ways_name_only_nodes_it_holds(city: City, tmp_path: Path):
    write_osm(city, tmp_path / "city.osm")
    root = ET.parse(tmp_path / "city.osm").getroot()
    nodes = {node.get("id") for node in root.iter("node")}
    assert root.get("version") == "0.6"
    assert {nd.get("ref") for nd in root.iter("nd")} == nodes
    assert all(48 < float(node.get("lat", 0)) < 50 for node in root.iter("node"))


def test_the_same_seed_gives_the_same_world_and_another_seed_another(
    places: list[Place], history: list[dict[str, object]], items: list[Item]
):
    again = make_places(Size(), make_city(Random(7)))
    assert again == places
    assert make_history(again, items, Size(), TODAY) == history
    assert make_places(Size(seed=8), make_city(Random(8))) != places


def test_places_follow_the_sectors_and_sizes_of_the_planning_data(places: list[Place]):
    sectors = Counter(place.sector for place in places)
    rooms = [place.rooms for place in places]
    assert len(places) == 560
    for sector, share in {"75": 173, "93": 129, "92-78-95": 127, "77-91-94": 133}.items():
        assert abs(sectors[sector] - 560 * share / 562) <= 1
    assert 26 <= median(rooms) <= 34
    assert 68 <= quantiles(rooms, n=10)[-1] <= 92
    assert max(rooms) <= 243
    assert all(place.postcode[:2] in place.sector.split("-") for place in places)


def test_every_place_is_a_message_the_register_takes(places: list[Place]):
    messages = TypeAdapter(list[AccommodationInput]).validate_python([p.message() for p in places])
    assert len({message.external_id for message in messages}) == len(places)
    assert len({message.operator for message in messages}) > 30
    assert any(message.skills for message in messages)
    assert any(len(message.visit_hours) == 10 for message in messages)


def test_names_are_invented_and_told_apart(places: list[Place]):
    names = [place.name for place in places]
    assert len(set(names)) == len(names)
    assert not [name for name in names if re.search(BRANDS, name)]
    assert all(
        re.match(r"(Hôtel|Résidence|Auberge|Maison d'hôtes|Appartements) d", n) for n in names
    )


def test_every_inspection_is_a_message_the_record_takes_and_answers_all_items(
    places: list[Place], history: list[dict[str, object]], items: list[Item]
):
    ids = {place.external_id: UUID(int=n) for n, place in enumerate(places)}
    messages = TypeAdapter(list[InspectionInput]).validate_python(
        list(addressed(history[::20], ids))
    )
    for message in messages:
        if message.outcome == "done":
            assert {answer.item for answer in message.answers} == {item.code for item in items}
        else:
            assert not message.answers
    assert len({message["instance_id"] for message in history}) == len(history)


def test_the_past_ends_yesterday_and_was_known_soon_after(history: list[dict[str, object]]):
    days = [str(message["occurred_at"]) for message in history]
    assert days == sorted(days)
    assert days[-1] < TODAY.isoformat()
    assert days[0] > "2021-11"
    assert all(str(m["occurred_at"]) < str(m["known_at"]) < TODAY.isoformat() for m in history)


def test_danger_is_found_at_about_one_routine_visit_in_seven(
    history: list[dict[str, object]], items: list[Item]
):
    by_code = {item.code: item for item in items}
    seen = [m for m in history if m["outcome"] == "done" and m["visit_kind"] == "routine"]
    dangerous = [
        m for m in seen if any(by_code[a["item"]].critical(a["value"]) for a in _findings(m))
    ]
    assert 0.125 <= len(dangerous) / len(seen) <= 0.175
    assert 3.5 <= sum(len(_findings(m)) for m in seen) / len(seen) <= 5.0


def test_winter_brings_cold_rooms_and_summer_bed_bugs(history: list[dict[str, object]]):
    by_month: dict[str, Counter[str]] = {"heating": Counter(), "pest_bedbugs": Counter()}
    for message in history:
        for answer in _findings(message):
            if answer["item"] in by_month:
                by_month[answer["item"]][str(message["occurred_at"])[5:7]] += 1
    winter, summer = ("12", "01", "02"), ("06", "07", "08")
    heating, bugs = by_month["heating"], by_month["pest_bedbugs"]
    assert sum(heating[m] for m in winter) > 2 * sum(heating[m] for m in summer)
    assert sum(bugs[m] for m in summer) > 1.5 * sum(bugs[m] for m in winter)


def test_places_differ_so_that_the_worse_half_holds_most_of_the_danger(
    places: list[Place], history: list[dict[str, object]], items: list[Item]
):
    natures = make_world(places, Size()).natures
    by_code = {item.code: item for item in items}
    order = sorted(natures, key=lambda p: natures[p].level + natures[p].danger)
    worse = set(order[len(order) // 2 :])
    dangerous = [
        m["accommodation_id"]
        for m in history
        if m["visit_kind"] == "routine"
        and any(by_code[a["item"]].critical(a["value"]) for a in _findings(m))
    ]
    assert sum(place in worse for place in dangerous) > 0.68 * len(dangerous)


def test_danger_is_looked_at_again_within_two_weeks(history: list[dict[str, object]]):
    last: dict[str, date] = {}
    gaps = []
    for message in history:
        day = date.fromisoformat(str(message["occurred_at"])[:10])
        if message["visit_kind"] == "reinspection":
            gaps.append((day - last[str(message["accommodation_id"])]).days)
        last[str(message["accommodation_id"])] = day
    assert len(gaps) > 300
    assert max(gaps) <= 16


def test_a_larger_knob_gives_the_bench_size(city: City, items: list[Item]):
    size = Size(places=60, years=2, visits_per_year=10)
    history = make_history(make_places(size, city), items, size, TODAY)
    assert 60 * 2 * 10 * 0.8 < len(history) < 60 * 2 * 10 * 1.6


@pytest.mark.parametrize("wrong", [{"places": 0}, {"years": 99}, {"visits_per_year": 0}])
def test_a_size_that_cannot_be_made_names_the_knob(wrong: dict[str, int]):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Size(**wrong)


def test_lodgings_of_a_real_map_keep_their_places_but_not_their_names():
    lodgings = [Lodging(8.6 + n / 1000, 49.4 + n % 7 / 100, "hostel") for n in range(50)]
    places = places_at(lodgings, Size(places=40))
    assert len(places) == 40
    assert {place.kind for place in places} == {"hostel"}
    assert {(place.lon, place.lat) for place in places} <= {(p.lon, p.lat) for p in lodgings}
    assert len({place.sector for place in places}) == 4
    assert all(place.postcode[:2] in place.sector.split("-") for place in places)


def test_a_map_without_lodgings_gives_no_place():
    assert places_at([], Size()) == []


def test_inspectors_are_always_the_same_people():
    assert len(set(INSPECTORS)) == 13
    assert str(INSPECTORS[0]) == "7cc9739f-0f58-5c34-a1fe-8bd8c41d6302"


def test_addresses_are_invented_beside_the_roads_of_a_map_and_within_it():
    asked = []

    def distance_to_road(points):
        asked.append(len(points))
        return [abs(lat - 49.4) * 111_000 for _, lat in points]

    box = (8.6, 49.3, 8.8, 49.5)
    found = invent_addresses(box, 300, rng=Random(1), distance_to_road=distance_to_road)
    assert len(found) == 300
    assert all(abs(it.lat - 49.4) * 111_000 <= 40 for it in found)
    assert all(8.6 <= it.lon <= 8.8 for it in found)
    again = invent_addresses(box, 300, rng=Random(1), distance_to_road=distance_to_road)
    assert again == found


def test_a_map_without_roads_gives_few_addresses_and_does_not_search_for_ever():
    def nowhere(points):
        return [1e9] * len(points)

    assert invent_addresses((0, 0, 1, 1), 5, rng=Random(1), distance_to_road=nowhere) == []


def test_no_address_is_invented_where_enough_lodgings_are_known():
    assert invent_addresses((0, 0, 1, 1), 0, rng=Random(1), distance_to_road=len) == []
