"""Tiles of the road network: the right roads, in the right place, and small."""

import numpy as np
import pytest
from drawn_roads import drawn_network
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.domain.basemap import EXTENT, Basemap
from routing.domain.profiles import CLASS_NUMBER

PARIS = (12, 2074, 1409)
"""The tile that holds the middle of Paris at zoom 12."""


def corner(zoom, column, row):
    """Give longitude and latitude of a tile's north-west corner, as the web's maps count."""
    size = 2**zoom
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * row / size))))
    return column / size * 360 - 180, lat


def streets(*drawn):
    """Draw straight streets (class, from, to), places counted in tiles of Paris's zoom."""
    places = [place for _, *ends in drawn for place in ends]
    degrees = np.array([corner(12, 2074 + x, 1409 + y) for x, y in places])
    lon, lat = np.rint(degrees * 1e7).astype(np.int64).T
    edges = [(2 * n, 2 * n + 1, 1000, 1000) for n in range(len(drawn))]
    kinds = np.array([CLASS_NUMBER[name] for name, *_ in drawn], dtype=np.uint8)
    return drawn_network(lon, lat, edges, edge_class=kinds)


def points(line):
    return np.cumsum(np.array(line).reshape(-1, 2), axis=0).tolist()


def test_a_street_is_drawn_where_it_lies_on_the_grid():
    basemap = Basemap({"drive": streets(("primary", (0.25, 0.5), (0.75, 0.25)))})
    tile = basemap.tile(*PARIS)
    assert list(tile) == ["primary"]
    (line,) = tile["primary"]
    assert points(line) == [[256, 512], [768, 256]]


def test_streets_that_meet_end_to_end_are_one_line_and_straight_points_are_left_out():
    basemap = Basemap(
        {"drive": streets(("primary", (0.1, 0.5), (0.5, 0.5)), ("primary", (0.5, 0.5), (0.9, 0.5)))}
    )
    (line,) = basemap.tile(*PARIS)["primary"]
    assert sorted(points(line)) == [[102, 512], [922, 512]]


def test_a_street_is_cut_just_past_the_edge_and_goes_on_in_the_next_tile():
    basemap = Basemap({"drive": streets(("primary", (0.5, 0.5), (1.5, 0.5)))})
    (here,) = basemap.tile(*PARIS)["primary"]
    (there,) = basemap.tile(12, 2075, 1409)["primary"]
    assert points(here) == [[512, 512], [EXTENT + 16, 512]]
    assert points(there) == [[-16, 512], [512, 512]]
    assert basemap.tile(12, 2076, 1409) == {}


@pytest.mark.parametrize(
    ("zoom", "drawn"),
    [
        (8, {"motorway", "ferry"}),
        (9, {"motorway", "secondary", "ferry"}),
        (11, {"motorway", "secondary", "tertiary", "ferry"}),
        (13, {"motorway", "secondary", "tertiary", "residential", "ferry"}),
        (14, {"motorway", "secondary", "tertiary", "residential", "service", "ferry"}),
    ],
)
def test_smaller_roads_are_drawn_from_nearer_on(zoom, drawn):
    kinds = ("motorway", "secondary", "tertiary", "residential", "service", "ferry")
    # At each zoom the tile's middle lies in the first quarter of the one below.
    basemap = Basemap({"drive": streets(*((kind, (0.01, 0.01), (0.2, 0.2)) for kind in kinds))})
    shift = zoom - 12
    place = [value << shift if shift >= 0 else value >> -shift for value in PARIS[1:]]
    assert set(basemap.tile(zoom, *place)) == drawn
    assert list(basemap.tile(zoom, *place)) == [kind for kind in kinds if kind in drawn]


def test_footpaths_come_from_the_walkers_network_and_streets_are_not_drawn_twice():
    drive = streets(("residential", (0.1, 0.1), (0.2, 0.2)))
    walk = streets(("residential", (0.1, 0.1), (0.2, 0.2)), ("footway", (0.1, 0.1), (0.05, 0.2)))
    tile = Basemap({"drive": drive, "walk": walk}).tile(15, 2074 * 8, 1409 * 8)
    assert {name: len(lines) for name, lines in tile.items()} == {"residential": 1, "footway": 1}


def test_a_street_smaller_than_the_grid_is_left_out():
    basemap = Basemap({"drive": streets(("motorway", (0.5, 0.5), (0.5001, 0.5)))})
    assert basemap.tile(*PARIS) == {}


PLACE = st.tuples(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(PLACE, PLACE), min_size=1, max_size=6))
def test_every_line_lies_on_its_street_and_within_the_margin(ends):
    basemap = Basemap({"drive": streets(*(("primary", *pair) for pair in ends))})
    for line in basemap.tile(*PARIS).get("primary", []):
        drawn = np.array(points(line))
        assert drawn.min() >= -17
        assert drawn.max() <= EXTENT + 17
        for x, y in drawn:
            off = [distance((x, y), *(np.array(end) * EXTENT for end in pair)) for pair in ends]
            assert min(off) < 2


def distance(point, start, end):
    """Measure from a point to a line between two others."""
    along = end - start
    share = 0.0 if not along.any() else np.clip((point - start) @ along / (along @ along), 0, 1)
    return float(np.hypot(*(point - start - share * along)))
