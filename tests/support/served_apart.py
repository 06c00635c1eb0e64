"""Something served in a thread and an event loop of its own, for callers that wait for answers."""

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from typing import TypeVar

import uvloop

Told = TypeVar("Told")
Serve = Callable[[Future[Told], asyncio.Event], Awaitable[None]]
PATIENCE_S = 240


@contextlib.contextmanager
def apart(serve: Serve[Told]) -> Iterator[Told]:
    """Give what `serve` tells once it is ready; at the end of the block it is told to end."""
    ready: Future[Told] = Future()
    loop, ended = uvloop.new_event_loop(), asyncio.Event()

    async def run() -> None:
        try:
            await serve(ready, ended)
        except Exception as error:
            if ready.done():
                raise
            ready.set_exception(error)

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        yield ready.result(PATIENCE_S)
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
        loop.close()
