"""Problems: every failure is answered in one form, and gives nothing away."""

import logging
from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import FastAPI, Form
from prometheus_client import CollectorRegistry, generate_latest
from pydantic import BaseModel, Field

from shared import problems
from shared.problem_types import TYPE_PREFIX, problem_types
from shared.telemetry import JSONFormatter, Telemetry, router

LONGEST = 200_000


class Room(BaseModel):
    beds: int = Field(ge=1)


def app() -> FastAPI:
    app = FastAPI(max_body_size=LONGEST)
    problems.install(app)
    app.state.registry = CollectorRegistry()
    app.add_middleware(Telemetry, service="probe", registry=app.state.registry)

    async def missing() -> dict[str, str]:
        return {"database": "does not answer"}

    app.include_router(router(missing))

    @app.post("/rooms")
    async def rooms(room: Room) -> Room:
        if room.beds == 13:
            raise problems.conflict("Thirteen beds are not allowed; choose another number.")
        if room.beds == 500:
            raise RuntimeError("secret detail")
        return room

    @app.post("/guests")
    async def guests(name: Annotated[str, Form()]) -> str:
        return name

    return app


async def pieces() -> AsyncIterator[bytes]:
    """Give a body that is too long, and whose length nobody knows before."""
    for _ in range(10):
        yield b" " * (LONGEST // 5)


def client(asked: FastAPI | None = None) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(asked or app(), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://service.test")


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        ({"beds": 0}, 422, "invalid-request"),
        ({"beds": 13}, 409, "conflict"),
        ({"beds": 500}, 500, "internal-error"),
    ],
)
async def test_each_failure_is_a_problem_with_its_type(
    body: dict[str, int], status: int, slug: str
) -> None:
    async with client() as asking:
        answer = await asking.post("/rooms", json=body, headers={"X-Request-Id": "abc-1"})
    problem = answer.json()
    assert answer.status_code == problem["status"] == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"].endswith(slug)
    assert problem["request_id"] == "abc-1"
    assert "secret" not in answer.text


async def test_a_wrong_field_is_named_by_a_pointer() -> None:
    async with client() as asking:
        answer = await asking.post("/rooms", json={"beds": 0})
    assert answer.json()["errors"][0]["pointer"] == "/beds"


@pytest.mark.parametrize(
    "body", [b"\xff", b'{"beds": ', b'{"beds": ' + b"9" * 5000 + b"}", b"[" * 100_000]
)
async def test_a_body_nobody_can_read_is_as_invalid_as_a_wrong_one(body: bytes) -> None:
    async with client() as asking:
        answer = await asking.post(
            "/rooms", content=body, headers={"Content-Type": "application/json"}
        )
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("invalid-request")


async def test_what_is_not_there_is_a_problem_too() -> None:
    async with client() as asking:
        answer = await asking.get("/nowhere")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (("GET", "/nowhere", {}), 404),
        (("GET", "/rooms", {}), 405),
        (("POST", "/rooms", {"content": pieces()}), 413),
        (("POST", "/guests", {"headers": {"Content-Type": "multipart/form-data"}}), 422),
    ],
)
async def test_what_the_web_framework_refuses_is_of_a_type_that_has_a_page(
    request_: tuple[str, str, dict[str, object]], status: int
) -> None:
    method, path, given = request_
    async with client() as asking:
        answer = await asking.request(method, path, **given)
    assert answer.status_code == answer.json()["status"] == status
    slug = answer.json()["type"].removeprefix(TYPE_PREFIX)
    assert status in problem_types()[slug].statuses
    assert answer.headers["link"] == f'</problems/{slug}>; rel="help"'


async def test_a_request_id_that_could_break_a_log_is_replaced() -> None:
    async with client() as asking:
        answer = await asking.get("/livez", headers={"X-Request-Id": "a b;c"})
    assert answer.headers["x-request-id"] != "a b;c"


async def test_requests_are_counted_by_route() -> None:
    counted = app()
    async with client(counted) as asking:
        await asking.post("/rooms", json={"beds": 2})
        await asking.get("/no/such/path")
        ready = await asking.get("/readyz")
    metrics = generate_latest(counted.state.registry).decode()
    assert 'route="/rooms",service="probe",status="200"} 1.0' in metrics
    assert 'route="other"' in metrics
    assert ready.status_code == 503
    assert ready.json()["missing"] == {"database": "does not answer"}


def test_a_log_line_is_one_json_object_with_its_fields() -> None:
    record = logging.makeLogRecord({"msg": "plan solved", "plan_id": "7", "levelname": "INFO"})
    line = JSONFormatter().format(record)
    assert '"message": "plan solved"' in line
    assert '"plan_id": "7"' in line
