"""Requests made up from a document find what is wrong, and only that: else they prove nothing."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Annotated

import pytest
from fastapi import FastAPI, Query
from made_up_requests import Caller, Document
from pydantic import BaseModel
from served_apart import apart

from shared.serve import listen, serving

pytestmark = pytest.mark.slow

PLACES = 100


class Room(BaseModel):
    label: str
    beds: int


def faulty() -> FastAPI:
    app = FastAPI()

    @app.get("/rooms")
    async def rooms(limit: int = 10) -> list[int]:
        # Nobody bounded it.
        return [list(range(PLACES))[place] for place in range(min(limit, PLACES + 1))]

    @app.post("/rooms", responses={200: {"model": Room}})
    async def add(room: Room) -> dict[str, object]:
        return {"label": room.label, "beds": str(room.beds) if room.beds > 1 else room.beds}

    @app.get("/beds")
    async def beds(count: Annotated[int, Query(ge=0, le=PLACES)]) -> list[int]:
        return list(range(count))

    return app


class Nothing:
    def existing(self, _path: str, _name: str) -> list[str]:
        return []


@pytest.fixture
def url() -> Iterator[str]:
    socket = listen("127.0.0.1", 0)

    async def serve(ready: "Future[str]", ended: asyncio.Event) -> None:
        async with serving([faulty()], [socket]):
            ready.set_result(f"http://127.0.0.1:{socket.getsockname()[1]}")
            await ended.wait()

    with apart(serve) as running:
        yield running


def test_a_fault_and_a_broken_promise_are_found_and_nothing_else(url):
    document = Document(faulty().openapi())
    caller = Caller(url, {}, document, Nothing())
    unbounded, untyped, right = (
        document.operation("/rooms", "get"),
        document.operation("/rooms", "post"),
        document.operation("/beds", "get"),
    )
    tried = [caller.try_out(it, 50, 1) for it in (unbounded, untyped, right)]
    assert "500 Server error" in "".join(tried[0].faults)
    assert "200 Response violates schema" in "".join(tried[1].faults)
    assert tried[2].faults == {}
    assert all(it.requests >= 50 for it in tried)
    assert caller.try_out(unbounded, 50, 1).statuses == tried[0].statuses
