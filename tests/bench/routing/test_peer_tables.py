"""How fast matrices are beside OSRM's table and Valhalla's, on the same places of the same map.

CPU seconds, medians of five interleaved runs. OSRM (contraction hierarchies) and Valhalla are
programs: what counts is the time their processes spend on a request, including reading it, bringing
the places to the road and writing JSON. Ours is given both ways: the engine alone, and the whole
answer from request to JSON.
"""

import json
import os
import resource
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen
from uuid import UUID

import numpy as np
import pytest
from road_cases import extract

from routing.domain.road_network import degrees
from routing.store.active_roads import CurrentGraph, CurrentRoads
from routing.store.bundle import read_network
from routing.store.graph_build import build_bundle
from routing.store.roads import open_roads
from routing.use_cases.measure_travel import measure_matrix
from shared.contracts.message import Position
from shared.contracts.routing.roads import MatrixRequest

pytestmark = pytest.mark.bench

peer_engines = pytest.importorskip("peer_engines")

RUNS = 5
TICKS = os.sysconf("SC_CLK_TCK")


class ContractedOSRM:
    """OSRM prepared for tables: its hierarchy contracted, its server kept running."""

    def __init__(self, pbf, folder):
        folder.mkdir(parents=True)
        self._folder = folder
        programs = peer_engines.peers() / "osrm"
        self._routed = programs / "bin" / "osrm-routed"
        (folder / "town.osm.pbf").symlink_to(pbf)
        car = programs / "share" / "profiles" / "car.lua"
        peer_engines.run(
            [programs / "bin" / "osrm-extract", "-t", "1", "-p", car, "town.osm.pbf"], folder
        )
        peer_engines.run([programs / "bin" / "osrm-contract", "-t", "1", "town.osrm"], folder)

    @contextmanager
    def table(self, port=5917):
        """Give a function that asks for a table and tells the server's CPU seconds."""
        options = ["--algorithm", "ch", "-i", "127.0.0.1", "-p", str(port), "-t", "1"]
        command = [self._routed, *options, "--max-table-size", "5000", "town.osrm"]
        with subprocess.Popen(command, cwd=self._folder, stdout=subprocess.DEVNULL) as server:
            try:
                wait_until_it_answers(port)
                yield lambda points: asked(server.pid, port, points)
            finally:
                server.terminate()


def wait_until_it_answers(port):
    for _ in range(300):
        try:
            with urlopen(f"http://127.0.0.1:{port}/nearest/v1/driving/-8.61,41.15", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise peer_engines.NoPeersError("osrm-routed does not answer")


def asked(pid, port, points):
    places = ";".join(f"{lon:.7f},{lat:.7f}" for lon, lat in points)
    before = spent_s(pid)
    url = f"http://127.0.0.1:{port}/table/v1/driving/{places}?annotations=duration"
    with urlopen(url, timeout=300) as told:
        answer = json.load(told)
    assert len(answer["durations"]) == len(points)
    return spent_s(pid) - before


def spent_s(pid):
    """Give the CPU seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def of_children_s(action):
    """Give the CPU seconds of the programs run meanwhile."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    action()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def cpu_s(action):
    start = time.process_time()
    action()
    return time.process_time() - start


@pytest.fixture(scope="module")
def porto(tmp_path_factory):
    directory = tmp_path_factory.mktemp("porto") / "graph"
    build_bundle(extract("porto.osm.pbf"), directory)
    return directory


@pytest.fixture(scope="module")
def osrm_table(tmp_path_factory):
    try:
        osrm = ContractedOSRM(extract("porto.osm.pbf"), tmp_path_factory.mktemp("peer") / "osrm")
    except peer_engines.NoPeersError as error:
        pytest.skip(str(error))
    with osrm.table() as table:
        yield table


def places(bundle, count, seed):
    network = read_network(bundle)
    node = np.random.default_rng(seed).choice(network.n_nodes, count, replace=False)
    lon, lat = degrees(network.node_lon_e7[node]), degrees(network.node_lat_e7[node])
    return list(zip(lon.tolist(), lat.tolist(), strict=True))


def ours(roads, bundle, points, seed):
    """Time the engine between nodes, and the whole answer for places never seen."""
    current = CurrentRoads(roads, CurrentGraph(UUID(int=1), bundle, "", None))
    positions = [Position(lon=lon, lat=lat) for lon, lat in points]
    request = MatrixRequest(sources=positions, targets=positions)
    times = roads._timed[None].times
    n_nodes = read_network(bundle).n_nodes
    nodes = np.random.default_rng(seed).integers(0, n_nodes, len(points), np.int32)
    return cpu_s(lambda: times(nodes, nodes)), cpu_s(lambda: measure_matrix(current, request))


@pytest.mark.parametrize("size", [200, 1000])
def test_a_table_takes_at_most_twice_the_time_of_osrm(porto, osrm_table, size):
    roads = open_roads(porto)
    taken = []
    for seed in range(RUNS):
        points = places(porto, size, seed)
        taken.append((osrm_table(points), *ours(roads, porto, points, seed)))
    osrm_s, engine_s, whole_s = np.median(np.array(taken), axis=0).tolist()
    print(
        f"\n{size} x {size}, Porto: OSRM's table {osrm_s:.3f}, our engine {engine_s:.3f}, our "
        f"whole answer {whole_s:.3f} CPU s; engine / OSRM {engine_s / osrm_s:.2f}, whole / OSRM "
        f"{whole_s / osrm_s:.2f}"
    )
    assert engine_s <= 2 * osrm_s


def test_a_table_beside_valhalla(porto, tmp_path):
    size = 50
    try:
        valhalla = peer_engines.Valhalla(extract("porto.osm.pbf"), tmp_path)
    except peer_engines.NoPeersError as error:
        pytest.skip(str(error))
    roads = open_roads(porto)
    taken = []
    for seed in range(RUNS):
        points = places(porto, size, seed)
        one = of_children_s(lambda p=points[:1]: valhalla.seconds(p))
        all_of_them = of_children_s(lambda p=points: valhalla.seconds(p))
        taken.append((all_of_them - one, *ours(roads, porto, points, seed)))
    valhalla_s, engine_s, whole_s = np.median(np.array(taken), axis=0).tolist()
    print(
        f"\n{size} x {size}, Porto: Valhalla's matrix {valhalla_s:.2f} (less its start), our "
        f"engine {engine_s:.4f}, our whole answer {whole_s:.3f} CPU s; Valhalla / whole "
        f"{valhalla_s / whole_s:.0f}"
    )
    assert whole_s < valhalla_s
