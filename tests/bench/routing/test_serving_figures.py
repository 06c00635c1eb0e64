"""What serving costs besides the engine: snapping, whole answers, tiles of the map.

Figures are CPU seconds; medians of five interleaved runs in one process where two are compared.
"""

import json
import time
from uuid import UUID

import numpy as np
import pytest
from road_cases import extract

from routing.domain.road_network import degrees
from routing.store.active_roads import CurrentGraph, CurrentRoads
from routing.store.bundle import read_meta, read_network
from routing.store.graph_build import build_bundle
from routing.store.roads import open_basemap, open_roads
from routing.use_cases.draw_tile import packed_tile
from routing.use_cases.measure_travel import measure_matrix
from shared.contracts.message import Position
from shared.contracts.routing.roads import MatrixRequest

pytestmark = pytest.mark.bench

RUNS = 5
PORTO_DEG = (-8.62, 41.16)


@pytest.fixture(scope="module")
def porto(tmp_path_factory):
    directory = tmp_path_factory.mktemp("porto") / "graph"
    build_bundle(extract("porto.osm.pbf"), directory)
    return directory


def cpu_s(action):
    start = time.process_time()
    result = action()
    return time.process_time() - start, result


def noisy_points(bundle, count, seed=1):
    """Draw points around junctions, as addresses lie: 60 m off on average."""
    network = read_network(bundle)
    rng = np.random.default_rng(seed)
    node = rng.integers(0, network.n_nodes, count)
    lon = degrees(network.node_lon_e7[node]) + rng.normal(0, 7e-4, count)
    return lon, degrees(network.node_lat_e7[node]) + rng.normal(0, 5e-4, count)


def brute_force_m(bundle, plane, lon, lat):
    """Measure from each point to every segment one may stop on; give the least."""
    network = read_network(bundle)
    count = np.diff(network.geometry_offsets)
    edge = np.repeat(np.arange(network.n_edges), count)
    metres = plane.to_metres(*degrees(network.geometry_e7).T)
    joined = (edge[1:] == edge[:-1]) & network.edge_may_stop[edge[1:]]
    start, along = metres[:-1][joined], np.diff(metres, axis=0)[joined]
    squared = np.maximum((along**2).sum(axis=1), 1e-12)
    found = []
    for point in plane.to_metres(lon, lat):
        share = np.clip(((point - start) * along).sum(axis=1) / squared, 0, 1)
        off = point - start - share[:, None] * along
        found.append(np.sqrt((off**2).sum(axis=1).min()))
    return np.array(found)


def test_a_thousand_points_are_snapped_within_a_metre_of_brute_force(porto):
    roads = open_roads(porto)
    lon, lat = noisy_points(porto, 1000)
    taken = [cpu_s(lambda: roads.snap(lon, lat)) for _ in range(RUNS)]
    snaps = taken[0][1]
    brute = brute_force_m(porto, roads._snapper.plane, lon, lat)
    worst = float(np.abs(snaps.distance_m - brute).max())
    seconds = float(np.median([it for it, _ in taken]))
    states = snaps.states()
    print(
        f"\nsnapping 1,000 points: {seconds:.3f} CPU s; farthest from brute force {worst:.6f} m; "
        f"{states.count('exact')} exact, {states.count('approximate')} approximate, "
        f"{states.count('refused')} refused"
    )
    assert worst <= 1.0
    assert seconds < 1.0


def test_a_whole_answer_for_new_places_costs_little_more_than_the_engine(porto):
    """From the request read to the JSON written, snapping 200 points never seen."""
    roads = open_roads(porto)
    graph = CurrentGraph(UUID(int=1), porto, "", read_meta(porto).bbox)
    engine, whole, known = [], [], []
    for run in range(RUNS):
        lon, lat = noisy_points(porto, 200, seed=run)
        points = [Position(lon=x, lat=y) for x, y in zip(lon, lat, strict=True)]
        request = MatrixRequest(sources=points, targets=points)
        nodes = np.random.default_rng(run).integers(0, read_network(porto).n_nodes, 200, np.int32)
        times = roads._timed[None].times
        engine.append(cpu_s(lambda n=nodes, t=times: t(n, n))[0])
        current = CurrentRoads(roads, graph)
        whole.append(cpu_s(lambda c=current, r=request: measure_matrix(c, r))[0])
        known.append(cpu_s(lambda c=current, r=request: measure_matrix(c, r))[0])
    engine_s, whole_s, known_s = (float(np.median(it)) for it in (engine, whole, known))
    print(
        f"\n200 x 200 new places: engine between nodes {engine_s:.3f}, whole answer {whole_s:.3f}, "
        f"asked again {known_s:.3f} CPU s"
    )
    assert whole_s <= 4 * engine_s + 0.3


def test_tiles_are_small_and_quickly_drawn(porto):
    basemap = open_basemap(porto)
    graph = CurrentGraph(UUID(int=1), porto, "© OpenStreetMap contributors", None)
    sizes, cold, bare, warm = [], [], [], []
    for place in tiles_over(read_meta(porto).bbox):
        bare_s, roads = cpu_s(lambda p=place: basemap.tile(*p))
        if not roads:
            continue
        cold_s, tile = cpu_s(lambda p=place: packed_tile(basemap, graph, p))
        warm_s, again = cpu_s(lambda p=place: packed_tile(basemap, graph, p))
        assert again == tile
        sizes.append(len(tile) / 1000)
        cold.append(cold_s)
        bare.append(bare_s)
        warm.append(warm_s)
    p95 = float(np.percentile(sizes, 95))
    ratio = float(np.median(np.array(cold) / np.array(bare)))
    print(
        f"\n{len(sizes)} tiles, zoom 8 to 16: p50 {np.median(sizes):.1f}, p95 {p95:.1f}, largest "
        f"{max(sizes):.1f} kB packed; cold p50 {np.median(cold) * 1000:.1f}, p95 "
        f"{np.percentile(cold, 95) * 1000:.1f} ms of CPU, {ratio:.2f} times the bare array work "
        f"(p50 {np.median(bare) * 1000:.1f} ms); warm {np.median(warm) * 1000:.2f} ms"
    )
    assert p95 <= 20


def tiles_over(bbox, most_per_zoom=150):
    """List tiles that lie over a box; at near zooms, some of those around the middle of town."""
    west, south, east, north = bbox
    for zoom in range(8, 17):
        size = 2**zoom
        left, right = (int((lon + 180) / 360 * size) for lon in (west, east))
        top, bottom = (int(mercator(lat) * size) for lat in (north, south))
        places = [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]
        middle = np.array([(PORTO_DEG[0] + 180) / 360 * size, mercator(PORTO_DEG[1]) * size])
        away = np.hypot(*(np.array(places) + 0.5 - middle).T)
        for number in np.argsort(away)[:most_per_zoom].tolist():
            yield zoom, *places[number]


def mercator(lat):
    return 0.5 - np.arctanh(np.sin(np.radians(lat))) / (2 * np.pi)


def test_lengths_are_added_up_way_by_way(porto):
    roads = open_roads(porto)
    snaps = roads.snap(*noisy_points(porto, 100))
    roads.travel_s(snaps, snaps)
    seconds, length_m = cpu_s(lambda: roads.length_m(snaps, snaps))
    print(f"\nlengths of 100 x 100 ways: {seconds:.2f} CPU s")
    assert json.dumps(length_m.tolist())
    assert (length_m >= 0).all()
