"""The store of immutable files: a local folder or an object store, by URL."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import fsspec


@dataclass(frozen=True, slots=True)
class Blobs:
    """Files named by the sha256 of what is in them: never changed, safe to cache and to copy."""

    url: str

    def put(self, content: bytes) -> str:
        """Store bytes and return their name; storing them again is harmless."""
        name = hashlib.sha256(content).hexdigest()
        filesystem, root = fsspec.core.url_to_fs(self.url)
        path = f"{root}/{name[:2]}/{name}"
        if not filesystem.exists(path):
            filesystem.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            with filesystem.transaction, filesystem.open(path, "wb") as file:
                file.write(content)
        return name

    def get(self, name: str) -> bytes:
        """Read what was stored under a name.

        Raises
        ------
        FileNotFoundError : nothing was
        """
        filesystem, root = fsspec.core.url_to_fs(self.url)
        content: bytes = filesystem.cat_file(f"{root}/{name[:2]}/{name}")
        return content

    @property
    def folder(self) -> Path | None:
        """The local folder of the store; None when it is not local."""
        filesystem, root = fsspec.core.url_to_fs(self.url)
        return Path(root) if "file" in filesystem.protocol else None
