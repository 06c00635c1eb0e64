"""Build a road graph in a process of its own: fetch the file, build, store."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from routing.store.bundle import BundleMeta
from routing.store.bundle_blobs import BundleBlobs
from routing.store.graph_build import build_bundle
from shared.blobs import Blobs


@dataclass(frozen=True, slots=True)
class GraphSource:
    """Where the map file is: on this machine, or a blob (then `path` is the name it came under)."""

    path: Path
    blob: str | None = None


@dataclass(frozen=True, slots=True)
class StoredGraph:
    """A graph in the store, ready to serve."""

    bundle: str
    meta: BundleMeta


def build_graph(
    report: Callable[[float, str], None], source: GraphSource, blobs_url: str
) -> StoredGraph:
    """Build the graph of a map file and store it.

    Raises
    ------
    OsmFileError : the file cannot be used; the message says what to do
    NetworkUnsoundError : the network built does not hold together
    """
    with tempfile.TemporaryDirectory(prefix="ronde-import-") as folder:
        file = source.path if source.blob is None else _fetched(source, blobs_url, Path(folder))
        directory = Path(folder) / "graph"
        meta = build_bundle(file, directory, lambda share, step: report(0.9 * share, step))
        report(0.9, "storing the graph")
        # Unpacked where it is first opened, not here: only the packed form is needed.
        bundle = BundleBlobs(Blobs(blobs_url), Path(folder)).put(directory)
    return StoredGraph(bundle, meta)


def _fetched(source: GraphSource, blobs_url: str, folder: Path) -> Path:
    file = folder / source.path.name
    with Blobs(blobs_url).open(source.blob or "") as stored, file.open("wb") as copy:
        shutil.copyfileobj(stored, copy)
    return file
