"""A worker killed in the middle of a search: the plan is found elsewhere, once."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from plan_requests import plan_request, scattered

from routing.main import create_app
from routing.settings import Settings
from shared.testing import TestDatabase, bearer, in_process

pytestmark = pytest.mark.storm

RONDE = Path(sys.executable).with_name("ronde")
LIMIT_S = 8.0


@asynccontextmanager
async def _worker(made: TestDatabase, folder: Path) -> AsyncIterator[psutil.Popen]:
    settings = Settings(**made.settings(), blobs_url=f"file://{folder}", import_dir=folder)
    values = settings.model_dump(mode="json", exclude_unset=True)
    env = {
        f"ROUTING_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
    }
    process = psutil.Popen([str(RONDE), "worker", "routing"], env={**os.environ, **env})
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def _until(
    client: httpx.AsyncClient, plan_id: str, states: set[str], words: str = ""
) -> dict[str, object]:
    for _ in range(1200):
        plan = (await client.get(f"/v1/plans/{plan_id}", headers=bearer("reader"))).json()
        if plan["state"] in states and words in (plan["job"]["message"] or ""):
            return plan
        await asyncio.sleep(0.1)
    pytest.fail(f"the plan does not get there: {plan['job']}")


async def test_a_plan_whose_worker_is_killed_is_found_elsewhere_once(
    database: Callable[[str], TestDatabase], tmp_path: Path
) -> None:
    made = database("routing")
    app = create_app(Settings(**made.settings(), blobs_url=f"file://{tmp_path}"))
    async with in_process(app) as client, _worker(made, tmp_path) as first:
        body = plan_request(candidates=scattered(80), time_limit_s=LIMIT_S)
        headers = bearer("planner") | {"Idempotency-Key": "storm"}
        asked = (await client.post("/v1/plans", json=body, headers=headers)).json()
        await _until(client, asked["id"], {"running"}, "Searching")
        children = first.children(recursive=True)
        assert len(children) == 3, "a search, another beside it, one kept ready for revisions"
        async with _worker(made, tmp_path):
            first.kill()
            plan = await _until(client, asked["id"], {"done"})
        _, alive = psutil.wait_procs(children, timeout=5)
        assert alive == []
        assert plan["job"]["attempt"] == 2
        assert plan["certificate"]["accepted"] is True
        again = (await client.post("/v1/plans", json=body, headers=headers)).json()
        assert again["id"] == asked["id"]
        listed = (await client.get("/v1/plans", headers=bearer("reader"))).json()["items"]
        assert [it["id"] for it in listed] == [asked["id"]]
