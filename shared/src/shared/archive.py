"""An archive of parts in one file: a tar that ends with a manifest, and the manifest's digest.

The manifest has the digest of each part. One that was cut off lacks the end, and a byte that
changed changes a digest.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError

MANIFEST, SEAL = "manifest.json", "manifest.sha256"
LONGEST_MANIFEST = 1 << 30


class ArchiveError(Exception):
    """An archive that cannot be trusted, or not be made; the message says what to do."""


class Part(BaseModel):
    """A file in an archive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    size: int
    sha256: str


class Manifest(BaseModel):
    """What an archive holds: `schemas` is the migration each database is at, by service."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1] = 1
    made_at: datetime
    versions: dict[str, str]
    schemas: dict[str, str]
    parts: list[Part]


class ArchiveWriter:
    """Adds parts to an archive that is being written."""

    def __init__(self, file: tarfile.TarFile) -> None:
        self._file = file
        self.parts: list[Part] = []

    def add(self, name: str, path: Path) -> None:
        """Add what is in a file.

        Raises
        ------
        FileNotFoundError : it is not there
        """
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
            size = content.tell()
            content.seek(0)
            self._file.addfile(_member(name, size), content)
        self.parts.append(Part(name=name, size=size, sha256=digest))

    def end(
        self, *, made_at: datetime, versions: dict[str, str], schemas: dict[str, str]
    ) -> Manifest:
        """Add the manifest and its digest."""
        manifest = Manifest(made_at=made_at, versions=versions, schemas=schemas, parts=self.parts)
        text = manifest.model_dump_json(indent=1).encode()
        seal = hashlib.sha256(text).hexdigest().encode()
        self._file.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))
        self._file.addfile(_member(SEAL, len(seal)), io.BytesIO(seal))
        return manifest


def _member(name: str, size: int) -> tarfile.TarInfo:
    """Describe a part without who made it."""
    member = tarfile.TarInfo(name)
    member.size = size
    member.mode = 0o600
    return member


@contextmanager
def writing(path: Path) -> Iterator[ArchiveWriter]:
    """Write an archive that only its owner can read: it has its name once it was read again.

    Raises
    ------
    ArchiveError : a file of that name is there, or what was written cannot be read again
    """
    if path.exists():
        raise ArchiveError(f"{path} is there already; name a new file")
    aside = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as archive:
                yield ArchiveWriter(archive)
            file.flush()
            os.fsync(file.fileno())
        checked(aside)
        aside.rename(path)
    finally:
        aside.unlink(missing_ok=True)


def checked(path: Path) -> Manifest:
    """Read an archive whole, and compare every part with its manifest.

    Raises
    ------
    ArchiveError : it is none, or something in it is not as it was written
    """
    try:
        with tarfile.open(path, "r:") as archive:
            found, text = _read(archive)
    except (tarfile.TarError, EOFError) as error:
        raise ArchiveError(f"{path} is no backup, or a damaged one ({error})") from error
    if text is None:
        raise ArchiveError(
            f"{path} is cut off or damaged: its manifest is not whole; take another backup"
        )
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        raise ArchiveError(
            f"{path} was made by another version of Ronde, or is damaged: its manifest is not known"
        ) from error
    told = {it.name: it for it in manifest.parts}
    wrong = sorted(name for name in told.keys() | found if told.get(name) != found.get(name))
    if wrong or len(told) != len(manifest.parts):
        raise ArchiveError(
            f"{path} is damaged: {', '.join(wrong[:5])} is not as it was written; "
            "take another backup"
        )
    return manifest


def _read(archive: tarfile.TarFile) -> tuple[dict[str, Part], bytes | None]:
    """Read all parts, and the manifest at their end, where its digest follows."""
    found: dict[str, Part] = {}
    text: bytes | None = None
    for member in archive:
        content = _content(archive, member)
        if member.name in {MANIFEST, SEAL} and member.size < LONGEST_MANIFEST:
            told = content.read()
            if member.name == SEAL:
                sealed = text is not None and hashlib.sha256(text).hexdigest().encode() == told
                return found, text if sealed else None
            text = told
            continue
        digest, size = hashlib.sha256(), 0
        while piece := content.read(1 << 20):
            digest.update(piece)
            size += len(piece)
        found[member.name] = Part(name=member.name, size=size, sha256=digest.hexdigest())
    return found, None


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    name = PurePosixPath(member.name)
    content = archive.extractfile(member) if member.isreg() else None
    if content is None or name.is_absolute() or ".." in name.parts:
        raise ArchiveError(f"{member.name} is nothing a backup holds; take another backup")
    return content


def extract(path: Path, targets: Mapping[str, Path]) -> None:
    """Write parts of a checked archive to files of their own, readable by their owner alone."""
    with tarfile.open(path, "r:") as archive:
        for member in archive:
            target = targets.get(member.name)
            if target is None:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file, _content(archive, member) as content:
                while piece := content.read(1 << 20):
                    file.write(piece)
