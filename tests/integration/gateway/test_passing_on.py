"""The gateway passes requests on to a real server on loopback, and tells when it cannot."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from gateway_edge import Edge, answer, body_of, edge, raw
from prometheus_client import generate_latest
from starlette.types import Receive, Scope, Send

from shared.testing import bearer


@pytest.fixture
async def ronde() -> AsyncIterator[Edge]:
    async with edge() as running:
        yield running


async def test_path_and_query_arrive_as_they_were_written(ronde: Edge):
    await raw(
        ronde.url,
        b"GET /v1/visits/a%2Fb%20c?q=%C3%A9+x&q=2 HTTP/1.1\r\nHost: x\r\nAuthorization: "
        + bearer()["Authorization"].encode()
        + b"\r\nConnection: close\r\n\r\n",
    )
    scope = ronde.upstream.asked[0]
    assert scope["raw_path"] == b"/v1/visits/a%2Fb%20c"
    assert scope["query_string"] == b"q=%C3%A9+x&q=2"


async def test_a_body_an_etag_and_a_status_pass_unchanged(ronde: Edge):
    sent = json.dumps({"é": "x" * 100_000}).encode()
    got = await ronde.client.post("/v1/visits", content=sent)
    assert (got.status_code, got.content, got.headers["etag"]) == (200, sent, '"v1"')
    headers = dict(ronde.upstream.asked[0]["headers"])
    assert headers[b"content-length"] == str(len(sent)).encode()
    assert b"transfer-encoding" not in headers


async def test_a_request_without_a_body_is_passed_on_without_one(ronde: Edge):
    await ronde.client.get("/v1/visits")
    headers = dict(ronde.upstream.asked[0]["headers"])
    assert b"content-length" not in headers
    assert b"transfer-encoding" not in headers


async def test_not_modified_passes(ronde: Edge):
    async def unchanged(scope: Scope, _receive: Receive, send: Send) -> None:
        assert dict(scope["headers"])[b"if-none-match"] == b'"v1"'
        await send({"type": "http.response.start", "status": 304, "headers": [(b"etag", b'"v1"')]})
        await send({"type": "http.response.body", "body": b""})

    ronde.upstream.handler = unchanged
    got = await ronde.client.get("/v1/visits/1", headers={"If-None-Match": '"v1"'})
    assert (got.status_code, got.headers["etag"], got.content) == (304, '"v1"', b"")


async def test_head_has_the_headers_alone(ronde: Edge):
    async def head(_scope: Scope, _receive: Receive, send: Send) -> None:
        length = [(b"content-length", b"1234")]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": b""})

    ronde.upstream.handler = head
    got = await ronde.client.head("/v1/visits/1")
    assert (got.headers["content-length"], got.content) == ("1234", b"")


@pytest.mark.parametrize("authorization", [None, "Basic eDp5", "Bearer", "Bearer not.a.token"])
async def test_nobody_gets_through_without_a_token(ronde: Edge, authorization: str | None):
    headers = {"Authorization": authorization} if authorization else {}
    async with httpx.AsyncClient(base_url=ronde.url, trust_env=False) as stranger:
        got = await stranger.get("/v1/visits", headers=headers)
    assert got.status_code == 401
    assert got.headers["content-type"] == "application/problem+json"
    assert got.headers["www-authenticate"] == "Bearer"
    assert got.json()["type"].endswith("/unauthenticated")
    assert ronde.upstream.asked == []


async def test_what_is_public_is_passed_on_for_whoever_asks_but_not_too_often(ronde: Edge):
    path = "/v1/scoring/transparency"
    async with httpx.AsyncClient(base_url=ronde.url, trust_env=False) as stranger:
        first = await stranger.get(path)
        beside = await stranger.get(f"{path}/more")
        forged = await stranger.get(path, headers={"Authorization": "Bearer not.a.token"})
        rest = [(await stranger.get(path)).status_code for _ in range(120)]
    # Scoring is away here, so what was let through is answered with 503.
    assert first.status_code == 503
    assert (beside.status_code, forged.status_code) == (401, 401)
    assert set(rest) == {503, 429}


async def test_who_is_asking_cannot_be_claimed_in_headers(ronde: Edge):
    await ronde.client.get(
        "/v1/visits", headers={"X-User": "root", "X-Org": "theirs", "X-Forwarded-For": "1.2.3.4"}
    )
    names = {name for name, _ in ronde.upstream.asked[0]["headers"]}
    assert not names & {b"x-user", b"x-org", b"x-forwarded-for"}
    assert b"authorization" in names


async def test_a_request_keeps_its_id_and_trace_all_the_way(ronde: Edge):
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    got = await ronde.client.get(
        "/v1/visits", headers={"X-Request-Id": "mine.1", "Traceparent": trace}
    )
    headers = dict(ronde.upstream.asked[0]["headers"])
    assert (headers[b"x-request-id"], headers[b"traceparent"]) == (b"mine.1", trace.encode())
    assert got.headers["x-request-id"] == "mine.1"


async def test_an_answer_is_passed_on_while_it_is_being_made(ronde: Edge):
    go_on = asyncio.Event()

    async def stream(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        await go_on.wait()
        await send({"type": "http.response.body", "body": b"data: 2\n\n"})

    ronde.upstream.handler = stream
    async with ronde.client.stream("GET", "/v1/plans/1/events") as got:
        pieces = got.aiter_bytes()
        assert await anext(pieces) == b"data: 1\n\n"
        go_on.set()
        assert await anext(pieces) == b"data: 2\n\n"


async def test_many_long_polls_of_one_reader_lock_nobody_out():
    polls, all_wait, go_on = 300, asyncio.Event(), asyncio.Event()
    waiting = 0

    async def poll(scope: Scope, _receive: Receive, send: Send) -> None:
        nonlocal waiting
        if scope["path"] == "/v1/inspections/events":
            waiting += 1
            if waiting == polls:
                all_wait.set()
            await go_on.wait()
        await answer(send, b"{}")

    unlimited = httpx.Limits(max_connections=None)
    async with (
        edge(connect_timeout_s=5.0) as ronde,
        httpx.AsyncClient(
            base_url=ronde.url, trust_env=False, headers=bearer(), limits=unlimited, timeout=30
        ) as reader,
    ):
        ronde.upstream.handler = poll
        asked = [asyncio.create_task(reader.get("/v1/inspections/events")) for _ in range(polls)]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(10):
                await all_wait.wait()
        other = await ronde.client.get("/v1/plans")
        go_on.set()
        answers = await asyncio.gather(*asked)
    assert other.status_code == 200, other.text
    assert {it.status_code for it in answers} == {200}


async def test_a_stream_nobody_reads_any_more_is_ended(ronde: Edge):
    ended = asyncio.Event()

    async def stream(_scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        ended.set()

    ronde.upstream.handler = stream
    async with ronde.client.stream("GET", "/v1/plans/1/events") as got:
        await anext(got.aiter_bytes())
    async with asyncio.timeout(3):
        await ended.wait()


async def test_a_body_is_passed_on_while_it_is_being_sent(ronde: Edge):
    first, got_first = asyncio.Event(), []

    async def reading(_scope: Scope, receive: Receive, send: Send) -> None:
        got_first.append((await receive())["body"])
        first.set()
        await answer(send, await body_of(receive))

    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        await first.wait()
        yield b"two"

    ronde.upstream.handler = reading
    got = await ronde.client.post("/v1/visits", content=pieces())
    assert (got_first, got.content) == ([b"one"], b"two")


async def test_a_long_body_is_refused_by_its_declared_length():
    async with edge(max_body_bytes=1000) as ronde:
        got = await ronde.client.post("/v1/visits", content=b"x" * 1001)
        assert (got.status_code, ronde.upstream.asked) == (413, [])
        assert "1000 bytes" in got.json()["detail"]
        assert (await ronde.client.post("/v1/visits", content=b"x" * 1000)).status_code == 200


async def test_a_stranger_with_a_long_body_still_reads_the_refusal(ronde: Edge):
    async with httpx.AsyncClient(base_url=ronde.url, trust_env=False) as stranger:
        got = await stranger.post("/v1/visits", content=b"x" * 2_000_000)
    assert got.status_code == 401


async def test_an_empty_body_is_passed_on_as_one(ronde: Edge):
    got = await ronde.client.post("/v1/visits", content=b"", headers={"Content-Length": "0"})
    assert (got.status_code, ronde.upstream.bodies) == (200, [b""])


async def test_a_body_in_flight_to_a_dead_service_ends_in_a_refusal(ronde: Edge):
    got = await ronde.client.post("/v1/score-runs", content=b"x" * 1_000_000)
    assert got.status_code == 503


async def test_a_caller_who_leaves_while_sending_does_no_harm(ronde: Edge):
    head = b"POST /v1/visits HTTP/1.1\r\nHost: x\r\nAuthorization: "
    head += bearer()["Authorization"].encode() + b"\r\nContent-Length: 1000\r\n\r\nabc"
    host, port = ronde.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(head)
    await asyncio.sleep(0.1)
    writer.close()
    await asyncio.sleep(0.1)
    assert (await ronde.client.get("/v1/visits")).status_code == 200


async def test_a_long_body_in_chunks_is_refused_as_it_passes_the_limit():
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 100

    async with edge(max_body_bytes=1000) as ronde:
        got = await ronde.client.post("/v1/visits", content=pieces())
        assert got.status_code == 413
        assert ronde.upstream.bodies == [] or len(ronde.upstream.bodies[0]) <= 1000


async def test_two_ways_to_read_the_length_are_refused(ronde: Edge):
    head = b"POST /v1/visits HTTP/1.1\r\nHost: x\r\nAuthorization: "
    head += bearer()["Authorization"].encode()
    both = b"\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert b" 400 " in (await raw(ronde.url, head + both)).splitlines()[0]
    twice = b"\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd"
    assert b" 400 " in (await raw(ronde.url, head + twice)).splitlines()[0]
    assert ronde.upstream.asked == []


async def test_a_service_that_is_away_is_named(ronde: Edge):
    got = await ronde.client.get("/v1/scores")
    assert (got.status_code, got.headers["retry-after"]) == (503, "2")
    assert "scoring" in got.json()["detail"]
    assert got.json()["request_id"] == got.headers["x-request-id"]


async def test_a_service_that_hangs_is_not_waited_for_for_ever():
    async def hang(_scope: Scope, receive: Receive, _send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async with edge(read_timeout_s=0.2) as ronde:
        ronde.upstream.handler = hang
        got = await ronde.client.get("/v1/visits")
        assert got.status_code == 504
        assert got.json()["type"].endswith("/service-too-slow")


async def test_an_answer_that_breaks_off_is_seen_to_be_broken(ronde: Edge):
    async def short(_scope: Scope, _receive: Receive, send: Send) -> None:
        length = [(b"content-length", b"10")]
        await send({"type": "http.response.start", "status": 200, "headers": length})
        await send({"type": "http.response.body", "body": b"12345", "more_body": True})

    async def broken_stream(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"12345", "more_body": True})

    ronde.upstream.handler = short
    got = await ronde.client.get("/v1/visits")
    assert (got.status_code, got.json()["type"].rsplit("/")[-1]) == (502, "service-failed")
    ronde.upstream.handler = broken_stream
    with pytest.raises(httpx.RemoteProtocolError):
        await ronde.client.get("/v1/visits")


async def test_a_redirect_is_the_callers_to_follow(ronde: Edge):
    async def moved(_scope: Scope, _receive: Receive, send: Send) -> None:
        await answer(send, b"", [(b"location", b"/v1/visits/2")], status=307)

    ronde.upstream.handler = moved
    got = await ronde.client.get("/v1/visits/1")
    assert (got.status_code, got.headers["location"]) == (307, "/v1/visits/2")
    assert len(ronde.upstream.asked) == 1


async def test_cookies_of_one_caller_are_not_given_to_another(ronde: Edge):
    async def sets(_scope: Scope, _receive: Receive, send: Send) -> None:
        await answer(send, b"", [(b"set-cookie", b"a=1")])

    ronde.upstream.handler = sets
    await ronde.client.get("/v1/visits/1")
    ronde.client.cookies.clear()
    await ronde.client.get("/v1/visits/1")
    assert b"cookie" not in dict(ronde.upstream.asked[1]["headers"])


async def test_requests_at_once_do_not_mix(ronde: Edge):
    sent = [str(number).encode() * 1000 for number in range(60)]
    got = await asyncio.gather(*(ronde.client.post("/v1/visits", content=it) for it in sent))
    assert [it.content for it in got] == sent


async def test_what_is_passed_on_is_counted(ronde: Edge):
    await ronde.client.get("/v1/visits")
    metrics = generate_latest(ronde.app.state.metrics.registry).decode()
    assert 'ronde_passed_on_total{method="GET",service="inspections",status="200"} 1.0' in metrics
