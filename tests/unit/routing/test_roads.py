"""Travel between points on the ground: snapped, timed and drawn."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from drawn_roads import drawn_network, int32
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.domain.elimination_order import elimination_order
from routing.domain.profiles import CLASS_NUMBER, ROAD_CLASSES
from routing.domain.road_network import CLOSED, degrees, distance_m
from routing.domain.road_travel import NetworkRoads
from routing.domain.roads import CROW_FLY_KM_H, DETOUR, CrowFlyRoads
from routing.domain.snapping import LocalMetres, Snapper, snap_state
from routing.domain.travel_engine import EngineError

WEST_E7, SOUTH_E7 = 23_000_000, 488_000_000
STEP_E7 = 20_000


def network(places, edges):
    """Make a network of straight edges (from, to, ms ahead, ms back) between places on a grid."""
    lon = [WEST_E7 + x * STEP_E7 for x, _ in places]
    lat = [SOUTH_E7 + y * STEP_E7 for _, y in places]
    return drawn_network(lon, lat, edges)


def at(x, y):
    """Give the longitude and latitude of a place on the grid."""
    return (WEST_E7 + x * STEP_E7) / 1e7, (SOUTH_E7 + y * STEP_E7) / 1e7


def seconds(roads, *points):
    lon, lat = np.array([at(*point) for point in points]).T
    return roads.matrix(lon, lat)[0].tolist()


STREET = network([(0, 0), (1, 0)], [(0, 1, 10_000, 20_000)])
ONEWAY_BLOCK = network(
    [(0, 0), (1, 0), (1, 1), (0, 1)],
    [
        (0, 1, 10_000, CLOSED),
        (1, 2, 10_000, CLOSED),
        (2, 3, 10_000, CLOSED),
        (3, 0, 10_000, CLOSED),
    ],
)


@pytest.mark.parametrize("engine", ["cch", "dijkstra"])
def test_two_points_of_one_street_are_joined_along_it_in_each_direction(engine):
    roads = NetworkRoads(STREET, engine)
    assert seconds(roads, (0.2, 0), (0.7, 0)) == [[0, 5], [10, 0]]


@pytest.mark.parametrize("engine", ["cch", "dijkstra"])
def test_a_point_just_behind_on_a_oneway_street_costs_the_way_round(engine):
    roads = NetworkRoads(ONEWAY_BLOCK, engine)
    assert seconds(roads, (0.2, 0), (0.7, 0)) == [[0, 5], [35, 0]]


def test_the_way_may_leave_the_street_both_points_stand_on_when_that_is_faster():
    detour = network([(0, 0), (1, 0)], [(0, 1, 100_000, 100_000), (0, 1, 1000, 1000)])
    bent = np.vstack([detour.geometry_e7[:3], [[23_010_000, 488_040_000]], detour.geometry_e7[3:]])
    roads = NetworkRoads(
        replace(detour, geometry_offsets=int32([0, 2, 5]), geometry_e7=bent.astype(np.int32))
    )
    assert seconds(roads, (0.1, 0), (0.9, 0)) == [[0, 21], [21, 0]]
    route = roads.route(at(0.1, 0), at(0.9, 0))
    assert route.travel_s == 21
    assert (2.301, 48.804) in [(round(lon, 6), round(lat, 6)) for lon, lat in route.points]


def test_points_on_two_islands_have_no_way_between_them_and_a_straight_line_is_drawn():
    islands = network([(0, 0), (1, 0), (0, 2), (1, 2)], [(0, 1, 9, 9), (2, 3, 9, 9)])
    roads = NetworkRoads(islands)
    assert seconds(roads, (0.5, 0), (0.5, 2)) == [[0, -1], [-1, 0]]
    assert roads.route(at(0.5, 0), at(0.5, 2)) is None
    assert roads.polyline(at(0.5, 0), at(0.5, 2)) == [at(0.5, 0), at(0.5, 2)]


def test_a_point_far_from_any_road_is_refused_and_has_no_time():
    roads = NetworkRoads(STREET)
    lon, lat = np.array([at(0.5, 0), (48.8, 2.3)]).T
    travel_s, snaps = roads.matrix(lon, lat)
    assert snaps.states() == ["exact", "refused"]
    assert snaps.edge.tolist() == [0, -1]
    assert travel_s.tolist() == [[0, -1], [-1, -1]]
    assert len(snaps) == 2


def test_a_point_beside_a_motorway_meets_the_street_behind_it():
    town = network([(0, 0), (1, 0), (0, 1), (1, 1)], [(0, 1, 9, 9), (2, 3, 9, 9)])
    beside = replace(town, edge_may_stop=np.array([False, True]))
    lon, lat = np.array([at(0.5, 0.1)]).T
    snaps = Snapper(beside).snap(lon, lat)
    assert snaps.edge.tolist() == [1]
    assert snaps.lat == pytest.approx(at(0.5, 1)[1])
    assert snaps.states() == ["approximate"]


def test_a_point_with_only_a_motorway_near_is_refused():
    town = network([(0, 0), (1, 0), (0, 9), (1, 9)], [(0, 1, 9, 9), (2, 3, 9, 9)])
    lon, lat = np.array([at(0.5, 0.1)]).T
    for may_stop in ([False, True], [False, False]):
        snaps = Snapper(replace(town, edge_may_stop=np.array(may_stop))).snap(lon, lat)
        assert snaps.edge.tolist() == [-1]
        assert snaps.states() == ["refused"]


def test_a_way_still_leads_over_the_motorway_and_is_drawn_along_it():
    places = [(0, 0), (1, 0), (2, 0), (3, 0)]
    town = network(places, [(0, 1, 1000, 1000), (1, 2, 1000, 1000), (2, 3, 1000, 1000)])
    roads = NetworkRoads(replace(town, edge_may_stop=np.array([True, False, True])))
    assert seconds(roads, (0.5, 0), (2.5, 0))[0][1] == 2
    drawn = roads.polyline(at(0.5, 0), at(2.5, 0))
    assert np.allclose(drawn, [at(x, 0) for x in (0.5, 1, 2, 2.5)])


def test_a_place_on_the_road_is_exact_then_approximate_then_refused():
    assert [snap_state(metres) for metres in (0, 100, 100.1, 500, 500.1)] == [
        "exact",
        "exact",
        "approximate",
        "approximate",
        "refused",
    ]


def test_a_stored_order_gives_the_same_times():
    arcs, _, _ = ONEWAY_BLOCK.arcs()
    ordered = replace(ONEWAY_BLOCK, order=elimination_order(arcs, None))
    points = [(0.3, 0), (1, 0.6), (0, 0.1)]
    assert seconds(NetworkRoads(ordered), *points) == seconds(NetworkRoads(ONEWAY_BLOCK), *points)


def test_a_street_without_length_still_takes_points():
    dot = network([(0, 0), (0, 0), (1, 0)], [(0, 1, 1, 1), (1, 2, 10_000, 10_000)])
    roads = NetworkRoads(dot)
    assert seconds(roads, (0, 0), (1, 0))[0][1] in (10, 11)


def test_an_engine_that_finds_no_path_for_a_finite_time_is_an_error(monkeypatch):
    roads = NetworkRoads(ONEWAY_BLOCK)
    monkeypatch.setattr(roads._timed[None].times, "path", lambda *_: None)
    with pytest.raises(EngineError, match="finds no way"):
        roads.route(at(0.5, 0), at(1, 0.5))


def test_a_turn_forbidden_at_a_split_junction_is_not_made_and_lengths_know_the_way_round():
    # West to north over the junction in the middle is forbidden: round by the east instead.
    places = [(0, 0), (1, 0), (2, 0), (1, 1), (2, 1), (1, 0)]
    streets = [(0, 1, 1000, 1000), (1, 2, 1000, 1000), (1, 3, 1000, 1000)]
    ring = [(2, 4, 1000, 1000), (4, 3, 1000, 1000)]
    town = network(places, [*streets, *ring])
    # Node 5 lies at the junction too: from it the road north begins, entered but from the east.
    tail = town.edge_forward_tail.copy()
    tail[2] = 5
    middle_of_east = replace(town, edge_forward_tail=tail, turn_tail=int32([]), turn_head=int32([]))
    allowed = replace(middle_of_east, turn_tail=int32([1]), turn_head=int32([5]))
    start, end = at(0.5, 0), at(1, 0.5)
    for ground, through in ((allowed, True), (middle_of_east, False)):
        for engine in ("cch", "dijkstra"):
            roads = NetworkRoads(ground, engine)
            route = roads.route(start, end)
            assert route.travel_s == (1 if through else 4)
            lon, lat = np.array([start, end]).T
            snaps = roads.snap(lon, lat)
            assert roads.travel_s(snaps, snaps)[0, 1] == route.travel_s
            assert roads.length_m(snaps, snaps)[0, 1] == route.length_m
            assert (route.length_m > 500) != through


@st.composite
def towns(draw):
    """Draw a grid of 4 x 4 junctions, some streets closed one way, some both."""
    places = [(x, y) for y in range(4) for x in range(4)]
    streets = [(n, n + 1) for n in range(16) if n % 4 < 3] + [(n, n + 4) for n in range(12)]
    time_ms = st.integers(1, 30_000)
    edges = []
    for start, end in streets:
        kind = draw(st.sampled_from(["both", "both", "ahead", "back", "none"]))
        if kind != "none":
            ahead = draw(time_ms) if kind != "back" else CLOSED
            back = draw(time_ms) if kind != "ahead" else CLOSED
            edges.append((start, end, ahead, back))
    return network(places, edges or [(0, 1, 5, 5)])


GRID_POINT = st.tuples(st.floats(-0.2, 3.2), st.floats(-0.2, 3.2))


@settings(max_examples=80, deadline=None)
@given(towns(), st.lists(GRID_POINT, min_size=2, max_size=5))
def test_a_route_takes_the_time_of_the_matrix_and_runs_from_point_to_point(town, points):
    lon, lat = np.array([at(*point) for point in points]).T
    roads, slow = NetworkRoads(town), NetworkRoads(town, "dijkstra")
    travel_s, snaps = roads.matrix(lon, lat)
    assert np.array_equal(slow.matrix(lon, lat)[0], travel_s)
    for i, j in np.ndindex(travel_s.shape):
        for ground in (roads, slow):
            route = ground.route((lon[i], lat[i]), (lon[j], lat[j]))
            assert (route.travel_s if route else -1) == travel_s[i, j]
            if route:
                drawn = np.array(route.points)
                ends = [[snaps.lon[k], snaps.lat[k]] for k in (i, j)]
                assert np.allclose(drawn[[0, -1]], ends, atol=1e-9)
                east, north = drawn.T
                drawn_m = distance_m(east[:-1], north[:-1], east[1:], north[1:]).sum()
                assert route.length_m == pytest.approx(drawn_m, rel=2e-3, abs=0.5)
                assert route.length_m == ground.length_m(snaps, snaps)[i, j]
                told = sum(step.length_m for step in route.steps)
                assert told == pytest.approx(route.length_m, abs=0.1 * len(route.steps) + 0.1)
            else:
                assert ground.length_m(snaps, snaps)[i, j] == -1


@settings(max_examples=80, deadline=None)
@given(towns(), st.lists(GRID_POINT, min_size=1, max_size=5))
def test_no_way_through_a_third_point_is_shorter(town, points):
    lon, lat = np.array([at(*point) for point in points]).T
    travel_s, _ = NetworkRoads(town).matrix(lon, lat)
    times = np.where(travel_s < 0, np.inf, travel_s)
    through = (times[:, :, None] + times[None]).min(axis=1)
    # Where a street is entered is rounded to a millisecond: one second at most.
    assert (times <= through + 1).all()
    assert (np.diag(travel_s) == 0).all()


@settings(max_examples=80, deadline=None)
@given(towns(), GRID_POINT)
def test_a_point_meets_the_nearest_road(town, point):
    lon, lat = np.array([at(*point)]).T
    snapper = Snapper(town)
    snaps = snapper.snap(lon, lat)
    here = shapely.Point(snapper.plane.to_metres(lon, lat)[0])
    ends = snapper.plane.to_metres(*degrees(town.geometry_e7).T).reshape(-1, 2, 2)
    brute = min(shapely.LineString(line).distance(here) for line in ends)
    assert snaps.distance_m[0] == pytest.approx(brute, abs=1e-3)
    back_lon, back_lat = LocalMetres(2.3, 48.8).to_degrees(
        LocalMetres(2.3, 48.8).to_metres(lon, lat)
    )
    assert np.allclose([back_lon, back_lat], [lon, lat])


RUSH_HOUR = datetime(2026, 3, 2, 8, 30, tzinfo=ZoneInfo("Europe/Paris"))


@pytest.mark.parametrize("engine", ["cch", "dijkstra"])
def test_in_the_rush_the_motorway_takes_longer_and_the_side_street_may_be_faster(engine):
    places = [(0, 0), (1, 0), (0, 1), (1, 1), (-1, 0), (2, 0)]
    # From end to end over the motorway in 10 s, or round by side streets in 13 s.
    aside = [(0, 2, 4000, 0), (2, 3, 5000, 0), (3, 1, 4000, 0), (4, 0, 0, 0), (1, 5, 0, 0)]
    town = network(places, [(0, 1, 10_000, CLOSED), *aside])
    road_class = np.array([CLASS_NUMBER["motorway"], *[CLASS_NUMBER["residential"]] * 5], np.uint8)
    roads = NetworkRoads(replace(town, edge_class=road_class), engine)
    start, end = at(-0.5, 0), at(1.5, 0)
    lon, lat = np.array([start, end]).T
    snaps = roads.snap(lon, lat)
    assert roads.period(RUSH_HOUR) == "morning_rush"
    assert roads.period(None) is None
    assert roads.travel_s(snaps, snaps)[0, 1] == 10
    # 13 s of side streets take 15 per cent longer; the motorway would take 16 s.
    assert roads.travel_s(snaps, snaps, RUSH_HOUR)[0, 1] == 15
    round_m = roads.route(start, end, RUSH_HOUR).length_m
    assert round_m > 1.5 * roads.route(start, end).length_m
    assert roads.length_m(snaps, snaps, RUSH_HOUR)[0, 1] == round_m


def test_the_times_of_periods_forgotten_meanwhile_are_measured_again():
    roads = NetworkRoads(STREET)
    lon, lat = np.array([at(0.2, 0), at(0.7, 0)]).T
    snaps = roads.snap(lon, lat)
    hours = [RUSH_HOUR.replace(hour=hour) for hour in (3, 8, 12, 17, 21)]
    before = [roads.travel_s(snaps, snaps, hour).tolist() for hour in (*hours, None)]
    assert [roads.travel_s(snaps, snaps, hour).tolist() for hour in (*hours, None)] == before
    assert before[0] == before[-1] != before[1]


@settings(max_examples=30, deadline=None)
@given(towns(), st.lists(GRID_POINT, min_size=2, max_size=4))
def test_in_a_period_a_route_takes_the_time_of_the_matrix_too(town, points):
    lon, lat = np.array([at(*point) for point in points]).T
    kinds = np.arange(town.n_edges) % len(ROAD_CLASSES)
    town = replace(town, edge_class=kinds.astype(np.uint8))
    roads, slow = NetworkRoads(town), NetworkRoads(town, "dijkstra")
    snaps = roads.snap(lon, lat)
    travel_s = roads.travel_s(snaps, snaps, RUSH_HOUR)
    assert np.array_equal(slow.travel_s(snaps, snaps, RUSH_HOUR), travel_s)
    assert (travel_s >= roads.travel_s(snaps, snaps)).all()
    for i, j in np.ndindex(travel_s.shape):
        route = roads.route((lon[i], lat[i]), (lon[j], lat[j]), RUSH_HOUR)
        assert (route.travel_s if route else -1) == travel_s[i, j]


def test_without_a_graph_the_crow_flies_and_says_so():
    roads = CrowFlyRoads()
    assert roads.method == "crow_fly"
    lon, lat = np.array([(2.30, 48.80), (2.31, 48.80), (2.30, 48.80)]).T
    travel_s, snaps = roads.matrix(lon, lat)
    straight_m = float(distance_m(lon[0], lat[0], lon[1], lat[1]))
    expected = np.ceil(straight_m * DETOUR / (CROW_FLY_KM_H["drive"] / 3.6))
    assert travel_s.tolist() == [[0, expected, 0], [expected, 0, expected], [0, expected, 0]]
    assert snaps.states() == ["exact"] * 3
    route = roads.route((2.30, 48.80), (2.31, 48.80))
    assert (route.travel_s, route.length_m) == (expected, pytest.approx(straight_m * DETOUR))
    assert roads.polyline((2.30, 48.80), (2.31, 48.80)) == [(2.30, 48.80), (2.31, 48.80)]
    assert roads.period(datetime(2026, 3, 2, 8, tzinfo=UTC)) is None
    on_foot = CrowFlyRoads("walk").route((2.30, 48.80), (2.31, 48.80))
    assert on_foot.travel_s == pytest.approx(route.travel_s * 25 / 4.5, abs=6)
