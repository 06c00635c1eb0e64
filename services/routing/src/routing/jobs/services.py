"""What the worker gives its handlers, as `Job.services`."""

from dataclasses import dataclass
from pathlib import Path

from routing.domain.travel_engine import EngineName
from routing.store.bundle_blobs import BundleBlobs


@dataclass(frozen=True, slots=True)
class WorkerServices:
    """Where road graphs are kept and what they are built from, and what searches and plans."""

    bundles: BundleBlobs
    import_dir: Path
    engine: EngineName | None
    search_processes: int = 1
