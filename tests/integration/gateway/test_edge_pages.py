"""What the gateway answers itself: health, documentation, who asks, and composed requests."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import pytest
from gateway_edge import Edge, answer, edge, raw
from starlette.types import Receive, Scope, Send

from gateway.api.pages import ServicePages
from gateway.domain.openapi_merge import Document, merge
from shared.testing import OURS, bearer


@pytest.fixture
async def ronde() -> AsyncIterator[Edge]:
    async with edge() as running:
        yield running


async def test_health_names_the_service_that_is_away(ronde: Edge):
    got = await ronde.client.get("/health")
    assert got.status_code == 503
    assert got.json()["status"] == "degraded"
    assert got.json()["services"]["inspections"]["status"] == "ok"
    assert got.json()["services"]["scoring"]["status"] == "unreachable"
    assert (await ronde.client.get("/readyz")).status_code == 200


async def test_the_documentation_asks_no_other_site_and_outlives_a_dead_service(ronde: Edge):
    page = (await ronde.client.get("/", follow_redirects=True)).text
    assert "http://" not in page
    assert "https://" not in page
    script = await ronde.client.get("/docs/assets/swagger-ui-bundle.js")
    assert script.status_code == 200
    for _ in range(100):
        if "/v1/visits" in (await ronde.client.get("/openapi.json")).json()["paths"]:
            break
        await asyncio.sleep(0.05)
    merged = (await ronde.client.get("/openapi.json")).json()
    assert {"/v1/me", "/health", "/v1/visits"} <= set(merged["paths"])
    assert merged["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


async def test_the_page_is_made_anew_only_when_a_service_describes_itself_anew(
    ronde: Edge, monkeypatch: pytest.MonkeyPatch
):
    made = []

    def counted(own: Document, others: Mapping[str, Document]) -> dict[str, object]:
        made.append(sorted(others))
        return merge(own, others)

    monkeypatch.setattr("gateway.api.pages.merge", counted)
    pages: ServicePages = ronde.app.state.pages
    await pages.refresh()
    first = await ronde.client.get("/openapi.json")
    again = await ronde.client.get("/openapi.json")
    assert first.content == again.content
    assert len(made) == 1
    await pages.refresh()
    await ronde.client.get("/openapi.json")
    assert len(made) == 1, "the same descriptions make the same page"
    ronde.upstream.page = b'{"paths": {"/v1/visits": {}, "/v1/findings": {}}}'
    await pages.refresh()
    changed = (await ronde.client.get("/openapi.json")).json()
    assert "/v1/findings" in changed["paths"]
    assert len(made) == 2


async def test_an_unknown_path_is_a_problem_of_ours(ronde: Edge):
    got = await ronde.client.get("/v1/nonsense")
    assert got.status_code == 404
    assert got.headers["content-type"] == "application/problem+json"


async def test_me_tells_what_the_token_says(ronde: Edge):
    got = (await ronde.client.get("/v1/me", headers=bearer("planner"))).json()
    assert got["roles"] == ["planner"]
    assert got["organisations"] == [got["organisation"]]


WEEK = {
    "starts_on": "2026-11-23",
    "days": 1,
    "teams": [
        {
            "id": "nord",
            "name": "Nord",
            "start": {"lon": 2.36, "lat": 48.87},
            "shifts": [{"starts_at": "2026-11-23T08:00:00Z", "ends_at": "2026-11-23T16:00:00Z"}],
        }
    ],
}


async def no_candidates(scope: Scope, _receive: Receive, send: Send) -> None:
    assert scope["path"] == "/v1/candidates"
    await answer(send, b'{"items": [], "unplaced": []}')


async def test_a_week_cannot_be_planned_without_scores_and_says_so(ronde: Edge):
    ronde.upstream.handler = no_candidates
    got = await ronde.client.post("/v1/weekly-plans", json=WEEK)
    assert got.status_code == 503
    assert got.headers["retry-after"] == "2"
    assert "/v1/priorities" in got.json()["detail"]


async def test_a_refusal_that_is_no_problem_is_made_one(ronde: Edge):
    async def broken(_scope: Scope, _receive: Receive, send: Send) -> None:
        await answer(send, b"[]", status=502)

    ronde.upstream.handler = broken
    got = await ronde.client.get("/v1/weekly-plans/00000000-0000-4000-8000-000000000001")
    assert got.status_code == 502
    assert got.json()["type"].endswith("/service-failed")


async def test_a_slow_service_is_not_waited_for_by_the_health_page(ronde: Edge, monkeypatch):
    monkeypatch.setattr("gateway.api.health.PATIENCE_S", 0.0)
    got = (await ronde.client.get("/health")).json()
    assert got["services"]["inspections"]["status"] == "unreachable"


async def test_a_composed_request_carries_the_callers_token_and_organisation(ronde: Edge):
    async def plan(scope: Scope, _receive: Receive, send: Send) -> None:
        assert scope["path"].endswith("/geojson")
        await answer(send, b"{}")

    ronde.upstream.handler = plan
    path = "/v1/weekly-plans/00000000-0000-4000-8000-000000000001/geojson"
    chosen = str(OURS)
    got = await ronde.client.get(
        path, headers={"Ronde-Organisation": chosen, "X-Request-Id": "mine.2"}
    )
    assert got.status_code == 200, got.text
    headers = dict(ronde.upstream.asked[0]["headers"])
    assert headers[b"authorization"].decode() == ronde.client.headers["authorization"]
    assert headers[b"ronde-organisation"].decode() == chosen
    assert headers[b"x-request-id"] == b"mine.2"


@pytest.mark.parametrize(
    "framed",
    [
        b"Content-Length: 2097153\r\n\r\n" + bytes(2097153),
        b"Transfer-Encoding: chunked\r\n\r\n200001\r\n" + bytes(2097153) + b"\r\n0\r\n\r\n",
    ],
    ids=["declared", "chunked"],
)
async def test_a_body_too_long_for_a_composed_request_is_a_problem_without_a_token(
    ronde: Edge, framed: bytes
):
    head = b"POST /v1/weekly-plans HTTP/1.1\r\nHost: ronde\r\nContent-Type: application/json\r\n"
    got = await raw(ronde.url, head + framed)
    assert got.startswith(b"HTTP/1.1 413"), got
    assert b"application/problem+json" in got


async def test_a_hundred_teams_of_fourteen_shifts_are_not_too_long(ronde: Edge):
    ronde.upstream.handler = no_candidates
    text = "é" * 200
    shifts = [
        {"starts_at": "2026-11-23T08:00:00.000000+01:00", "ends_at": "2026-11-23T16:00:00+01:00"}
    ]
    team = WEEK["teams"][0] | {
        "name": text,
        "shifts": 14 * shifts,
        "inspector_ids": 10 * [str(OURS)],
        "skills": 20 * [text],
    }
    teams = [team | {"id": f"team {number}"} for number in range(100)]
    got = await ronde.client.post("/v1/weekly-plans", json=WEEK | {"teams": teams})
    assert got.status_code == 503, got.text
