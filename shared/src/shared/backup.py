"""Back up what `ronde serve` keeps in a directory, whether it runs or not, into one archive.

Databases are dumped as the administrator, since row-level security is forced on their owners.
"""

import contextlib
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import entry_points, version
from pathlib import Path

import psycopg

from shared import postgres
from shared.archive import ArchiveError, ArchiveWriter, Manifest, writing
from shared.postgres import EmbeddedPostgres
from shared.service import GROUP
from shared.terminal import Tell

DATABASES, FILES, BLOBS = "databases", "files", "blobs"
KEY_FILE = "key-secret.json"
# Made anew from the blobs where they are missing.
UNPACKED = "unpacked"
Connection = psycopg.Connection[tuple[object, ...]]


def make(directory: Path, archive: Path, tell: Tell) -> Manifest:
    """Back up a data directory into a new archive, and read it again to see that it is whole.

    Files are read after the databases: all that these name is there by then, and every purge that
    they know of.

    Raises
    ------
    ArchiveError : there is nothing to back up, or the archive cannot be made
    PostgresUnavailableError : the database neither runs nor can be started
    """
    directory = directory.resolve()
    if not (EmbeddedPostgres(directory / "postgres").data / "PG_VERSION").exists():
        raise ArchiveError(f"there is no Ronde in {directory}; name the directory it serves")
    made_at = datetime.now(UTC)
    with _database(directory) as database, writing(archive) as writer:
        schemas, versions = _add_databases(database, writer, archive.parent, tell)
        tell(None, "adding files")
        _add_files(directory, writer)
        manifest = writer.end(made_at=made_at, versions=versions, schemas=schemas)
        tell(None, "reading the archive again")
    return manifest


@contextlib.contextmanager
def _database(directory: Path) -> Iterator[EmbeddedPostgres]:
    """Give the database of a directory: the one that runs, or one started for us."""
    database = EmbeddedPostgres(directory / "postgres")
    try:
        psycopg.connect(database.conninfo(), connect_timeout=5).close()
    except psycopg.OperationalError:
        with postgres.running(directory / "postgres") as started:
            yield started
    else:
        yield database


def _add_databases(
    database: EmbeddedPostgres, writer: ArchiveWriter, room: Path, tell: Tell
) -> tuple[dict[str, str], dict[str, str]]:
    """Dump every service's database as it is now; give their schemas, and what made them."""
    with contextlib.ExitStack() as stack:
        opened = {it: stack.enter_context(_connected(database, it)) for it in _names(database)}
        snapshots = {name: _snapshot(opened[name]) for name in _readers_first(opened)}
        folder = Path(stack.enter_context(_folder(room)))
        for name, snapshot in snapshots.items():
            tell(None, f"dumping the database of {name}")
            file = folder / f"{name}.dump"
            options = ("--format=custom", f"--snapshot={snapshot}", f"--file={file}")
            run_tool(database, "pg_dump", *options, database.conninfo(name))
            writer.add(f"{DATABASES}/{name}.dump", file)
            file.unlink()
        schemas = {
            name: _one(it, "select version_num from alembic_version") for name, it in opened.items()
        }
        server = _one(next(iter(opened.values())), "show server_version")
    return schemas, {"ronde": version("ronde-shared"), "postgres": server}


def _folder(room: Path) -> tempfile.TemporaryDirectory[str]:
    """Make a folder closed to others beside the archive, where there is room for it."""
    return tempfile.TemporaryDirectory(prefix=".ronde-backup-", dir=room)


def _names(database: EmbeddedPostgres) -> list[str]:
    """Name the services that have a database here."""
    with psycopg.connect(database.conninfo()) as connection:
        found = {str(name) for (name,) in connection.execute("select datname from pg_database")}
    names = sorted(found & {it.name for it in entry_points(group=GROUP)})
    if not names:
        raise ArchiveError("no service has a database yet: there is nothing to back up")
    return names


@contextlib.contextmanager
def _connected(database: EmbeddedPostgres, name: str) -> Iterator[Connection]:
    with psycopg.connect(database.conninfo(name)) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        yield connection


def _readers_first(opened: Mapping[str, Connection]) -> list[str]:
    """Order services so that who follows a feed comes before it.

    A follower restored further than the feed it follows would miss what happens next.
    """
    readers: dict[str, set[str]] = {name: set() for name in opened}
    for name, connection in opened.items():
        for (source,) in connection.execute("select provider from feed_cursor").fetchall():
            readers.setdefault(str(source), set()).add(name)
        # The snapshot is the first thing its transaction sees.
        connection.rollback()
    try:
        return [it for it in TopologicalSorter(readers).static_order() if it in opened]
    except CycleError:
        return list(opened)


def _snapshot(connection: Connection) -> str:
    return _one(connection, "select pg_export_snapshot()")


def _one(connection: Connection, query: str) -> str:
    row = connection.execute(query.encode()).fetchone()
    return "" if row is None else str(row[0])


def run_tool(database: EmbeddedPostgres, tool: str, *options: str) -> None:
    """Run a program of PostgreSQL to its end.

    Raises
    ------
    ArchiveError : it failed; the message has its last words
    """
    command = [str(database.program(tool)), *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise ArchiveError(f"{tool} failed: {done.stderr.strip()[-500:]}")


def _add_files(directory: Path, writer: ArchiveWriter) -> None:
    """Add the stores of immutable files and the key that opens what is sealed."""
    for path in [directory / KEY_FILE, *kept_files(directory)]:
        # Who deletes a file meanwhile means it.
        with contextlib.suppress(FileNotFoundError):
            writer.add(f"{FILES}/{path.relative_to(directory).as_posix()}", path)


def kept_files(directory: Path) -> Iterator[Path]:
    """Yield the files of the services' stores, but those that are being written or made again."""
    root = directory / BLOBS
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        is_kept = parts[1:2] != (UNPACKED,) and not any(it.startswith(".") for it in parts)
        if is_kept and path.is_file() and not path.is_symlink():
            yield path
