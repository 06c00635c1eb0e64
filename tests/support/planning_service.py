"""Routing in this process with a worker beside it, asked as planners ask it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from uuid import uuid4

import httpx
from plan_requests import plan_request

from routing.main import create_app, run_worker
from routing.settings import Settings
from shared.testing import TestDatabase, bearer, in_process


class Planning:
    """The service in this process, with a worker beside it, and one solved plan."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self.path = ""

    async def solve(self, **change: object) -> str:
        asked = await self.http.post(
            "/v1/plans", json=plan_request(**change), headers=bearer("planner")
        )
        path = asked.headers["Location"]
        for _ in range(300):
            plan = await self.get(path)
            if plan["state"] not in {"queued", "running"}:
                assert plan["state"] == "done", plan["job"]
                return str(path)
            await asyncio.sleep(0.1)
        raise AssertionError(plan["job"])

    async def get(self, path: str, status: int = 200, **params: object) -> dict[str, object]:
        answer = await self.http.get(path, params=params, headers=bearer("reader"))
        assert answer.status_code == status, answer.text
        return answer.json()

    async def file(self, path: str) -> httpx.Response:
        answer = await self.http.get(path, headers=bearer("reader"))
        assert answer.status_code == 200, answer.text
        return answer

    async def edit(
        self, based_on: int, *edits: dict[str, object], key: str | None = None, **more: object
    ) -> httpx.Response:
        reason = "The manager is away"
        body = {"based_on": based_on, "reason": reason, "edits": edits, **more}
        headers = bearer("planner") | {"Idempotency-Key": key or str(uuid4())}
        for _ in range(10):
            answer = await self.http.post(f"{self.path}/revisions", json=body, headers=headers)
            if answer.status_code != 202:
                break
        return answer

    async def accept(self, **params: object) -> httpx.Response:
        path = f"{self.path}/acceptance"
        return await self.http.post(path, params=params, headers=bearer("planner"))

    async def told(self, kind: str) -> list[dict[str, object]]:
        events = await self.get("/v1/routing/events")
        return [it["data"] for it in events["items"] if it["kind"] == kind]


@asynccontextmanager
async def planning_service(
    its: TestDatabase, folder: Path, **more: object
) -> AsyncIterator[Planning]:
    """Start the service and its worker; end both."""
    settings = Settings(**its.settings(), blobs_url=f"file://{folder}", import_dir=folder, **more)
    async with in_process(create_app(settings)) as http:
        work = asyncio.create_task(run_worker(settings))
        try:
            yield Planning(http)
        finally:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
