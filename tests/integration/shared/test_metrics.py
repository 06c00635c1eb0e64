"""Prometheus reads the figures of every service and worker; nobody outside can make them grow."""

import asyncio
import contextlib
import importlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from gateway_edge import AWAY, edge
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from gateway.domain.breaker import FAILURES
from gateway.main import create_app
from gateway.settings import Settings
from scoring.main import run_worker
from shared.serve import background, listen, serving
from shared.settings import ServiceSettings
from shared.testing import OURS, TestDatabase, bearer, in_process

ASKED = 10
STATES = ("waiting", "running", "failed")
SERVICES = ("inspections", "scoring", "routing", "gateway")
Make = Callable[[str], TestDatabase]


def samples(text: str) -> list[Sample]:
    """Read what Prometheus would."""
    return [it for family in text_string_to_metric_families(text) for it in family.samples]


def label_sets(text: str) -> set[tuple[str, frozenset[tuple[str, str]]]]:
    return {(it.name, frozenset(it.labels.items())) for it in samples(text)}


def value(text: str, name: str, **labels: str) -> float:
    (found,) = (
        it.value
        for it in samples(text)
        if it.name == f"ronde_{name}" and labels.items() <= it.labels.items()
    )
    return found


@asynccontextmanager
async def scraping(app: FastAPI) -> AsyncIterator[Callable[[], Awaitable[str]]]:
    """Give what asks the port of metrics."""
    opened = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{opened.getsockname()[1]}"
    async with serving([app.state.metrics.app], [opened]), httpx.AsyncClient(base_url=url) as it:

        async def scrape() -> str:
            got = await it.get("/metrics")
            assert got.status_code == 200
            assert got.headers["content-type"].startswith("text/plain; version=")
            return got.text

        yield scrape


def made(service: str, database: TestDatabase, folder: Path, **given: object) -> ServiceSettings:
    kind = importlib.import_module(f"{service}.settings").Settings
    return kind(**database.settings(), blobs_url=f"file://{folder}", **given)


def free_port() -> int:
    with listen("127.0.0.1", 0) as opened:
        return opened.getsockname()[1]


@pytest.fixture
def gateway_away() -> FastAPI:
    return create_app(Settings(database_url=AWAY, system_url=AWAY))


def random_paths() -> Iterator[tuple[str, str]]:
    """What somebody who looks for holes asks."""
    for number in range(ASKED):
        made_up = secrets.token_hex(4)
        yield "GET", f"/{made_up}"
        yield "GET", f"/v1/{made_up}/{number}"
        yield "GET", f"/console/{made_up}.js"
        yield "GET", f"/docs/assets/{made_up}"
        yield "GET", f"/t/{made_up}/v1/weekly-plans"
        yield "POST", f"/v1/visits/{made_up}/{made_up}"
        yield "GET", f"/v1/plans/{made_up}?a={made_up}"
        yield f"X{made_up.upper()}", f"/v1/weekly-plans/{made_up}"


@pytest.mark.parametrize("service", SERVICES)
async def test_no_caller_can_make_the_figures_of_a_service_grow(
    service: str, module_database: Make, tmp_path: Path
):
    app = importlib.import_module(f"{service}.main").create_app(
        made(service, module_database(service), tmp_path)
    )
    told = []
    async with in_process(app) as client, scraping(app) as scrape:
        for _ in range(2):
            for method, path in random_paths():
                await client.request(method, path, headers=bearer())
            told.append(await scrape())
        assert (await client.get("/metrics")).status_code == 404, "not at the port of the API"
    first, second = map(label_sets, told)
    assert second == first
    assert value(told[1], "requests_total", method="other") == 2 * ASKED
    assert value(told[1], "database_up", service=service) == 1
    assert value(told[1], "database_connections_in_use", pool="serving") == 0
    assert value(told[1], "feed_newest_position") == 0


async def test_figures_are_told_while_the_database_is_away(gateway_away: FastAPI):
    async with scraping(gateway_away) as scrape:
        told = await scrape()
    assert value(told, "database_up") == 0
    assert "ronde_jobs" not in {it.name for it in samples(told)}, "what is not known is not told"


async def test_what_the_gateway_passes_on_is_counted_by_service_and_its_breaker_seen():
    async with edge() as ronde, scraping(ronde.app) as scrape:
        for _ in range(FAILURES):
            await ronde.client.post("/v1/scores/" + secrets.token_hex(4))
        await ronde.client.get("/v1/visits/" + secrets.token_hex(4))
        told = await scrape()
    assert value(told, "passed_on_total", service="inspections", status="200") == 1
    assert value(told, "passed_on_total", service="scoring", status="503") == FAILURES
    assert value(told, "breaker_open", service="scoring") == 1
    assert value(told, "breaker_open", service="inspections") == 0


async def test_a_worker_tells_its_jobs_and_how_far_its_followers_are(
    module_database: Make, tmp_path: Path
):
    kept = module_database("scoring")
    with kept.administer() as connection:
        for state in ("queued", "queued", "running", "failed", "done"):
            connection.execute(
                "insert into job (id, organisation, subject, kind, request_digest, arguments, "
                "state) values (gen_random_uuid(), %s, 'tester', 'train_model', '', '{}', %s)",
                [OURS, state],
            )
    port = free_port()
    settings = made("scoring", kept, tmp_path, worker_metrics_port=port)
    async with (
        background({"the worker": run_worker(settings)}),
        httpx.AsyncClient(trust_env=False) as client,
    ):
        told = await followed(client, f"http://127.0.0.1:{port}/metrics")
    jobs = {state: value(told, "jobs", kind="train_model", state=state) for state in STATES}
    assert jobs == {"waiting": 2, "running": 1, "failed": 1}
    assert value(told, "jobs", kind="watch_scores", state="waiting") == 0
    for provider in ("inspections", "routing"):
        assert value(told, "feed_lag_seconds", provider=provider) > 0
        assert value(told, "feed_position", provider=provider) == 0


async def followed(client: httpx.AsyncClient, url: str) -> str:
    """Ask until both followers have their turn."""
    while True:
        with contextlib.suppress(httpx.ConnectError):
            told = (await client.get(url)).text
            if sum(it.name == "ronde_feed_position" for it in samples(told)) == 2:
                return told
        await asyncio.sleep(0.05)
