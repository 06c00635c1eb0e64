"""The gateway beside services in trouble, callers in a hurry, and browsers of other origins."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator
from ipaddress import ip_network

import httpx
import pytest
from fault_proxy import Fault, fault_proxy
from gateway_edge import Edge, answer, body_of, edge
from starlette.types import Receive, Scope, Send

from gateway.api.overview import OUTLOOK
from gateway.domain.breaker import FAILURES, RetryBudget
from shared.testing import bearer


@pytest.fixture
async def ronde() -> AsyncIterator[Edge]:
    async with edge() as running:
        yield running


class Reset:
    """Closes the connection before an answer, so many times, as a killed process does."""

    def __init__(self, failures: int) -> None:
        self.left = failures
        self.bodies: list[bytes] = []

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        self.bodies.append(await body_of(receive))
        if self.left > 0:
            self.left -= 1
            cut(send)
            return
        await answer(send, b"done")


def cut(send: Send) -> None:
    """Close the connection under the server, whose protocol `send` is a method of."""
    send.__self__.transport.abort()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("method", "headers", "asked"),
    [
        ("GET", {}, 2),
        ("HEAD", {}, 2),
        ("POST", {"Idempotency-Key": "k"}, 2),
        ("POST", {}, 1),
        ("PUT", {}, 1),
        ("DELETE", {}, 1),
        ("PATCH", {"Idempotency-Key": "k"}, 2),
    ],
)
async def test_only_what_does_no_harm_twice_is_sent_again(
    ronde: Edge, method: str, headers: dict[str, str], asked: int
):
    ronde.upstream.handler = dying = Reset(1)
    body = None if method in {"GET", "HEAD"} else b"x" * 1000
    got = await ronde.client.request(method, "/v1/visits/1", headers=headers, content=body)
    assert got.status_code == (200 if asked == 2 else 502)
    assert dying.bodies == asked * [body or b""]


async def test_a_body_too_long_to_keep_is_sent_once(ronde: Edge):
    ronde.upstream.handler = dying = Reset(1)
    got = await ronde.client.post(
        "/v1/visits", content=b"x" * 100_000, headers={"Idempotency-Key": "k"}
    )
    assert (got.status_code, len(dying.bodies)) == (502, 1)


async def test_retries_stay_within_a_tenth_of_the_requests(ronde: Edge):
    class HalfDead:
        asked = 0

        async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
            self.asked += 1
            if self.asked % 2:
                cut(send)
                return
            await answer(send, b"done")

    ronde.upstream.handler = half = HalfDead()
    for _ in range(100):
        await ronde.client.get("/v1/visits")
    assert 100 + 10 <= half.asked <= 100 + 10 + RetryBudget().saved


async def test_a_service_that_fails_is_left_alone_and_taken_back(ronde: Edge):
    ronde.upstream.handler = broken = Reset(1000)
    for _ in range(2 * FAILURES):
        got = await ronde.client.post("/v1/visits")
    assert (got.status_code, len(broken.bodies)) == (503, FAILURES)
    assert 1 <= int(got.headers["retry-after"]) <= 2
    assert (await ronde.client.get("/v1/plans")).status_code == 502, "other services are asked"
    assert (await ronde.client.get("/health")).json()["services"]["inspections"]["status"] == "ok"
    broken.left = 0
    line = ronde.app.state.upstreams._lines["inspections"]
    line.breaker.opened_at -= 3.0
    assert (await ronde.client.get("/v1/visits")).status_code == 200
    assert line.breaker.opened_at is None


@pytest.mark.parametrize("fault", [Fault.hang, Fault.drip])
async def test_a_service_that_takes_nothing_or_gives_drop_by_drop_is_not_waited_for(fault: Fault):
    async with edge() as behind, fault_proxy(httpx.URL(behind.url).port) as proxy:
        await proxy.suffer(fault)
        urls = dict.fromkeys(("inspections", "scoring", "routing"), proxy.url)
        async with edge(upstreams=urls, read_timeout_s=0.2) as ronde:
            # More than the two machines' buffers hold.
            got = await ronde.client.post("/v1/visits", content=b"x" * 20_000_000)
    assert (got.status_code, got.json()["type"].rsplit("/")[-1]) == (504, "service-too-slow")
    assert "inspections" in got.json()["detail"]


# Without a fault on the way, what is behind answers with what nobody understands.
@pytest.mark.parametrize("fault", [Fault.none, Fault.garbage, Fault.error, Fault.drip])
async def test_an_answer_put_together_names_the_services_in_trouble(gateway_settings, fault: Fault):
    async with edge() as behind, fault_proxy(httpx.URL(behind.url).port) as proxy:
        await proxy.suffer(fault)
        urls = dict.fromkeys(("inspections", "scoring", "routing"), proxy.url)
        async with edge(**gateway_settings, upstreams=urls, read_timeout_s=0.2) as ronde:
            seen = await ronde.client.get("/v1/overview")
            foreseen = await ronde.client.post("/v1/coverage-outlooks", json=OUTLOOK)
    assert seen.status_code == 200
    assert sorted(seen.json()["missing"]) == ["inspections", "scoring"]
    assert foreseen.status_code in {502, 503, 504}
    assert "inspections" in foreseen.json()["detail"]


class Short(Reset):
    """Closes the connection in the middle of an answer, so many times."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.left > 0:
            head = [(b"content-length", b"10")]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            await send({"type": "http.response.body", "body": b"12345", "more_body": True})
        await super().__call__(scope, receive, send)


