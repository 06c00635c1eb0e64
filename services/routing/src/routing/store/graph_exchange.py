"""Road graphs for other tools: as osmnx's multigraph, saved as GraphML or GeoPackage.

Imported only when asked for: osmnx takes seconds and hundreds of megabytes to load.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import networkx as nx
import numpy as np
import osmnx
import shapely

from routing.domain.profiles import ROAD_CLASSES
from routing.domain.road_network import NO_EDGE, Bool, Float64, Int32, RoadNetwork, degrees
from routing.domain.road_texts import RoadTexts

SUFFIXES = (".graphml", ".gpkg")


def exported_graph(network: RoadNetwork, texts: RoadTexts) -> nx.MultiDiGraph:
    """Make the multigraph osmnx reads and writes: one edge per direction that may be driven.

    Nodes are the junctions, by the map's numbers (negative where a barrier cut the road); `osmid`
    of an edge is one of its ways. `travel_time`, seconds, holds the delays of lights and
    junctions, and `speed_kph` is what remains with them. Forbidden turns are lost: osmnx knows
    none.
    """
    graph = nx.MultiDiGraph(crs="epsg:4326", created_with="ronde", simplified=True)
    junctions, meeting = np.unique(
        np.concatenate([network.edge_from, network.edge_to]), return_counts=True
    )
    ref = network.node_ref
    nodes = {
        "x": degrees(network.node_lon_e7[junctions]).tolist(),
        "y": degrees(network.node_lat_e7[junctions]).tolist(),
        "street_count": meeting.tolist(),
    }
    graph.add_nodes_from(zip(ref[junctions].tolist(), _rows(nodes), strict=True))
    arcs, arc_edge, runs_back = network.arcs()
    on_road = arc_edge != NO_EDGE
    edge, back = arc_edge[on_road], runs_back[on_road]
    tail = ref[np.where(back, network.edge_to[edge], network.edge_from[edge])]
    head = ref[np.where(back, network.edge_from[edge], network.edge_to[edge])]
    columns = _columns(network, texts, (edge, back, arcs.weight_ms[on_road] / 1000))
    graph.add_edges_from(zip(tail.tolist(), head.tolist(), _rows(columns), strict=True))
    return graph


def _columns(
    network: RoadNetwork, texts: RoadTexts, directions: tuple[Int32, Bool, Float64]
) -> dict[str, Sequence[object]]:
    """Tell of each direction of an edge: which edge, whether run back, and its seconds."""
    edge, back, travel_s = directions
    lines = _lines(network)[edge]
    lines[back] = shapely.reverse(lines[back])
    length_m = network.edge_length_dm[edge] / 10
    both_ways = (network.edge_forward_ms >= 0) & (network.edge_backward_ms >= 0)
    return {
        "osmid": network.edge_way[edge].tolist(),
        "highway": [ROAD_CLASSES[number] for number in network.edge_class[edge].tolist()],
        "name": [texts[number] or "" for number in network.edge_name[edge].tolist()],
        "ref": [texts[number] or "" for number in network.edge_number[edge].tolist()],
        "length": length_m.tolist(),
        "travel_time": travel_s.tolist(),
        "speed_kph": (length_m / travel_s * 3.6).tolist(),
        "oneway": (~both_ways[edge]).tolist(),
        "reversed": back.tolist(),
        "geometry": lines.tolist(),
    }


def save_exported(network: RoadNetwork, texts: RoadTexts, out: Path) -> tuple[int, int]:
    """Write a network as GraphML or, by the suffix `.gpkg`, as GeoPackage; count nodes and edges.

    Raises
    ------
    ValueError : the suffix is neither
    """
    if out.suffix not in SUFFIXES:
        raise ValueError(f"{out.name} must end in {' or '.join(SUFFIXES)}")
    graph = exported_graph(network, texts)
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
