"""Traces: off unless asked for, one from the edge to the job, and nothing in them about people."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from collector import Collector, Told, collecting
from gateway_edge import edge
from job_bench import worked

from scoring.main import create_app, run_worker
from scoring.settings import Settings
from shared import tracing
from shared.auth import Verifier
from shared.jobs import Job
from shared.serve import background, listen, serving
from shared.span_export import TOLD
from shared.testing import ISSUER, TestDatabase, published_keys

SERVICES = ("inspections", "scoring", "routing", "gateway")
TRACE = "0123456789abcdef0123456789abcdef"
NAME = "jeanne-dupont"
Make = Callable[[str], TestDatabase]
# Starts all four apps as a server does, has them asked, and tells what was loaded and called.
STARTED = """
import asyncio, sys, importlib
called = []
sys.addaudithook(lambda event, given: event == "socket.connect" and called.append(str(given[1])))
import httpx
from shared import tracing

async def main():
    for name in ("inspections", "scoring", "routing", "gateway"):
        away = f"postgresql+psycopg://{name}@/{name}?host=/nowhere"
        settings = importlib.import_module(f"{name}.settings").Settings(
            database_url=away, system_url=away
        )
        app = importlib.import_module(f"{name}.main").create_app(settings)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://ronde") as client:
            await client.get("/nowhere")
        if provider := tracing.provider_of(name):
            provider.force_flush()

asyncio.run(main())
parts = ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.proto", "requests")
print([it for it in parts if it in sys.modules], called)
"""


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with collecting() as it:
        for name, value in given(it).items():
            monkeypatch.setenv(name, value)
        tracing.provider_of.cache_clear()
        yield it
        for service in SERVICES:
            tracing.provider_of(service).shutdown()
        tracing.provider_of.cache_clear()


def given(collector: Collector) -> dict[str, str]:
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}


def started(**variables: str) -> str:
    plain = {name: it for name, it in os.environ.items() if not name.startswith("OTEL_")}
    return subprocess.run(
        [sys.executable, "-c", STARTED],
        env=plain | variables,
        text=True,
        capture_output=True,
        check=True,
    ).stdout.strip()


@pytest.mark.slow
def test_nothing_of_it_is_loaded_and_nobody_called_unless_asked_for():
    assert started() == "[] []"


@pytest.mark.slow
def test_what_shows_that_nothing_is_sent_sees_what_is_sent():
    with collecting() as collector:
        told = started(**given(collector))
    port = collector.url.rpartition(":")[2]
    assert "opentelemetry.sdk" in told
    assert f"('127.0.0.1', {port})" in told
    assert {it.service for it in collector.spans} == set(SERVICES)


@pytest.mark.parametrize(
    "variables",
    [
        {"OTEL_SDK_DISABLED": "true"},
        {"OTEL_TRACES_EXPORTER": "none"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": ""},
    ],
)
def test_the_standard_switches_turn_it_off(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
):
    assert tracing.are_wanted()
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert not tracing.are_wanted()
    monkeypatch.undo()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)


async def test_one_trace_leads_from_the_edge_over_a_service_to_its_job(
    collector: Collector, database: Make, tmp_path: Path
):
    settings = Settings(blobs_url=f"file://{tmp_path}", **database("scoring").settings())
    app = create_app(settings)
    app.state.verifier = Verifier([ISSUER.url], "ronde", key_source=published_keys)
    opened = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{opened.getsockname()[1]}"
    upstreams = dict.fromkeys(("inspections", "scoring", "routing"), url)
    async with (
        serving([app], [opened]),
        edge(upstreams=upstreams) as ronde,
        background({"the worker": run_worker(settings)}),
    ):
        headers = {"Traceparent": f"00-{TRACE}-{'c' * 16}-01", "Tracestate": f"who={NAME}"}
        asked = await ronde.client.post(f"/v1/score-runs?who={NAME}", headers=headers)
        assert asked.status_code == 202, asked.text
        await ronde.client.get(f"/v1/weekly-plans/{NAME}")
        job = await asyncio.to_thread(collector.await_span, named("job score_everything"))
        edge_span = named("POST /v1/score-runs/{path}")
        await asyncio.to_thread(collector.await_span, edge_span)
        await asyncio.to_thread(collector.await_span, named("GET /v1/weekly-plans/{plan_id}"))
    assert [(it.service, it.kind, it.name) for it in collector.lineage(job)] == [
        ("scoring", "consumer", "job score_everything"),
        ("scoring", "server", "POST /v1/score-runs"),
        ("gateway", "server", "POST /v1/score-runs/{path}"),
    ]
    assert job.trace_id == TRACE
    assert set().union(*(it.attributes for it in collector.spans)) <= TOLD
    assert collector.await_span(edge_span).attributes["http.response.status_code"] == 202
    assert NAME.encode() not in b"".join(collector.received)
    assert set(collector.paths) == {"/v1/traces"}


def named(name: str) -> Callable[[Told], bool]:
    return lambda span: span.name == name


async def test_a_job_that_fails_is_a_fault_of_its_kind_without_its_words(
    collector: Collector, database: Make
):
    async def breaks(_job: Job) -> None:
        raise LookupError(NAME)

    tracer = tracing.tracer_of("scoring")
    async with worked(database("probe"), {"breaks": breaks}, tracer=tracer) as it:
        await it.ended((await it.ask("breaks")).id)
        found = await asyncio.to_thread(collector.await_span, named("job breaks"))
    assert found.attributes["error.type"] == "LookupError"
    assert NAME.encode() not in b"".join(collector.received)