async def test_an_answer_that_broke_off_is_asked_for_again_and_counts_as_none(ronde: Edge):
    ronde.upstream.handler = breaking = Short(1)
    assert (await ronde.client.get("/v1/visits")).content == b"done"
    breaking.left = 1000
    for _ in range(2 * FAILURES):
        got = await ronde.client.post("/v1/visits")
    assert (got.status_code, len(breaking.bodies)) == (503, 2 + FAILURES)


async def test_callers_who_leave_or_send_too_much_do_not_make_a_service_look_dead():
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(50):
            yield b"x" * 100

    async with edge(max_body_bytes=1000) as ronde:
        for _ in range(2 * FAILURES):
            assert (await ronde.client.post("/v1/visits", content=pieces())).status_code == 413
        assert (await ronde.client.get("/v1/visits")).status_code == 200


async def test_a_caller_in_a_hurry_is_told_how_long_to_wait():
    async with edge(rate_per_s=1.0, rate_burst=3) as ronde:
        got = [await ronde.client.get(path) for path in 2 * ("/v1/visits", "/v1/me")]
        other = await ronde.client.get("/v1/visits", headers=bearer("service"))
        stranger = await ronde.client.get("/v1/visits", headers={"Authorization": "Bearer x"})
    assert [it.status_code for it in got] == [200, 200, 200, 429]
    assert got[0].headers["ratelimit-policy"] == '"caller";q=3;w=3'
    assert got[0].headers["ratelimit"].startswith('"caller";r=2;t=')
    assert got[3].headers["ratelimit"].startswith('"caller";r=0;t=')
    assert got[3].json()["type"].endswith("/too-many-requests")
    assert 1 <= int(got[3].headers["retry-after"]) <= 2
    assert other.status_code == 200
    assert "ratelimit" not in other.headers
    assert stranger.status_code == 401


async def test_administrators_call_from_allowed_addresses_only():
    networks = (ip_network("192.0.2.0/24"),)
    proxies = (ip_network("127.0.0.0/8"),)
    async with edge(admin_networks=networks, trusted_proxies=proxies) as ronde:
        for address, status in {"192.0.2.7": 200, "198.51.100.1": 403}.items():
            headers = {"X-Forwarded-For": address}
            for path in ("/v1/visits", "/v1/me"):
                got = await ronde.client.get(path, headers=headers | bearer("admin"))
                assert got.status_code == status
                got = await ronde.client.get(path, headers=headers | bearer("planner"))
                assert got.status_code == 200


