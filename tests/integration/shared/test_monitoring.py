"""What the rules and the dashboard ask for is what running services and workers tell."""

import asyncio
import contextlib
import importlib
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
from monitoring import Told, questions, unknown
from prometheus_client.parser import text_string_to_metric_families
from whole import Whole, whole

from shared.serve import background, listen
from shared.testing import TestDatabase

Make = Callable[[str], TestDatabase]
FOLLOWING = {"scoring": 2, "gateway": 4}


def read(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, sample.labels


async def told_by(running: Whole, folder: Path) -> Told:
    """Ask services, once they have answered something, and the workers that follow feeds."""
    async with running.client("reader") as client:
        for path in ("/v1/accommodations", "/v1/me", "/v1/nothing"):
            await client.get(path)
    # Of several workers one follows.
    await running.end_workers()
    texts = []
    for app in running.apps.values():
        transport = httpx.ASGITransport(app.state.metrics.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://figures") as client:
            texts.append((await client.get("/metrics")).text)
    texts += [await of_worker(running, name, folder) for name in FOLLOWING]
    told: Told = {}
    for text in texts:
        for name, labels in read(text):
            told.setdefault(name, []).append(labels)
    return told


async def of_worker(running: Whole, name: str, folder: Path) -> str:
    """Run the worker of a service until it follows its feeds; give what it tells then."""
    with contextlib.closing(listen("127.0.0.1", 0)) as opened:
        port = opened.getsockname()[1]
    kind = importlib.import_module(f"{name}.settings").Settings
    settings = kind(
        **running.databases[name].settings(),
        blobs_url=f"file://{folder}/{name}",
        gateway_url=running.urls["gateway"],
        worker_metrics_port=port,
    )
    worker = importlib.import_module(f"{name}.main").run_worker(settings)
    async with background({"the worker": worker}), httpx.AsyncClient(trust_env=False) as client:
        return await until_followed(
            lambda: client.get(f"http://127.0.0.1:{port}/metrics"), FOLLOWING[name]
        )


async def until_followed(ask: Callable[[], Awaitable[httpx.Response]], number: int) -> str:
    while True:
        with contextlib.suppress(httpx.ConnectError):
            text = (await ask()).text
            if sum(name == "ronde_feed_lag_seconds" for name, _ in read(text)) == number:
                return text
        await asyncio.sleep(0.05)


async def test_rules_and_dashboard_ask_for_what_is_told(module_database: Make, tmp_path: Path):
    async with whole(module_database, tmp_path) as running:
        told = await told_by(running, tmp_path)
    faults = {title: missing for title, it in questions() if (missing := unknown(it, told))}
    assert faults == {}


@pytest.mark.parametrize(
    "question",
    [
        'ronde_job{state="failed"}',
        'ronde_jobs{status="failed"}',
        'ronde_jobs{state="dead"}',
        "sum by (reason) (ronde_jobs)",
    ],
)
def test_a_figure_that_nobody_tells_is_found(question: str):
    assert unknown(question, {"ronde_jobs": [{"service": "routing", "state": "failed"}]})
