"""A road graph built from a map file into a directory, step by step."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from routing.domain.road_check import check_network
from routing.domain.road_graph import build_network
from routing.store.bundle import BundleMeta, write_bundle
from routing.store.osm_file import read_osm


def build_bundle(
    source: Path,
    directory: Path,
    on_progress: Callable[[float, str], None] = lambda _share, _step: None,
) -> BundleMeta:
    """Build the road graph of a map file; CPU work of seconds to minutes, for a process of its own.

    Parameters
    ----------
    directory : where the graph will be; must not be there yet
    on_progress : told the share done, 0 to 1, and the step that begins

    Raises
    ------
    OsmFileError : when the file cannot be read or has no road
    NetworkUnsoundError : when the network built does not hold together
    FileExistsError : when the directory is there.
    """
    on_progress(0.0, "reading the map file")
    extract = read_osm(source)
    on_progress(0.5, "building the road network")
    built = build_network(extract.ways)
    network = built.network
    arcs, _, _ = network.arcs()
    on_progress(0.8, "looking the network over")
    check_network(network)
    on_progress(0.9, "writing the graph")
    with source.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    meta = BundleMeta(
        source_name=source.name,
        source_sha256=sha256,
        osm_timestamp=extract.timestamp,
        nodes=network.n_nodes,
        arcs=len(arcs.tail),
        length_km=float(network.edge_length_dm.sum(dtype="int64")) / 10_000,
        component_share=built.component_share,
        missing_nodes=extract.ways.missing_nodes,
        cut_ways=extract.ways.cut_ways,
        bbox=network.bbox(),
    )
    write_bundle(directory, network, extract.lodgings, meta)
    return meta
