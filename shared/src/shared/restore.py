"""Restore a backup into a new directory, for `ronde serve`: whole, or not at all."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path, PurePosixPath

from shared import postgres
from shared.archive import ArchiveError, Manifest, checked, extract
from shared.backup import BLOBS, DATABASES, FILES, KEY_FILE, kept_files, run_tool
from shared.migrate import is_known
from shared.postgres import EmbeddedPostgres
from shared.serve import UNFINISHED
from shared.service import GROUP
from shared.terminal import Tell

PURGES = "purges"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored; `later_purges` came from elsewhere and are done again when it serves."""

    manifest: Manifest
    later_purges: int


def restore(archive: Path, directory: Path, purges_of: Path | None, tell: Tell) -> Restored:
    """Restore an archive into a directory that has no data yet.

    Nothing is written before all of the archive was compared with its manifest.

    Parameters
    ----------
    purges_of : the data directory served last: what was purged after the backup stays purged

    Raises
    ------
    ArchiveError : the archive is damaged or of a newer Ronde, or the directory has data
    PostgresUnavailableError : the database cannot run there
    """
    directory = directory.resolve()
    if directory.exists() and any(directory.iterdir()):
        raise ArchiveError(f"{directory} has data; name a new directory")
    if purges_of is not None and not (purges_of / BLOBS).is_dir():
        raise ArchiveError(f"{purges_of} is no data directory of Ronde: it has no {BLOBS}")
    tell(None, "checking the archive")
    manifest = checked(archive)
    _refuse_strange(manifest)
    with _all_or_nothing(directory):
        tell(None, "restoring files")
        _extract_files(archive, directory, manifest)
        later = 0 if purges_of is None else _add_purges(purges_of.resolve(), directory)
        _restore_databases(archive, directory, manifest, tell)
    return Restored(manifest, later)


@contextlib.contextmanager
def _all_or_nothing(directory: Path) -> Iterator[None]:
    """Mark a directory as unfinished, so that nobody serves it, and empty it where we fail."""
    directory.mkdir(parents=True, exist_ok=True)
    cluster = EmbeddedPostgres(directory / "postgres").directory
    if cluster.exists():
        directory.rmdir()
        raise ArchiveError(f"{cluster} has the data of an earlier {directory}; name another")
    marker = directory / UNFINISHED
    marker.touch()
    try:
        yield
    except BaseException:
        shutil.rmtree(cluster, ignore_errors=True)
        shutil.rmtree(directory, ignore_errors=True)
        raise
    marker.unlink()


def _refuse_strange(manifest: Manifest) -> None:
    """Refuse what the services installed here do not know."""
    installed = {it.name for it in entry_points(group=GROUP)}
    dumps = {f"{DATABASES}/{name}.dump" for name in manifest.schemas}
    for part in manifest.parts:
        is_file = part.name.startswith((f"{FILES}/{BLOBS}/", f"{FILES}/{KEY_FILE}"))
        if not is_file and part.name not in dumps:
            raise ArchiveError(f"{part.name} is nothing a backup holds; take another backup")
    for name, revision in manifest.schemas.items():
        if name not in installed or not is_known(name, revision):
            raise ArchiveError(
                f"the backup is of a newer Ronde ({manifest.versions.get('ronde', 'unknown')}): "
                f"its {name} is at {revision!r}, unknown here; install that version"
            )


def _extract_files(archive: Path, directory: Path, manifest: Manifest) -> None:
    names = [it.name for it in manifest.parts if it.name.startswith(f"{FILES}/")]
    targets = {name: directory / PurePosixPath(name).relative_to(FILES) for name in names}
    extract(archive, targets)


def _add_purges(source: Path, directory: Path) -> int:
    """Add the purges written down elsewhere, which the backup may not know of; tell how many."""
    added = 0
    for path in kept_files(source):
        target = directory / path.relative_to(source)
        if PURGES in path.relative_to(source).parts and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            added += 1
    return added


def _restore_databases(archive: Path, directory: Path, manifest: Manifest, tell: Tell) -> None:
    aside = tempfile.TemporaryDirectory(prefix="dumps-", dir=directory)
    with aside as folder, postgres.running(directory / "postgres") as database:
        for name in sorted(manifest.schemas):
            tell(None, f"restoring the database of {name}")
            file = Path(folder) / f"{name}.dump"
            extract(archive, {f"{DATABASES}/{name}.dump": file})
            database.provision(name)
            options = ("--exit-on-error", "--single-transaction", "--dbname")
            run_tool(database, "pg_restore", *options, database.conninfo(name), str(file))
            file.unlink()
