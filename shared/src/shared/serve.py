"""Run Ronde: the whole of it in one process, or one service of it.

`ronde serve` runs PostgreSQL, four servers and their workers in one process, speaking HTTP over
loopback as they do in production. Everything is started from the main thread, since the kernel
ties the life of children to the thread that made them.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp

from shared import postgres
from shared.db import Database
from shared.embedded_settings import Whole
from shared.migrate import migrate
from shared.schema_wait import until_migrated
from shared.service import Service, services
from shared.settings import ServiceSettings

logger = logging.getLogger(__name__)

GRACE_S = 5
KEEP_ALIVE_S = 75
STATE_FILE = "ronde.json"
# Stands in a directory while a backup is restored into it.
UNFINISHED = "restoring"
LOOPBACK = "127.0.0.1"
EVERYWHERE = "0.0.0.0"  # noqa: S104 - to tell it from an address others can call


class StartFailedError(RuntimeError):
    """Ronde cannot start; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to run the whole of Ronde in one process.

    `port` is the gateway's, 0 for any; the other services take any free one.
    """

    directory: Path
    host: str = LOOPBACK
    port: int = 8000
    demo: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """Where a running Ronde answers; `urls` by service name."""

    urls: dict[str, str]
    directory: Path

    @property
    def gateway_url(self) -> str:
        """Where everything is reached."""
        return self.urls["gateway"]


@dataclass(slots=True)
class _Listening:
    service: Service
    host: str
    socket: socket.socket
    url: str


class _Server(uvicorn.Server):
    """A server that leaves signals to us: there are several in the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run(options: Options) -> None:
    """Run everything until SIGINT or SIGTERM."""
    directory = options.directory.resolve()
    if (directory / UNFINISHED).exists():
        raise StartFailedError(
            f"a backup was being restored into {directory} and is not whole; "
            "remove the directory and restore it again"
        )
    with postgres.running(directory / "postgres") as database:
        found = services()
        prepare(database, found)
        uvicorn_loop(_run(options, directory, database, found))


def prepare(database: postgres.EmbeddedPostgres, found: dict[str, Service]) -> None:
    """Make and migrate the database of each service, and take its jobs back from the dead.

    Nobody else serves this directory, so whatever worker its databases remember was killed.
    """
    for name in sorted(found):
        if found[name].has_database:
            database.provision(name)
            migrate(name, database.url(name, f"{name}_owner"))
            database.execute(name, "delete from procrastinate_workers")


def uvicorn_loop(main: Awaitable[None]) -> None:
    """Run `main` on uvloop."""
    import uvloop

    async def entry() -> None:
        await main

    uvloop.run(entry())


async def _run(
    options: Options,
    directory: Path,
    database: postgres.EmbeddedPostgres,
    found: dict[str, Service],
) -> None:
    listening = _bind(options, found)
    urls = {item.service.name: item.url for item in listening}
    whole = Whole(directory, database, urls, demo=options.demo)
    settings = {item.service.name: whole.settings_of(item.service, item.host) for item in listening}
    served = [
        part
        for item in listening
        for part in _served(item.service, settings[item.service.name], item.socket)
    ]
    stop = _stop_signal()
    async with (
        serving([app for app, _ in served], [opened for _, opened in served]) as servers,
        background(_workers(listening, settings)) as workers,
        background({"the database": _until_stopped(database)}) as watch,
    ):
        _write_state(directory, urls)
        logger.info("ready", extra={"gateway_url": urls["gateway"]})
        try:
            await _until_told(stop, [*servers, *workers, *watch])
        finally:
            (directory / STATE_FILE).unlink(missing_ok=True)


def _workers(
    listening: Sequence[_Listening], settings: Mapping[str, ServiceSettings]
) -> dict[str, Awaitable[None]]:
    """Begin the background work of each service, under a name for people."""
    return {
        f"the worker of {item.service.name}": item.service.run_worker(settings[item.service.name])
        for item in listening
        if item.service.run_worker is not None
    }


