"""The proxies that the gateway's cost is measured beside, each a process of its own."""

import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import httpx
import psutil
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from gateway_edge import AWAY
from starlette.types import ASGIApp, Receive, Scope, Send
from yarl import URL

from gateway.main import create_app
from gateway.settings import Settings
from shared.auth import Verifier
from shared.serve import listen, serving, uvicorn_loop
from shared.testing import ISSUER, bearer, published_keys

NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  upstream behind {{ server {upstream}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection "";
    }}
  }}
}}
"""


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


def usual_proxy(upstream: str) -> FastAPI:
    """Make the proxy of most tutorials: a FastAPI route that streams from an HTTPX client."""

    @contextlib.asynccontextmanager
    async def opened(app: FastAPI) -> AsyncIterator[None]:
        async with httpx.AsyncClient(base_url=upstream, trust_env=False) as client:
            app.state.client = client
            yield

    app = FastAPI(lifespan=opened)

    @app.get("/{path:path}")
    async def pass_on(path: str, request: Request) -> StreamingResponse:
        headers = [(name, value) for name, value in request.headers.raw if name != b"host"]
        asked = app.state.client.build_request("GET", f"/{path}", headers=headers)
        answer = await app.state.client.send(asked, stream=True)

        async def pieces() -> AsyncIterator[bytes]:
            async for piece in answer.aiter_raw():
                yield piece
            await answer.aclose()

        kept = {name: it for name, it in answer.headers.items() if name != "connection"}
        return StreamingResponse(pieces(), answer.status_code, kept)

    return app


def our_gateway(upstream: str) -> ASGIApp:
    """Make the gateway with all that it does to a request that passes."""
    urls = dict.fromkeys(("inspections", "scoring", "routing"), upstream)
    settings = Settings(
        issuers=(ISSUER.url,),
        upstreams=urls,
        database_url=AWAY,
        system_url=AWAY,
        # The limit is kept count of, but nobody is to reach it here.
        rate_per_s=1e6,
        rate_burst=1_000_000,
    )
    app = create_app(settings)
    app.state.verifier = Verifier([ISSUER.url], "ronde", key_source=published_keys)
    return app


MAKERS = {
    "upstream": lambda _: Upstream(),
    "bare": BareProxy,
    "usual": usual_proxy,
    "gateway": our_gateway,
}


async def serve(kind: str, upstream: str) -> None:
    """Serve, and tell on standard output our address and a token; end with standard input."""
    opened = listen("127.0.0.1", 0)
    async with serving([MAKERS[kind](upstream)], [opened]):
        url = f"http://127.0.0.1:{opened.getsockname()[1]}"
        print(url, bearer()["Authorization"], sep="\n", flush=True)
        await asyncio.to_thread(sys.stdin.read)


class Server:
    """A server in a process of its own, which ends with its standard input."""

    def __init__(self, kind: str, upstream: str = "") -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__, kind, upstream],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self._say()
        self.headers = {"Authorization": self._say(), "Accept-Encoding": "identity"}

    def _say(self) -> str:
        line = self.process.stdout.readline().strip()
        assert line, "the server ended"
        return line

    def cpu_s(self) -> float:
        times = psutil.Process(self.process.pid).cpu_times()
        return times.user + times.system

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


class Nginx:
    """nginx as a plain proxy with one worker, as the others have one process."""

    def __init__(self, binary: str, upstream: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="ronde-nginx-")
        opened = listen("127.0.0.1", 0)
        port = opened.getsockname()[1]
        opened.close()
        config = Path(self._folder.name) / "nginx.conf"
        behind = upstream.removeprefix("http://")
        config.write_text(NGINX.format(folder=self._folder.name, upstream=behind, port=port))
        self.process = subprocess.Popen([binary, "-c", str(config)], stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}"
        self.headers = {"Accept-Encoding": "identity"}
        until = time.monotonic() + 10
        while True:
            with contextlib.suppress(httpx.ConnectError):
                httpx.get(f"{self.url}/v1/visits/1", trust_env=False)
                return
            assert self.process.poll() is None, "nginx ended"
            assert time.monotonic() < until, "nginx did not start"
            time.sleep(0.05)

    cpu_s = Server.cpu_s

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        self._folder.cleanup()


if __name__ == "__main__":
    uvicorn_loop(serve(sys.argv[1], sys.argv[2]))
