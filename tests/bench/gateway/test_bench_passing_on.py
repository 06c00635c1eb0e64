"""What the gateway costs: CPU of its process per request, beside a bare proxy."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from statistics import median

import aiohttp
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send
from yarl import URL

from gateway.main import create_app
from gateway.settings import Settings
from shared.auth import Verifier
from shared.serve import listen, serving, uvicorn_loop
from shared.testing import ISSUER, bearer, published_keys

pytestmark = pytest.mark.bench

ROUNDS, CALLERS = 5, 8
# By name: bytes of an answer, and requests a round.
SIZES = {"1.2 kB": (1_200, 1_000), "200 kB": (200_000, 240)}
Answer = Callable[[Scope, Receive, Send], Awaitable[None]]


async def follow_lifespan(receive: Receive, send: Send) -> None:
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})


class Upstream:
    """Answers with as many bytes as the path's last part says."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await follow_lifespan(receive, send)
            return
        last = scope["path"].rsplit("/", 1)[1]
        body = b"x" * int(last) if last.isdigit() else b"{}"
        headers = [
            (b"content-length", str(len(body)).encode()),
            (b"content-type", b"application/json"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


class BareProxy:
    """The least a proxy on aiohttp can do: no checks, no counting, no problems."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            self.session = aiohttp.ClientSession(auto_decompress=False)
            await follow_lifespan(receive, send)
            await self.session.close()
            return
        url = URL(self.upstream + scope["raw_path"].decode(), encoded=True)
        headers = [(k.decode(), v.decode()) for k, v in scope["headers"] if k != b"host"]
        async with self.session.request(scope["method"], url, headers=headers) as answer:
            kept = [(k.lower(), v) for k, v in answer.raw_headers if k.lower() != b"connection"]
            await send({"type": "http.response.start", "status": answer.status, "headers": kept})
            async for piece in answer.content.iter_any():
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


def make(kind: str, upstream: str) -> ASGIApp:
    if kind == "upstream":
        return Upstream()
    if kind == "bare":
        return BareProxy(upstream)
    urls = dict.fromkeys(("inspections", "scoring", "routing"), upstream)
    app = create_app(Settings(issuers=(ISSUER.url,), upstreams=urls))
    app.state.verifier = Verifier([ISSUER.url], "ronde", key_source=published_keys)
    return app


async def serve(kind: str, upstream: str) -> None:
    """Serve and tell, on standard output, our address, a token, and our CPU time when asked."""
    opened = listen("127.0.0.1", 0)
    async with serving([make(kind, upstream)], [opened]):
        url = f"http://127.0.0.1:{opened.getsockname()[1]}"
        print(url, bearer()["Authorization"], sep="\n", flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(time.process_time(), flush=True)


class Server:
    """A server in a process of its own, which ends with its standard input."""

    def __init__(self, kind: str, upstream: str = "") -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, kind, upstream],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self._say()
        self.authorization = self._say()

    def _say(self) -> str:
        line = self._process.stdout.readline().strip()
        assert line, "the server ended"
        return line

    def cpu_s(self) -> float:
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._say())

    def stop(self) -> None:
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


async def drive(server: Server, size: int, requests: int) -> None:
    url = URL(f"{server.url}/v1/visits/{size}")
    headers = {"Authorization": server.authorization}

    async def caller(session: aiohttp.ClientSession) -> None:
        for _ in range(requests // CALLERS):
            async with session.get(url, headers=headers) as answer:
                assert answer.status == 200
                assert len(await answer.read()) == size

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(caller(session) for _ in range(CALLERS)))


def cost_us(server: Server, size: int, requests: int) -> float:
    before = server.cpu_s()
    asyncio.run(drive(server, size, requests))
    return (server.cpu_s() - before) / requests * 1e6


@pytest.mark.parametrize("size", SIZES)
def test_the_gateway_costs_at_most_twice_a_bare_proxy(size: str):
    servers = [Server("upstream")]
    try:
        servers += [Server(kind, servers[0].url) for kind in ("bare", "gateway")]
        costs: dict[str, list[float]] = {"bare": [], "gateway": []}
        for _ in range(ROUNDS):
            for kind, server in zip(costs, servers[1:], strict=True):
                costs[kind].append(cost_us(server, *SIZES[size]))
    finally:
        for server in servers:
            server.stop()
    bare, ours = median(costs["bare"]), median(costs["gateway"])
    print(f"\n{size}: bare {bare:.0f} us, gateway {ours:.0f} us CPU/request: {ours / bare:.2f} x")
    assert ours <= 2.0 * bare


if __name__ == "__main__":
    uvicorn_loop(serve(sys.argv[1], sys.argv[2]))
