"""Build a road graph in a process of its own: fetch the file, build, store."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from routing.domain.road_check import (
    Extent,
    check_journeys,
    check_succession,
    sampled_journeys,
)
from routing.domain.speeds import HOME
from routing.store.bundle import BundleError, BundleMeta, read_meta, read_network
from routing.store.bundle_blobs import BundleBlobs
from routing.store.graph_build import build_bundle
from routing.store.roads import open_roads
from shared.blobs import Blobs


@dataclass(frozen=True, slots=True)
class GraphSource:
    """Where the map file is: on this machine, or a blob (then `path` is the name it came under).

    `served` is the stored graph that the new one must resemble; None asks for no resemblance.
    """

    path: Path
    blob: str | None = None
    country: str = HOME
    served: str | None = None


@dataclass(frozen=True, slots=True)
class StoredGraph:
    """A graph in the store, ready to serve."""

    bundle: str
    meta: BundleMeta
    changed_share: float | None = None


def build_graph(
    report: Callable[[float, str], None],
    source: GraphSource,
    blobs_url: str,
    cache_dir: Path | None = None,
) -> StoredGraph:
    """Build the graph of a map file and store it.

    Raises
    ------
    OsmFileError : the file cannot be used; the message says what to do
    NetworkUnsoundError : the network built does not hold together
    GraphRefusedError : it is too unlike the graph that serves
    """
    bundles = BundleBlobs.at(blobs_url, cache_dir)
    with tempfile.TemporaryDirectory(prefix="ronde-import-") as folder:
        file = source.path if source.blob is None else fetched(source, blobs_url, Path(folder))
        directory = Path(folder) / "graph"
        meta = build_bundle(
            file,
            directory,
            lambda share, step: report(0.8 * share, step),
            country=source.country,
        )
        changed_share = None
        if source.served is not None:
            report(0.8, "comparing with the graph in use")
            changed_share = _compared(bundles, source.served, directory)
        report(0.9, "storing the graph")
        # Unpacked where it is first opened, not here: only the packed form is needed.
        return StoredGraph(bundles.put(directory), meta, changed_share)


def _compared(bundles: BundleBlobs, served: str, new: Path) -> float | None:
    """Give the share of journeys that changed; None where the graph in use cannot be compared."""
    try:
        in_use = bundles.path(served)
        before, roads = read_meta(in_use), read_network(in_use)
    except (BundleError, OSError):
        # What cannot be read any more must not keep its successor from serving.
        return None
    check_succession(_extent(before), _extent(read_meta(new)))
    journeys = sampled_journeys(roads, read_network(new))
    return check_journeys(open_roads(in_use), open_roads(new), journeys)


def _extent(meta: BundleMeta) -> Extent:
    drive = meta.drive
    applied = drive.restrictions.get("applied", 0)
    return Extent(drive.nodes, drive.component_share, meta.bbox, applied)


def fetched(source: GraphSource, blobs_url: str, folder: Path) -> Path:
    """Bring a file that was sent to us into a folder of this machine."""
    file = folder / source.path.name
    with Blobs(blobs_url).open(source.blob or "") as stored, file.open("wb") as copy:
        shutil.copyfileobj(stored, copy)
    return file
