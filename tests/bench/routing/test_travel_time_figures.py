"""What a road graph costs to import, and how fast its travel times are, beside SciPy's."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from routing.store.bundle import read_network
from routing.store.graph_build import build_bundle
from routing.store.roads import open_roads

pytestmark = pytest.mark.bench

PORTO = Path(__file__).parents[4] / "shared" / "data" / "osm" / "porto.osm.pbf"
POINTS = 1000
IMPORT = (
    "import resource, sys, time\n"
    "from pathlib import Path\n"
    "from routing.store.graph_build import build_bundle\n"
    "start = time.process_time()\n"
    "build_bundle(Path(sys.argv[1]), Path(sys.argv[2]))\n"
    "used = resource.getrusage(resource.RUSAGE_SELF)\n"
    "print(time.process_time() - start, used.ru_maxrss / 1024)\n"
)


@pytest.fixture(scope="module")
def porto(tmp_path_factory):
    if not PORTO.exists():
        pytest.skip("the extract porto.osm.pbf is not on this machine")
    directory = tmp_path_factory.mktemp("porto") / "graph"
    build_bundle(PORTO, directory)
    return directory


def cpu_s(action):
    start = time.process_time()
    result = action()
    return time.process_time() - start, result


def test_importing_a_city_takes_seconds_and_little_memory(porto, tmp_path):
    ran = subprocess.run(
        [sys.executable, "-c", IMPORT, PORTO, tmp_path / "graph"],
        capture_output=True,
        text=True,
        check=True,
    )
    seconds, megabytes = map(float, ran.stdout.split())
    print(f"\nimport of Porto: {seconds:.1f} CPU s, {megabytes:.0f} MB at most")
    assert seconds < 45
    assert megabytes < 600


def test_a_thousand_by_a_thousand_is_eight_times_faster_than_scipy(porto):
    network = read_network(porto)
    rng = np.random.default_rng(1)
    node = rng.integers(0, network.n_nodes, POINTS)
    lon = network.node_lon_e7[node] / 1e7 + rng.normal(0, 6e-4, POINTS)
    lat = network.node_lat_e7[node] / 1e7 + rng.normal(0, 5e-4, POINTS)
    opened_s, roads = cpu_s(lambda: open_roads(porto))
    fast_s, (travel_s, _) = cpu_s(lambda: roads.matrix(lon, lat))
    exact = open_roads(porto, "dijkstra")
    few = exact.snap(lon[:50], lat[:50])
    slow_s, reference = cpu_s(lambda: exact.travel_s(few, exact.snap(lon, lat)))
    ratio = slow_s * POINTS / 50 / fast_s
    print(
        f"\nPorto, {network.n_nodes} junctions: opened in {opened_s:.2f} CPU s, matrix of {POINTS} "
        f"points with snapping {fast_s:.2f} CPU s, SciPy {ratio:.0f} times as long"
    )
    assert np.array_equal(travel_s[:50], reference)
    assert ratio > 8
