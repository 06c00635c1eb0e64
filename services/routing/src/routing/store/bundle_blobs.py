"""Road graphs and timetables in the store of immutable files.

They are packed to travel, and unpacked once to be read.
"""

import os
import shutil
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from shared.blobs import Blobs


@dataclass(frozen=True, slots=True)
class BundleBlobs:
    """The graphs in a store, and the folder they are unpacked in, which processes share."""

    blobs: Blobs
    folder: Path

    @classmethod
    def at(cls, blobs_url: str, cache_dir: Path | None) -> "BundleBlobs":
        """Open the graphs of a store; without a folder, choose one."""
        blobs = Blobs(blobs_url)
        if cache_dir is not None:
            return cls(blobs, cache_dir)
        if blobs.folder is not None:
            return cls(blobs, blobs.folder / "unpacked")
        return cls(blobs, _private_folder())

    def put(self, bundle: Path) -> str:
        """Store a graph's directory; give the name it is found by."""
        with tempfile.TemporaryDirectory(prefix="ronde-graph-") as aside:
            packed = Path(aside) / "bundle.tar"
            with tarfile.open(packed, "w") as archive:
                for file in sorted(bundle.iterdir()):
                    archive.add(file, file.name, filter=_anonymous)
            return self.blobs.put_file(packed)

    def path(self, name: str) -> Path:
        """Give the directory of a stored graph, unpacked on first use; readers may race."""
        directory = self.folder / name
        if directory.exists():
            return directory
        self.folder.mkdir(parents=True, exist_ok=True)
        aside = self.folder / f".{name}.{uuid4().hex}"
        try:
            with self.blobs.open(name) as packed, tarfile.open(fileobj=packed) as archive:
                archive.extractall(aside, filter="data")
            aside.rename(directory)
        except OSError:
            # Another process may have unpacked it first.
            if not directory.exists():
                raise
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return directory


def _private_folder() -> Path:
    """Give a folder for temporary files that other users of the machine cannot write."""
    folder = Path(tempfile.gettempdir()) / f"ronde-graphs-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to another user: set ROUTING_CACHE_DIR")
    return folder


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who built it and when, so that equal graphs have one name."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    return member
