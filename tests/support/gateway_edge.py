"""A gateway on loopback with one upstream that stands for all services and does as told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import httpx
from fastapi import FastAPI
from joserfc.jwk import KeySet
from starlette.types import Receive, Scope, Send

from gateway.main import create_app
from gateway.settings import Settings
from shared.auth import Verifier
from shared.serve import listen, serving
from shared.testing import ISSUER, bearer, published_keys

Handler = Callable[[Scope, Receive, Send], Awaitable[None]]
# A database that is away: what is passed on needs none.
AWAY = "postgresql+psycopg://gateway@/gateway?host=/nowhere"


@dataclass
class Upstream:
    """A service that does what the test says and remembers what it was asked."""

    handler: Handler | None = None
    ready: Handler | None = None
    page: bytes = b'{"paths": {"/v1/visits": {}}}'
    asked: list[Scope] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
        elif scope["path"] == "/openapi.json":
            await answer(send, self.page)
        elif scope["path"] == "/readyz":
            await (self.ready or self.is_ready)(scope, receive, send)
        else:
            self.asked.append(scope)
            await (self.handler or self.echo)(scope, receive, send)

    async def is_ready(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        await answer(send, b'{"status": "ok", "missing": {}}')

    async def echo(self, _scope: Scope, receive: Receive, send: Send) -> None:
        body = await body_of(receive)
        self.bodies.append(body)
        await answer(send, body, [(b"etag", b'"v1"'), (b"connection", b"keep-alive")])


async def body_of(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def answer(send: Send, body: bytes, headers: list[tuple[bytes, bytes]] = [], status=200):  # noqa: B006
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})


@dataclass
class Edge:
    url: str
    app: FastAPI
    client: httpx.AsyncClient
    upstream: Upstream


@contextlib.asynccontextmanager
async def edge(**settings: object) -> AsyncIterator[Edge]:
    """Run a gateway and one upstream, which stands for all services, on loopback.

    Its database is away, unless `settings` name one.
    """
    upstream = Upstream()
    sockets = [listen("127.0.0.1", 0), listen("127.0.0.1", 0)]
    urls = [f"http://127.0.0.1:{opened.getsockname()[1]}" for opened in sockets]
    dead = "http://127.0.0.1:1"
    given: dict[str, object] = {
        "upstreams": {"inspections": urls[1], "routing": urls[1], "scoring": dead},
        "issuers": (ISSUER.url,),
        "database_url": AWAY,
        "system_url": AWAY,
        "gateway_url": urls[0],
    }
    app = create_app(Settings(**(given | settings)))
    keyring = app.state.keyring

    async def keys_of(issuer: str) -> KeySet:
        return await (keyring.public() if issuer == keyring.issuer else published_keys(issuer))

    app.state.verifier = Verifier([ISSUER.url, keyring.issuer], "ronde", key_source=keys_of)
    async with (
        serving([app, upstream], sockets),
        httpx.AsyncClient(base_url=urls[0], trust_env=False, headers=bearer()) as client,
    ):
        yield Edge(urls[0], app, client, upstream)


async def raw(url: str, request: bytes) -> bytes:
    """Send bytes as they are and read until the server closes or half a second passes."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    received = b""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1.0):
            while piece := await reader.read(65536):
                received += piece
    writer.close()
    return received