async def test_an_address_is_not_believed_of_who_is_no_proxy():
    async with edge(admin_networks=(ip_network("192.0.2.0/24"),)) as ronde:
        spoofed = {"X-Forwarded-For": "192.0.2.7"} | bearer("admin")
        got = await ronde.client.get("/v1/visits", headers=spoofed)
    assert (got.status_code, ronde.upstream.asked) == (403, [])
    assert got.json()["type"].endswith("/address-not-allowed")


PAGE = "https://field.example"


@pytest.mark.parametrize("path", ["/v1/visits", "/v1/me", "/v1/inspections/formList"])
async def test_a_page_of_an_allowed_origin_may_call(path: str):
    async with edge(cors_origins=(PAGE,)) as ronde:
        asks = {"Origin": PAGE, "Access-Control-Request-Method": "GET"}
        async with httpx.AsyncClient(base_url=ronde.url, trust_env=False) as browser:
            before = await browser.options(path, headers=asks)
            evil = await browser.options(path, headers=asks | {"Origin": "https://evil.example"})
        got = await ronde.client.get(path, headers={"Origin": PAGE})
        refused = await ronde.client.get(path, headers={"Origin": PAGE, "Authorization": "no"})
    assert before.status_code == 204
    assert before.headers["access-control-allow-origin"] == PAGE
    assert "x-openrosa-version" in before.headers["access-control-allow-headers"]
    assert "access-control-allow-origin" not in evil.headers
    assert (got.status_code, got.headers["access-control-allow-origin"]) == (200, PAGE)
    assert refused.headers["access-control-allow-origin"] == PAGE, "the page may read why not"
    assert "ratelimit" in got.headers


TEXT = b'{"places": "' + b"ronde " * 3000 + b'"}'


@pytest.mark.parametrize("times", [1, 10], ids=["short", "long"])
async def test_a_long_text_is_compressed_for_who_asks_and_keeps_its_conditions(
    ronde: Edge, times: int
):
    async def text(scope: Scope, _receive: Receive, send: Send) -> None:
        if dict(scope["headers"]).get(b"if-none-match") == b'"v1"':
            await answer(send, b"", [(b"etag", b'"v1"')], status=304)
            return
        kind = (b"content-type", b"application/json")
        await answer(send, times * TEXT, [kind, (b"etag", b'"v1"')])

    ronde.upstream.handler = text
    async with ronde.client.stream("GET", "/v1/visits") as got:
        sent = b"".join([piece async for piece in got.aiter_raw()])
    assert gzip.decompress(sent) == times * TEXT
    assert len(sent) < len(TEXT) / 10
    assert (got.headers["etag"], got.headers["content-encoding"]) == ('"v1-gzip"', "gzip")
    again = await ronde.client.get("/v1/visits", headers={"If-None-Match": '"v1-gzip"'})
    assert (again.status_code, again.headers["etag"]) == (304, '"v1-gzip"')
    plain = await ronde.client.get("/v1/visits", headers={"Accept-Encoding": "identity"})
    assert (plain.content, plain.headers["etag"]) == (times * TEXT, '"v1"')


async def test_a_compressed_stream_is_still_sent_while_it_is_being_made(ronde: Edge):
    go_on = asyncio.Event()

    async def stream(_scope: Scope, _receive: Receive, send: Send) -> None:
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        await send({"type": "http.response.body", "body": b"[1,", "more_body": True})
        await go_on.wait()
        await send({"type": "http.response.body", "body": b"2]"})

    ronde.upstream.handler = stream
    async with ronde.client.stream("GET", "/v1/visits") as got:
        pieces = got.aiter_raw()
        unpack = zlib.decompressobj(31)
        assert unpack.decompress(await anext(pieces)) == b"[1,"
        go_on.set()
        rest = b"".join([unpack.decompress(piece) async for piece in pieces])
    assert rest == b"2]"
