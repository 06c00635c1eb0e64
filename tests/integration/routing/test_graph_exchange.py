"""Road graphs leave as what osmnx and desktop maps read."""

from dataclasses import replace
from pathlib import Path

import geopandas
import networkx as nx
import numpy as np
import osmnx
import pytest
from typer.testing import CliRunner

from routing.cli import graph_commands
from routing.domain.road_network import NO_EDGE
from routing.domain.travel_times import travel_times
from routing.store.bundle import read_network
from routing.store.graph_build import build_bundle

OSM = Path(__file__).parents[4] / "shared" / "data" / "osm" / "paris_bss.osm.pbf"


@pytest.fixture(scope="module")
def graph(tmp_path_factory):
    if not OSM.exists():
        pytest.skip(f"the extract {OSM.name} is not on this machine")
    directory = tmp_path_factory.mktemp("graph") / "paris"
    build_bundle(OSM, directory)
    return directory


def export(graph, out):
    return CliRunner().invoke(graph_commands, ["export", "--graph", str(graph), "--out", str(out)])


def junctions(network):
    return np.unique(np.concatenate([network.edge_from, network.edge_to]))


def directions(network):
    _, edge, _ = network.arcs()
    return int((edge != NO_EDGE).sum())


def check_times(loaded, network):
    """Compare a sample of shortest times with the exact engine's."""
    unruled = replace(
        network,
        edge_forward_tail=network.edge_from,
        edge_forward_head=network.edge_to,
        edge_backward_tail=network.edge_to,
        edge_backward_head=network.edge_from,
    )
    nodes = junctions(network)
    nodes = nodes[:: len(nodes) // 7]
    times_ms = travel_times(unruled.arcs()[0], engine="dijkstra")(nodes, nodes)
    refs = network.node_ref[nodes].tolist()
    for row, source in enumerate(refs):
        found = nx.single_source_dijkstra_path_length(loaded, source, weight="travel_time")
        expected = times_ms[row] / 1000
        assert [found[ref] for ref in refs] == pytest.approx(expected.tolist())


def test_a_graph_exported_as_graphml_comes_back_the_same_in_osmnx(graph, tmp_path):
    ran = export(graph, tmp_path / "paris.graphml")
    assert ran.exit_code == 0, ran.output
    network = read_network(graph)
    loaded = osmnx.load_graphml(tmp_path / "paris.graphml")
    counts = len(junctions(network)), directions(network)
    assert f"{counts[0]:,} junctions and {counts[1]:,} edges" in ran.output
    assert (len(loaded.nodes), len(loaded.edges)) == counts
    names = {told.get("name") for _, _, told in loaded.edges(data=True)}
    assert "Rue de Bretagne" in names
    check_times(loaded, network)
    for start, end, told in loaded.edges(data=True):
        ends = [(loaded.nodes[node]["x"], loaded.nodes[node]["y"]) for node in (start, end)]
        assert np.allclose([told["geometry"].coords[0], told["geometry"].coords[-1]], ends)
        assert told["speed_kph"] * told["travel_time"] / 3.6 == pytest.approx(told["length"])
    assert any(told["oneway"] for _, _, told in loaded.edges(data=True))


def test_a_graph_exported_as_geopackage_comes_back_the_same_in_osmnx(graph, tmp_path):
    ran = export(graph, tmp_path / "paris.gpkg")
    assert ran.exit_code == 0, ran.output
    network = read_network(graph)
    nodes = geopandas.read_file(tmp_path / "paris.gpkg", layer="nodes").set_index("osmid")
    edges = geopandas.read_file(tmp_path / "paris.gpkg", layer="edges").set_index(["u", "v", "key"])
    loaded = osmnx.graph_from_gdfs(nodes, edges)
    assert len(loaded.edges) == directions(network)
    check_times(loaded, network)


def test_osmnx_measures_its_own_statistics_on_what_was_exported(graph, tmp_path):
    export(graph, tmp_path / "paris.graphml")
    told = osmnx.basic_stats(osmnx.load_graphml(tmp_path / "paris.graphml"))
    assert told["n"] == len(junctions(read_network(graph)))
    assert told["edge_length_total"] > 40_000


def test_a_file_of_another_kind_is_refused_with_the_two_that_are_known(graph, tmp_path):
    ran = export(graph, tmp_path / "paris.shp")
    assert ran.exit_code == 1
    assert "paris.shp must end in .graphml or .gpkg" in ran.output
    assert not (tmp_path / "paris.shp").exists()


def test_a_folder_without_a_graph_is_refused_in_words(tmp_path):
    ran = export(tmp_path, tmp_path / "paris.graphml")
    assert ran.exit_code == 1
    assert "holds no road graph: build one with `ronde graph build`" in ran.output
