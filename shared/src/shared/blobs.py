"""The store of immutable files: a local folder or an object store, by URL."""

import hashlib
import io
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import fsspec


@dataclass(frozen=True, slots=True)
class Blobs:
    """Files named by the sha256 of what is in them: never changed, safe to copy."""

    url: str

    def put(self, content: bytes) -> str:
        """Store bytes and return their name; storing them again is harmless."""
        return self._store(io.BytesIO(content))

    def put_file(self, path: Path) -> str:
        """Store what is in a file, without holding it in memory, and return its name."""
        with path.open("rb") as file:
            return self._store(file)

    def _store(self, content: io.BytesIO | io.BufferedReader) -> str:
        name = hashlib.file_digest(content, "sha256").hexdigest()
        content.seek(0)
        folder = self.folder
        if folder is None:
            self._store_remotely(content, name)
        else:
            _store_in(folder / name[:2], content, name)
        return name

    def _store_remotely(self, content: BinaryIO, name: str) -> None:
        # A transaction belongs to its file system object: threads must not share one.
        filesystem, root = fsspec.core.url_to_fs(self.url, skip_instance_cache=True)
        path = f"{root}/{name[:2]}/{name}"
        if not filesystem.exists(path):
            filesystem.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            with filesystem.transaction, filesystem.open(path, "wb") as file:
                shutil.copyfileobj(content, file)

    def open(self, name: str) -> BinaryIO:
        """Open what was stored under a name, to be read piece by piece.

        Raises
        ------
        FileNotFoundError : nothing was
        """
        filesystem, root = fsspec.core.url_to_fs(self.url)
        opened: BinaryIO = filesystem.open(f"{root}/{name[:2]}/{name}", "rb")
        return opened

    def get(self, name: str) -> bytes:
        """Read what was stored under a name.

        Raises
        ------
        FileNotFoundError : nothing was
        """
        filesystem, root = fsspec.core.url_to_fs(self.url)
        content: bytes = filesystem.cat_file(f"{root}/{name[:2]}/{name}")
        return content

    def remove(self, name: str) -> bool:
        """Remove what was stored under a name; False when nothing was."""
        filesystem, root = fsspec.core.url_to_fs(self.url)
        try:
            filesystem.rm_file(f"{root}/{name[:2]}/{name}")
        except FileNotFoundError:
            return False
        return True

    @property
    def folder(self) -> Path | None:
        """The local folder of the store; None when it is not local."""
        filesystem, root = fsspec.core.url_to_fs(self.url)
        return Path(root) if "file" in filesystem.protocol else None


def _store_in(folder: Path, content: BinaryIO, name: str) -> None:
    """Write a local file so that it is whole whenever it has its name.

    A transaction of fsspec writes elsewhere and moves: across file systems that is a copy, and one
    cut short would be taken for the file.
    """
    if (folder / name).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{name}.{uuid4().hex}"
    try:
        with aside.open("xb") as file:
            shutil.copyfileobj(content, file)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(folder / name)
    finally:
        aside.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class NamedFiles:
    """Small files under names of their own, beside the blobs: written once, listed."""

    url: str

    def put(self, name: str, content: bytes) -> None:
        """Write a file; the same again is harmless."""
        filesystem, root = fsspec.core.url_to_fs(self.url)
        filesystem.makedirs(root, exist_ok=True)
        filesystem.pipe_file(f"{root}/{name}", content)

    def names(self) -> list[str]:
        """List the files there are."""
        filesystem, root = fsspec.core.url_to_fs(self.url)
        try:
            found = filesystem.ls(root, detail=False)
        except FileNotFoundError:
            return []
        return sorted(str(it).rpartition("/")[2] for it in found)

    def get(self, name: str) -> bytes:
        """Read a file.

        Raises
        ------
        FileNotFoundError : there is none
        """
        filesystem, root = fsspec.core.url_to_fs(self.url)
        content: bytes = filesystem.cat_file(f"{root}/{name}")
        return content
