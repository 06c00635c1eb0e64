"""Rounds on the map as a picture: every stop once, small, told apart without colour."""

import math
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from drawn_roads import drawn_network
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.domain.basemap import Basemap
from routing.domain.map_window import apart, around, nice_length_m
from routing.domain.plan_picture import HIGH, WIDE, Drawn, Said, draw, letter
from routing.domain.profiles import CLASS_NUMBER

SVG = "{http://www.w3.org/2000/svg}"
SAID = Said("t <&>", "d", "dashes", "© OpenStreetMap contributors", "en")
POINTS = st.tuples(st.floats(2.2, 2.5), st.floats(48.8, 48.95))
ROUNDS = st.lists(
    st.builds(
        Drawn,
        st.text(max_size=12),
        st.lists(POINTS, max_size=4),
        st.lists(POINTS, min_size=1, max_size=9),
        st.booleans(),
    ),
    max_size=4,
)


def stops_of(svg):
    return [it for it in svg.iter(f"{SVG}text") if it.get("class") == "stop"]


def mesh(count, name="primary"):
    """Draw a square of crooked streets around Paris, `count` each way."""
    side = np.linspace(0, 1, count)
    lon = np.rint((2.2 + 0.3 * np.tile(side, count)) * 1e7).astype(np.int64)
    lat = np.rint((48.8 + 0.15 * np.repeat(side, count)) * 1e7).astype(np.int64)
    lat = lat + np.arange(len(lat)) % 2 * 30_000
    at = np.arange(count * count).reshape(count, count)
    pairs = [*zip(at[:, :-1].ravel(), at[:, 1:].ravel(), strict=True)]
    pairs += [*zip(at[:-1].ravel(), at[1:].ravel(), strict=True)]
    edges = [(int(a), int(b), 1000, 1000) for a, b in pairs]
    kinds = np.full(len(edges), CLASS_NUMBER[name], dtype=np.uint8)
    return Basemap({"drive": drawn_network(lon, lat, edges, edge_class=kinds)})


@settings(max_examples=60)
@given(ROUNDS)
def test_each_stop_is_drawn_once_in_order_on_the_picture(rounds):
    svg = ET.fromstring(draw(rounds, None, SAID))

    many = len(rounds) > 1
    names = [
        f"{letter(n) if many else ''}{sequence + 1}"
        for n, drawn in enumerate(rounds)
        for sequence in range(len(drawn.stops))
    ]
    stops = stops_of(svg)
    assert [it.text for it in stops] == names
    assert all(0 < float(it.get("x")) < WIDE and 0 < float(it.get("y")) < HIGH for it in stops)
    ways = [it for it in svg.iter(f"{SVG}path") if it.get("class") == "way"]
    assert [it.get("stroke-dasharray") is not None for it in ways] == [it.straight for it in rounds]
    assert not list(svg.iter(f"{SVG}script"))


@given(st.lists(POINTS, min_size=1, max_size=20))
def test_a_window_shows_all_its_points(points):
    window = around(points, (WIDE, HIGH))

    places = window.place(points)
    assert (places > 0).all()
    assert (places < [WIDE, HIGH]).all()
    assert window.metres_a_pixel * WIDE >= 799


def test_numbers_of_stops_at_one_place_do_not_hide_each_other():
    moved = apart(np.full((6, 2), 100.0), 22)

    away = np.hypot(*(moved[:, None] - moved[None]).T)
    assert away[~np.eye(6, dtype=bool)].min() > 18
    assert np.abs(moved - 100).max() < 80


def test_roads_lie_under_the_rounds_and_fewer_where_they_would_be_many():
    stops = [(2.25, 48.82), (2.45, 48.93)]
    drawn = [Drawn("Nord", stops, stops, straight=False)]

    few = draw(drawn, mesh(20), SAID)
    small = draw(drawn, mesh(20, "residential"), SAID)
    way = [(2.2 + n / 20_000, 48.87 + math.sin(n / 20) / 50) for n in range(6_000)]
    rounds = [Drawn(f"{n}", way, stops * 4, straight=False) for n in range(30)]
    crowded = draw(rounds * 4, mesh(20), SAID)

    for text, has_roads in ((few, True), (small, False), (crowded, False)):
        (roads,) = [it for it in ET.fromstring(text).iter() if it.get("class") == "roads"]
        assert (len(roads) > 0) is has_roads
    for name in ("primary", "motorway"):
        assert len(draw(rounds, mesh(80, name), SAID).encode()) <= 300_000
    assert "© OpenStreetMap contributors" in few


def test_a_scale_is_as_long_as_it_says():
    window = around([(2.2, 48.8), (2.5, 48.95)], (WIDE, HIGH))
    one, other = window.place([(2.3, 48.875), (2.4, 48.875)])
    metres = math.radians(0.1) * 6_378_137 * math.cos(math.radians(48.875))
    assert math.dist(one, other) * window.metres_a_pixel == pytest.approx(metres, rel=1e-3)
    assert [nice_length_m(it) for it in (99, 100, 4999, 5000.1)] == [50, 100, 2000, 5000]

    for points, said in (([(2.2, 48.8), (2.5, 48.95)], r"\d+ km"), ([(2.2, 48.8)], r"\d+ m")):
        svg = ET.fromstring(draw([Drawn("N", points, points, straight=True)], None, SAID))
        assert [it.text for it in svg.iter(f"{SVG}text") if re.fullmatch(said, it.text or "")]


def test_a_plan_without_rounds_is_an_empty_map():
    svg = ET.fromstring(draw([], mesh(3), replace(SAID, attribution="")))

    assert stops_of(svg) == []
    assert not [it for it in svg.iter(f"{SVG}text") if it.text]
    assert svg.find(f"{SVG}title").text == "t <&>"


def test_rounds_have_letters_without_end():
    assert [letter(it) for it in (0, 25, 26, 51, 52, 701, 702)] == [
        *("A", "Z", "AA", "AZ", "BA", "ZZ", "AAA")
    ]
