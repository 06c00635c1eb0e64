"""Road graphs for other tools: as osmnx's multigraph, saved as GraphML or GeoPackage.

Imported only when asked for: osmnx takes seconds and hundreds of megabytes to load.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import networkx as nx
import numpy as np
import osmnx
import shapely

from routing.domain.road_network import RoadNetwork, degrees

SUFFIXES = (".graphml", ".gpkg")


def exported_graph(network: RoadNetwork) -> nx.MultiDiGraph:
    """Make the multigraph osmnx reads and writes: one edge per direction that may be driven.

    Nodes and stretches (`osmid`, the same both ways) are numbered as in the network: it does not
    keep the map's ids. `travel_time`, seconds, holds the delays of lights and junctions, and
    `speed_kph` is what remains with them.
    """
    graph = nx.MultiDiGraph(crs="epsg:4326", created_with="ronde", simplified=True)
    meeting = np.bincount(np.concatenate([network.edge_from, network.edge_to]))
    nodes = {
        "x": degrees(network.node_lon_e7).tolist(),
        "y": degrees(network.node_lat_e7).tolist(),
        "street_count": meeting.tolist(),
    }
    graph.add_nodes_from(enumerate(_rows(nodes)))
    arcs, arc_edge, runs_back = network.arcs()
    lines = _lines(network)[arc_edge]
    lines[runs_back] = shapely.reverse(lines[runs_back])
    length_m = network.edge_length_dm[arc_edge] / 10
    travel_s = arcs.weight_ms / 1000
    both_ways = (network.edge_forward_ms >= 0) & (network.edge_backward_ms >= 0)
    edges = {
        "osmid": arc_edge.tolist(),
        "length": length_m.tolist(),
        "travel_time": travel_s.tolist(),
        "speed_kph": (length_m / travel_s * 3.6).tolist(),
        "oneway": (~both_ways[arc_edge]).tolist(),
        "reversed": runs_back.tolist(),
        "geometry": lines.tolist(),
    }
    graph.add_edges_from(zip(arcs.tail.tolist(), arcs.head.tolist(), _rows(edges), strict=True))
    return graph


def save_exported(network: RoadNetwork, out: Path) -> tuple[int, int]:
    """Write a network as GraphML or, by the suffix `.gpkg`, as GeoPackage; count nodes and edges.

    Raises
    ------
    ValueError : the suffix is neither
    """
    if out.suffix not in SUFFIXES:
        raise ValueError(f"{out.name} must end in {' or '.join(SUFFIXES)}")
    graph = exported_graph(network)
    if out.suffix == ".gpkg":
        osmnx.save_graph_geopackage(graph, out, directed=True)
    else:
        osmnx.save_graphml(graph, out)
    return len(graph.nodes), len(graph.edges)


def _rows(columns: Mapping[str, Sequence[object]]) -> Iterator[dict[str, object]]:
    for row in zip(*columns.values(), strict=True):
        yield dict(zip(columns, row, strict=True))


def _lines(network: RoadNetwork) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    lon, lat = degrees(network.geometry_e7).T
    edge = np.repeat(np.arange(network.n_edges), np.diff(network.geometry_offsets))
    lines: np.ndarray[tuple[int], np.dtype[np.object_]] = shapely.linestrings(
        np.column_stack([lon, lat]), indices=edge
    )
    return lines
