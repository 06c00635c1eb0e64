"""A balancer that asks several replicas in turn, request by request."""

import asyncio
import contextlib
import itertools
import socket
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from shared.serve import listen, serving

# What belongs to one connection and not to what is told over it.
OF_A_LINE = {"connection", "transfer-encoding"}


@dataclass
class Turns:
    """Where the balancer is reached, and what each replica was asked how often."""

    url: str
    asked: Counter[str] = field(default_factory=Counter)


def _balancer(turns: Turns, replicas: list[str], of_first: tuple[str, ...]) -> FastAPI:
    order = itertools.cycle(replicas)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            app.state.client = client
            yield

    app = FastAPI(lifespan=lifespan, docs_url=None, openapi_url=None)

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    async def pass_on(path: str, request: Request) -> StreamingResponse:
        replica = replicas[0] if path.startswith(of_first) else next(order)
        turns.asked[replica] += 1
        asked = app.state.client.build_request(
            request.method,
            f"{replica}/{path}",
            params=request.query_params,
            content=await request.body(),
            headers=[(k, v) for k, v in request.headers.raw if k.decode() not in OF_A_LINE],
        )
        answer = await app.state.client.send(asked, stream=True)

        async def pieces() -> AsyncIterator[bytes]:
            async for piece in answer.aiter_raw():
                yield piece
            await answer.aclose()

        headers = {k: v for k, v in answer.headers.items() if k not in OF_A_LINE}
        return StreamingResponse(pieces(), answer.status_code, headers)

    return app


@contextlib.contextmanager
def turns_between(
    replicas: list[str], of_first: tuple[str, ...] = (), opened: socket.socket | None = None
) -> Iterator[Turns]:
    """Run the balancer for the length of the block, at a socket that listens if one is given.

    Paths `of_first` are the first replica's.
    """
    opened = opened or listen("127.0.0.1", 0)
    turns = Turns(f"http://127.0.0.1:{opened.getsockname()[1]}")
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    async def run() -> None:
        async with serving([_balancer(turns, replicas, of_first)], [opened]):
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    try:
        yield turns
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