async def _until_told(stop: asyncio.Event, tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for a signal; a part that ends before it would leave a Ronde that only looks well.

    Raises
    ------
    StartFailedError : one of the tasks ended by itself; the message names it
    """
    told = asyncio.create_task(stop.wait(), name="a signal")
    ended, _ = await asyncio.wait({told, *tasks}, return_when="FIRST_COMPLETED")
    told.cancel()
    if not stop.is_set():
        part = next(it for it in tasks if it in ended).get_name()
        logger.error("ended by itself", extra={"part": part})
        raise StartFailedError(f"{part} ended by itself; see the log")


async def _until_stopped(database: postgres.EmbeddedPostgres) -> None:
    while database.running:  # noqa: ASYNC110 - a process ends without an event we could await
        await asyncio.sleep(1.0)


def _served(
    found: Service, settings: ServiceSettings, opened: socket.socket
) -> list[tuple[ASGIApp, socket.socket]]:
    """Build a service's app for an open socket, and open another for its figures if wanted."""
    app = found.create_app(settings)
    if not settings.metrics_port or not isinstance(app, FastAPI):
        return [(app, opened)]
    return [(app, opened), (app.state.metrics.app, listen(settings.host, settings.metrics_port))]


def _bind(options: Options, found: dict[str, Service]) -> list[_Listening]:
    """Open all sockets first, so that every URL is known before any app is built."""
    result = []
    for name in sorted(found, key=lambda it: (it != "gateway", it)):
        wanted = options.port if name == "gateway" else 0
        # What is behind the gateway is no other machine's business.
        host = options.host if name == "gateway" else LOOPBACK
        opened = listen(host, wanted)
        reached_at = LOOPBACK if host == EVERYWHERE else host
        url = f"http://{reached_at}:{opened.getsockname()[1]}"
        result.append(_Listening(found[name], host, opened, url))
    return result


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket.

    Raises
    ------
    StartFailedError : the port is taken
    """
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        raise StartFailedError(
            f"port {port} of {host} is taken; choose another with --port (0 for any)"
        ) from error
    opened.listen(512)
    return opened


def _write_state(directory: Path, urls: dict[str, str]) -> None:
    """Tell other processes where we answer, all at once."""
    aside = directory / f"{STATE_FILE}.{os.getpid()}"
    aside.write_text(json.dumps({"pid": os.getpid(), "urls": urls}))
    aside.rename(directory / STATE_FILE)


def read_state(directory: Path) -> Running | None:
    """Return where the Ronde of a directory answers, or None when none has written it."""
    try:
        found = json.loads((directory / STATE_FILE).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return Running(found["urls"], directory)


@contextlib.asynccontextmanager
async def serving(
    apps: Sequence[ASGIApp], sockets: Sequence[socket.socket]
) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Serve apps on open sockets for the length of the block; long polls are let go first.

    Gives the tasks that serve, none of which ends before the block does, unless it fails.
    """
    servers = [
        _Server(
            uvicorn.Config(
                app,
                log_config=None,
                lifespan="on",
                timeout_graceful_shutdown=GRACE_S,
                timeout_keep_alive=KEEP_ALIVE_S,
                access_log=False,
                # It would believe the X-Forwarded-For of whoever calls from this machine.
                proxy_headers=False,
            )
        )
        for app in apps
    ]
    tasks = [
        asyncio.create_task(
            server.serve(sockets=[opened]), name=f"the server at {opened.getsockname()}"
        )
        for server, opened in zip(servers, sockets, strict=True)
    ]
    try:
        await _until_started(servers, tasks)
        yield tasks
    finally:
        for app in apps:
            _let_go(app)
        for server in servers:
            server.should_exit = True
        await _until_ended(tasks)


async def _until_started(servers: Sequence[_Server], tasks: Sequence[asyncio.Task[None]]) -> None:
    while not all(server.started for server in servers):
        for task in tasks:
            if task.done():
                raise StartFailedError("a server did not start; see the log") from task.exception()
        await asyncio.sleep(0.01)


def _let_go(app: ASGIApp) -> None:
    """Answer the long polls of an app, which would otherwise hold up its end."""
    if isinstance(app, FastAPI) and hasattr(app.state, "waiters"):
        app.state.waiters.close()


@contextlib.asynccontextmanager
async def background(
    work: Mapping[str, Awaitable[None]],
) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Run background work for the length of the block, and end it before what it relies on.

    Gives its tasks, by the names given.
    """
    tasks = [asyncio.create_task(_awaited(item), name=name) for name, item in work.items()]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await _until_ended(tasks)


async def _until_ended(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Wait for all tasks, and keep in the log what made one fail."""
    for task, result in zip(
        tasks, await asyncio.gather(*tasks, return_exceptions=True), strict=True
    ):
        if isinstance(result, Exception):
            logger.error("failed", exc_info=result, extra={"part": task.get_name()})


async def _awaited(work: Awaitable[None]) -> None:
    """Make a coroutine, as tasks want it, of anything that can be awaited."""
    await work


def _stop_signal() -> asyncio.Event:
    """Return what SIGINT and SIGTERM set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


async def serve_one(found: Service, settings: ServiceSettings) -> None:
    """Serve one service until SIGINT or SIGTERM, as a container does."""
    stop = _stop_signal()
    served = _served(found, settings, listen(settings.host, settings.port))
    async with serving([app for app, _ in served], [opened for _, opened in served]) as servers:
        await _until_told(stop, servers)


async def work_one(found: Service, settings: ServiceSettings) -> None:
    """Run the background work of one service until SIGINT or SIGTERM, or until it fails."""
    if found.run_worker is None:
        raise StartFailedError(f"{found.name} has no background work")
    stop = _stop_signal()
    async with background({f"the worker of {found.name}": _work(found, settings)}) as tasks:
        await _until_told(stop, tasks)


async def _work(found: Service, settings: ServiceSettings) -> None:
    """Work once the database is ready for our version: on an older schema jobs would fail."""
    if found.has_database:
        database = Database(settings.database_url, settings.system_url)
        try:
            await until_migrated(found.name, database)
        finally:
            await database.dispose()
    if found.run_worker is not None:
        await found.run_worker(settings)
