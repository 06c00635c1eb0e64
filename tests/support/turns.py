"""A balancer that asks several replicas in turn, request by request."""

import asyncio
import contextlib
import itertools
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import httpx
from fastapi import FastAPI, Request, Response

from shared.serve import listen, serving

# What belongs to one connection and not to what is told over it.
OF_A_LINE = {"connection", "content-length", "content-encoding", "transfer-encoding"}


@dataclass
class Turns:
    """Where the balancer is reached, and what each replica was asked how often."""

    url: str
    asked: Counter[str] = field(default_factory=Counter)


def _balancer(turns: Turns, replicas: list[str]) -> FastAPI:
    order = itertools.cycle(replicas)

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with httpx.AsyncClient(timeout=60, trust_env=False) as client:
            app.state.client = client
            yield

    app = FastAPI(lifespan=lifespan, docs_url=None, openapi_url=None)

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    async def pass_on(path: str, request: Request) -> Response:
        replica = next(order)
        turns.asked[replica] += 1
        answer = await app.state.client.request(
            request.method,
            f"{replica}/{path}",
            params=request.query_params,
            content=await request.body(),
            headers=[(k, v) for k, v in request.headers.items() if k not in OF_A_LINE],
        )
        headers = {k: v for k, v in answer.headers.items() if k not in OF_A_LINE}
        return Response(answer.content, answer.status_code, headers)

    return app


@contextlib.contextmanager
def turns_between(replicas: list[str]) -> Iterator[Turns]:
    """Run the balancer for the length of the block."""
    opened = listen("127.0.0.1", 0)
    turns = Turns(f"http://127.0.0.1:{opened.getsockname()[1]}")
    loop, stop = asyncio.new_event_loop(), asyncio.Event()

    async def run() -> None:
        async with serving([_balancer(turns, replicas)], [opened]):
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()), daemon=True)
    thread.start()
    try:
        yield turns
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()
