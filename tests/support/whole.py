"""All services and their workers on loopback in the test's own process and event loop."""

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx
from fastapi import FastAPI

from gateway.clients.services import open_services
from gateway.jobs.alert_silence import following
from gateway.jobs.services import WorkerServices
from gateway.main import HANDLERS
from inspections.use_cases.search_record import index_changed
from shared.auth import Verifier
from shared.db import Database
from shared.feed import Follower
from shared.http import CallerAuth, client
from shared.jobs import Jobs, Pace
from shared.serve import background, listen, serving
from shared.testing import ISSUER, OURS, TestDatabase, bearer, published_keys

BEHIND = ("inspections", "scoring", "routing")
AWAY = "http://127.0.0.1:1"
_documents: dict[str, dict[str, object]] = {}


@dataclass
class Whole:
    """Where everything answers; `databases` by service."""

    urls: dict[str, str]
    apps: dict[str, FastAPI]
    databases: dict[str, TestDatabase]
    clients: list[httpx.AsyncClient] = field(default_factory=list)
    workers: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    async def index(self, organisation: UUID = OURS) -> None:
        """Make found what was entered, as the worker of inspections does in a moment."""
        database = self.apps["inspections"].state.database
        async with database.session(organisation) as session:
            while await index_changed(session, organisation):
                pass

    async def end_workers(self) -> None:
        """Let nothing happen any more but what is asked for; their work is handed back."""
        await self.workers.aclose()

    def client(
        self, *roles: str, organisation: UUID = OURS, service: str = "gateway"
    ) -> httpx.AsyncClient:
        """Return a client with a token of these roles; without any, with all of a person's."""
        made = httpx.AsyncClient(
            base_url=self.urls[service],
            headers=bearer(*roles, organisation=organisation),
            timeout=60,
            trust_env=False,
        )
        self.clients.append(made)
        return made


@contextlib.asynccontextmanager
async def whole(
    make: Callable[[str], TestDatabase], folder: Path, *, away: tuple[str, ...] = ()
) -> AsyncIterator[Whole]:
    """Run everything; the gateway finds nobody where the services named in `away` should be."""
    names = (*BEHIND, "gateway")
    sockets = {name: listen("127.0.0.1", 0) for name in names}
    urls = {name: f"http://127.0.0.1:{it.getsockname()[1]}" for name, it in sockets.items()}
    upstreams = {name: AWAY if name in away else urls[name] for name in BEHIND}
    databases = {name: make(name) for name in names}
    settings, apps = {}, {}
    for name in names:
        given: dict[str, object] = {
            "blobs_url": f"file://{folder}/{name}",
            "gateway_url": urls["gateway"],
        }
        if name == "gateway":
            given |= {"upstreams": upstreams, "key_secret": "a secret of the tests"}
        kind = importlib.import_module(f"{name}.settings").Settings
        settings[name] = kind(**databases[name].settings(), **given)
        apps[name] = importlib.import_module(f"{name}.main").create_app(settings[name])
        apps[name].openapi = partial(_told_once, name, apps[name].openapi)
        apps[name].state.verifier = Verifier([ISSUER.url], "ronde", key_source=published_keys)
    routing_worker = importlib.import_module("routing.main").run_worker
    work = {
        "the worker of routing": routing_worker(settings["routing"]),
        "the worker of the gateway": _gateway_worker(databases["gateway"], upstreams),
    }
    running = Whole(urls, apps, databases)
    async with serving([apps[name] for name in names], [sockets[name] for name in names]):
        try:
            await running.workers.enter_async_context(background(work))
            yield running
        finally:
            await running.end_workers()
            await asyncio.gather(*(client.aclose() for client in running.clients))


def _told_once(name: str, tell: Callable[[], dict[str, object]]) -> dict[str, object]:
    """Tell what a service offers, which takes seconds to put together, as an earlier app did."""
    if name not in _documents:
        _documents[name] = tell()
    return _documents[name]


async def _gateway_worker(kept: TestDatabase, upstreams: dict[str, str]) -> None:
    """Work as the gateway's worker does, with a token of the tests' issuer."""
    database = Database(kept.url, kept.system_url)
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(database.dispose)
        services = await open_services(upstreams, stack)
        identity = CallerAuth(bearer("service")["Authorization"], None)
        pace = Pace(poll_s=0.2, retry_delay_s=0.1)
        jobs = Jobs(database, HANDLERS, services=WorkerServices(services, identity), pace=pace)
        stack.push_async_callback(jobs.close)
        await jobs.open()
        routing = await stack.enter_async_context(client(upstreams["routing"], identity))
        follower = Follower(database, "routing", routing, following(jobs))
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        tasks.create_task(follower.run())
        await jobs.work()
