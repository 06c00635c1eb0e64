"""What the worker gives its handlers, as `Job.services`."""

from dataclasses import dataclass
from pathlib import Path

from routing.store.bundle_blobs import BundleBlobs


@dataclass(frozen=True, slots=True)
class WorkerServices:
    """Where road graphs are kept, and the folder they may be built from."""

    bundles: BundleBlobs
    import_dir: Path
