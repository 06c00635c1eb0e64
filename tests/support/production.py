"""Ronde as production runs it: a process for each service and worker, and who restarts them."""

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import httpx
from fastapi import FastAPI, Request, Response
from pydantic import SecretStr

from shared import issuer
from shared.serve import listen, serving
from shared.testing import TestDatabase

BEHIND = ("inspections", "scoring", "routing")
WORKERS = ("routing", "gateway")
SECRET = "made up for the tests"
# A machine with much else to do takes minutes to start six processes.
READY_S = 240.0


class Maker(Protocol):
    """Makes a database of a service, and drops it."""

    def make(self, service: str) -> TestDatabase: ...

    def drop(self, database: TestDatabase) -> None: ...


@dataclass
class Step:
    """A call of the gateway's worker, seen on its way."""

    method: str
    path: str
    service: str


@dataclass
class Production:
    """The processes, by name: `inspections`, …, `routing worker`, `gateway worker`.

    The gateway reaches a service at `fronts`, where it is named there, and services the gateway.
    """

    urls: dict[str, str]
    environment: dict[str, str]
    folder: Path
    databases: dict[str, TestDatabase]
    on_step: Callable[[Step, str], None] = lambda _step, _side: None
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    kills: list[str] = field(default_factory=list)
    fronts: Mapping[str, str] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start a process."""
        service, _, worker = name.partition(" ")
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "shared.cli", worker or "service", service],
                env=self.environment | self._own(name),
                stderr=log,
                stdout=log,
            )

    def start_beside(self, service: str, port: int) -> None:
        """Start another replica of a service."""
        name = f"{service} {port}"
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "shared.cli", "service", service],
                env=self.environment | self._own(service) | {f"{service.upper()}_PORT": str(port)},
                stderr=log,
                stdout=log,
            )

    def _own(self, name: str) -> dict[str, str]:
        # Only what the gateway's worker says goes by way of the one who watches.
        watched = {s: f"{self.urls['watch']}/{s}" for s in BEHIND}
        direct = {s: self.urls[s] for s in BEHIND}
        fronts = {s: self.fronts.get(s, self.urls[s]) for s in BEHIND}
        ways = {"gateway worker": watched, "gateway": fronts}
        upstreams = ways.get(name, direct)
        return {"GATEWAY_UPSTREAMS": str(upstreams).replace("'", '"')}

    def kill(self, name: str) -> None:
        """Kill a process, and start it again as a cluster does."""
        process = self.processes[name]
        process.kill()
        process.wait()
        self.kills.append(name)
        self.start(name)

    def await_ready(self) -> None:
        """Wait until every service is ready."""
        for name in (*BEHIND, "gateway"):
            self.await_one(name, self.urls[name])

    def await_one(self, name: str, url: str) -> None:
        """Wait until a process is ready."""
        until = time.monotonic() + READY_S
        while True:
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{url}/readyz", trust_env=False, timeout=5).status_code == 200:
                    return
            if time.monotonic() > until:
                log = (self.folder / f"{name}.log").read_text()
                raise RuntimeError(f"{name}: {log[-2000:]}")
            time.sleep(0.1)

    def client(self, person: str = "coordinator") -> httpx.Client:
        """Return a client of the gateway."""
        token = httpx.post(
            f"{self.urls['issuer']}/demo/token", data={"person": person}, trust_env=False
        )
        headers = {"Authorization": f"Bearer {token.raise_for_status().json()['access_token']}"}
        return httpx.Client(
            base_url=self.urls["gateway"], headers=headers, timeout=60, trust_env=False
        )


def _issuing(url: str) -> FastAPI:
    app = FastAPI()
    secrets = {name: SecretStr(SECRET) for name in (*BEHIND, "gateway")}
    app.include_router(issuer.router(issuer.Issuer(url), secrets))
    return app


def _watching(production: Production) -> FastAPI:
    """Pass calls on, and tell of each before and after."""
    app = FastAPI()

    @app.api_route("/{service}/{path:path}", methods=["GET", "POST", "PUT", "DELETE"])
    async def watch(service: str, path: str, request: Request) -> Response:
        step = Step(request.method, f"/{path}", service)
        await asyncio.to_thread(production.on_step, step, "before")
        headers = {k: v for k, v in request.headers.items() if k not in {"host", "content-length"}}
        url = f"{production.urls[service]}/{path}"
        try:
            async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
                answer = await client.request(
                    request.method,
                    url,
                    params=dict(request.query_params),
                    content=await request.body(),
                    headers=headers,
                )
        except httpx.HTTPError:
            return Response(status_code=502)
        await asyncio.to_thread(production.on_step, step, "after")
        kept = {"content-type": answer.headers.get("content-type", "application/json")}
        return Response(answer.content, answer.status_code, kept)

    return app


def _serve_aside(
    apps: list[FastAPI], sockets: list[object]
) -> tuple[threading.Thread, Callable[[], None]]:
    """Serve apps in a thread of their own; return it and what ends it."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def run() -> None:
        async with serving(apps, sockets):
            await stop.wait()

    def work() -> None:
        loop.run_until_complete(run())
        loop.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread, lambda: loop.call_soon_threadsafe(stop.set)


@contextlib.contextmanager
def running(
    databases: Maker,
    folder: Path,
    *,
    workers: tuple[str, ...] = WORKERS,
    fronts: Mapping[str, str] = MappingProxyType({}),
    variables: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Production]:
    """Run all of Ronde as processes for the length of the block.

    `workers` names those that run, `variables` add to their environment.
    """
    names = (*BEHIND, "gateway")
    aside = [listen("127.0.0.1", 0) for _ in range(2)]
    free = {name: listen("127.0.0.1", 0) for name in names}
    ports = {name: it.getsockname()[1] for name, it in free.items()}
    for it in free.values():
        it.close()
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    urls |= {
        name: f"http://127.0.0.1:{it.getsockname()[1]}"
        for name, it in zip(("issuer", "watch"), aside, strict=True)
    }
    made = {name: databases.make(name) for name in names}
    environment = os.environ | {"GATEWAY_KEY_SECRET": SECRET} | dict(variables)
    for name in names:
        prefix = name.upper()
        environment |= {
            f"{prefix}_DATABASE_URL": made[name].url,
            f"{prefix}_SYSTEM_URL": made[name].system_url,
            f"{prefix}_PORT": str(ports[name]),
            f"{prefix}_ISSUERS": f'["{urls["issuer"]}", "{urls["gateway"]}/access"]',
            f"{prefix}_TOKEN_URL": f"{urls['issuer']}/demo/token",
            f"{prefix}_CLIENT_ID": name,
            f"{prefix}_CLIENT_SECRET": SECRET,
            f"{prefix}_GATEWAY_URL": fronts.get("gateway", urls["gateway"]),
            f"{prefix}_BLOBS_URL": f"file://{folder}/blobs/{name}",
        }
    production = Production(urls, environment, folder, made, fronts=fronts)
    thread, end = _serve_aside([_issuing(urls["issuer"]), _watching(production)], aside)
    try:
        for name in (*names, *(f"{it} worker" for it in workers)):
            production.start(name)
        production.await_ready()
        yield production
    finally:
        for process in production.processes.values():
            process.terminate()
        for process in production.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            process.kill()
        end()
        thread.join(10)
        for it in made.values():
            databases.drop(it)
