"""What the gateway answers itself: health, documentation, who asks, and composed requests."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from html import unescape
from urllib.parse import urlsplit

import pytest
from gateway_edge import Edge, answer, edge, raw
from starlette.types import Receive, Scope, Send

from gateway.api.health import PATIENCE_S
from gateway.api.pages import ServicePages
from gateway.domain.openapi_merge import Document, merge
from shared.problem_types import problem_types
from shared.testing import OURS, TestDatabase, bearer


@pytest.fixture
def kept(module_database: Callable[[str], TestDatabase]) -> TestDatabase:
    return module_database("gateway")


@pytest.fixture
async def ronde(kept: TestDatabase) -> AsyncIterator[Edge]:
    async with edge(**kept.settings()) as running:
        yield running


async def test_health_names_the_service_that_is_away(ronde: Edge):
    got = await ronde.client.get("/health")
    assert got.status_code == 503
    assert got.json()["status"] == "degraded"
    assert got.json()["services"]["inspections"]["status"] == "ok"
    assert got.json()["services"]["scoring"]["status"] == "unreachable"
    assert (await ronde.client.get("/readyz")).status_code == 200


async def test_the_documentation_asks_no_other_site_and_outlives_a_dead_service(ronde: Edge):
    page = (await ronde.client.get("/docs")).text
    assert "http://" not in page
    assert "https://" not in page
    script = await ronde.client.get("/docs/assets/swagger-ui-bundle.js")
    assert script.status_code == 200
    await described(ronde, "/v1/visits")
    merged = (await ronde.client.get("/openapi.json")).json()
    assert {"/v1/me", "/health", "/v1/visits"} <= set(merged["paths"])
    assert merged["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


@pytest.mark.parametrize("path", ["/v1/me", "/v1/keys/{id}", "/openapi.json"])
async def test_a_verb_an_address_does_not_know_is_said_so(ronde: Edge, path: str):
    refused = await ronde.client.patch(path)
    assert refused.status_code == 405
    assert refused.headers["Allow"]
    assert refused.json()["type"].endswith("method-not-allowed")


async def test_a_gateway_started_anew_still_describes_a_service_that_is_dead(kept: TestDatabase):
    async with edge(**kept.settings()) as before:
        before.upstream.page = b'{"paths": {"/v1/of-the-dead": {}}}'
        await described(before, "/v1/of-the-dead")
        for _ in range(200):
            if "of-the-dead" in pages_of(kept):
                break
            await asyncio.sleep(0.05)
    dead = dict.fromkeys(("inspections", "scoring", "routing"), "http://127.0.0.1:1")
    async with edge(**kept.settings(), upstreams=dead) as after:
        await described(after, "/v1/of-the-dead")
        assert after.upstream.asked == []


async def described(ronde: Edge, path: str) -> None:
    """Wait until the documentation has a path."""
    for _ in range(100):
        if path in (await ronde.client.get("/openapi.json")).json()["paths"]:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{path} is not in the documentation")


def pages_of(kept: TestDatabase) -> str:
    with kept.administer() as connection:
        rows = connection.execute("select page::text from service_page").fetchall()
    return str(rows)


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


async def test_each_type_of_problem_leads_to_a_page_in_both_languages(ronde: Edge):
    refused = await ronde.client.get("/v1/nonsense")
    page = urlsplit(refused.json()["type"]).path
    assert refused.headers["link"] == f'<{page}>; rel="help"'
    listed = await ronde.client.get("/problems")
    for kind in problem_types().values():
        assert kind.path in listed.text
        shown = await ronde.client.get(kind.path)
        assert shown.headers["content-type"] == "text/html; charset=utf-8"
        told = unescape(re.sub("<[^>]+>", "", shown.text))
        for words in kind.words.values():
            assert words.title in told
            assert words.happened.replace("`", "") in told
            assert words.to_do.replace("`", "") in told
        assert [it for it in re.findall(r'(?:src|href)="([^"]+)', shown.text) if "//" in it] == []
    assert (await ronde.client.get("/problems/nothing")).json()["status"] == 404


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


PLAN = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def asked(kept: TestDatabase) -> None:
    """Keep a week that routing has been asked for."""
    with kept.administer() as connection:
        connection.execute(
            "insert into job (id, organisation, subject, kind, request_digest, arguments) "
            "values (%(id)s, %(ours)s, 'tester', 'plan_week', '', '{}') on conflict do nothing",
            {"id": PLAN, "ours": OURS},
        )
        connection.execute(
            "insert into weekly_plan (organisation, id, job_id, step, starts_on, days, request, "
            "routing_key, asked_within, territories, unplaced, notices, acceptances, created_by) "
            "values (%(ours)s, %(id)s, %(id)s, 'asked', '2026-11-23', 1, '{}', 'k', '{}', "
            "'{75}', '{}', '[]', 0, 'tester') on conflict do nothing",
            {"id": PLAN, "ours": OURS},
        )


async def test_a_refusal_that_is_no_problem_is_made_one(ronde: Edge, asked: None):
    async def broken(_scope: Scope, _receive: Receive, send: Send) -> None:
        await answer(send, b"[]", status=502)

    ronde.upstream.handler = broken
    got = await ronde.client.get(f"/v1/weekly-plans/{PLAN}")
    assert got.status_code == 502
    assert got.json()["type"].endswith("/service-failed")


@pytest.mark.parametrize("begins", [False, True], ids=["before its answer", "within it"])
async def test_services_that_hang_are_asked_at_once_and_not_waited_for(ronde: Edge, begins: bool):
    hanging = 0

    async def hangs(_scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal hanging
        hanging += 1
        if begins:
            length = [(b"content-length", b"100")]
            await send({"type": "http.response.start", "status": 200, "headers": length})
            await send({"type": "http.response.body", "body": b"{", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass

    ronde.upstream.ready = hangs
    got = await ronde.client.get("/health")
    assert got.status_code == 503
    states = {name: it["status"] for name, it in got.json()["services"].items()}
    assert states == dict.fromkeys(("inspections", "scoring", "routing"), "unreachable")
    assert (PATIENCE_S, hanging) == (1.0, 2)


async def test_a_composed_request_carries_the_callers_token_and_organisation(
    ronde: Edge, asked: None
):
    async def plan(scope: Scope, _receive: Receive, send: Send) -> None:
        assert scope["path"].endswith("/geojson")
        await answer(send, b"{}")

    ronde.upstream.handler = plan
    path = f"/v1/weekly-plans/{PLAN}/geojson"
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


async def test_a_hundred_teams_of_fourteen_shifts_are_not_too_long(
    ronde: Edge, monkeypatch: pytest.MonkeyPatch
):
    # Nobody works here: the answer does not wait for what will be gathered.
    monkeypatch.setattr("gateway.api.weekly_plans.CREATION_WAIT_S", 0.0)
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
    assert got.status_code == 202, got.text
    assert (got.json()["candidates"], got.json()["job"]["state"]) == (None, "queued")
    read = await ronde.client.get(got.headers["location"])
    assert (read.json()["state"], read.json()["step"]) == ("queued", "gathering")
    assert read.json()["allowed_actions"] == ["cancel"]
