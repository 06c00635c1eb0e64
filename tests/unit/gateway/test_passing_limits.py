"""What the gateway decides on the way: rates, pauses, retries, compression, origins, addresses."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.breaker import FAILURES, FIRST_PAUSE_S, LONGEST_PAUSE_S, Breaker, RetryBudget
from gateway.domain.client_address import client_address, is_in, neighbourhood
from gateway.domain.compression import compressed, is_asked, is_worth_it, still_marked, unmarked
from gateway.domain.cross_origin import is_preflight, of_answer, of_preflight
from gateway.domain.rate_limit import Limiter, Rate
from gateway.domain.route_table import deadline_s_of

RATE = Rate(per_s=10.0, burst=5)


def test_a_rested_caller_has_its_burst_then_its_rate():
    limiter = Limiter()
    left = [limiter.take("me", RATE, 100.0).left for _ in range(5)]
    assert left == [4, 3, 2, 1, 0]
    refused = limiter.take("me", RATE, 100.0)
    assert refused.wait_s == pytest.approx(0.1)
    assert refused.full_in_s == pytest.approx(0.5)
    assert limiter.take("me", RATE, 100.1).wait_s == 0
    assert limiter.take("other", RATE, 100.1).left == 4
    assert RATE.policy == b'"caller";q=5;w=1'


@given(st.lists(st.floats(0, 2), min_size=1, max_size=200))
def test_in_no_stretch_of_time_pass_more_than_burst_and_rate_allow(pauses: list[float]):
    limiter, now, passed = Limiter(), 0.0, []
    for pause in pauses:
        now += pause
        if limiter.take("me", RATE, now).wait_s == 0:
            passed.append(now)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            allowed = RATE.burst + (passed[last] - passed[first]) * RATE.per_s
            assert last - first + 1 <= allowed + 1e-6


@given(st.floats(0, 10))
def test_who_waits_as_told_may_pass(start: float):
    limiter = Limiter()
    for _ in range(6):
        wait = limiter.take("me", RATE, start).wait_s
    assert limiter.take("me", RATE, start + wait).wait_s == 0


def test_the_limiter_forgets_who_asked_least_lately_and_never_grows_beyond_its_size():
    limiter = Limiter(most_callers=3)
    for number in range(3):
        limiter.take(f"early {number}", RATE, 0.0)
    limiter.take("early 0", RATE, 1.0)
    limiter.take("new", RATE, 60.0)
    assert set(limiter._paid_at) == {"early 2", "early 0", "new"}
    for number in range(10):
        limiter.take(f"busy {number}", RATE, 60.0)
    assert len(limiter._paid_at) == 3


def test_a_service_that_fails_is_left_alone_then_tried_by_one():
    breaker = Breaker()
    for _ in range(FAILURES):
        assert breaker.wait_s(0.0) == 0
        breaker.fail(0.0)
    assert breaker.wait_s(0.5) == pytest.approx(FIRST_PAUSE_S - 0.5)
    assert breaker.wait_s(FIRST_PAUSE_S) == 0, "the trial"
    assert breaker.wait_s(FIRST_PAUSE_S) > 0, "one at a time"
    breaker.give_up()
    assert breaker.wait_s(FIRST_PAUSE_S) == 0, "another trial"
    assert breaker.wait_s(2 * FIRST_PAUSE_S) == 0, "the other hangs"
    breaker.succeed()
    assert breaker.wait_s(FIRST_PAUSE_S) == 0
    assert breaker == Breaker()


def test_each_trial_that_fails_doubles_the_pause_up_to_the_longest():
    breaker, now = Breaker(), 0.0
    for _ in range(FAILURES):
        breaker.fail(now)
    pauses = []
    for _ in range(6):
        now += breaker.wait_s(now)
        assert breaker.wait_s(now) == 0
        breaker.fail(now)
        pauses.append(breaker.wait_s(now))
    assert pauses == [4, 8, 16, LONGEST_PAUSE_S, LONGEST_PAUSE_S, LONGEST_PAUSE_S]


def test_requests_under_way_when_it_opens_do_not_prolong_the_pause():
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.fail(0.0)
    breaker.fail(1.5)
    assert breaker.wait_s(FIRST_PAUSE_S) == 0


def test_an_answer_between_failures_keeps_the_service_in_use():
    breaker = Breaker()
    for _ in range(3 * FAILURES):
        breaker.fail(0.0)
        breaker.succeed()
    assert breaker.wait_s(0.0) == 0


def test_at_most_a_tenth_of_requests_is_repeated():
    budget, spent = RetryBudget(saved=0.0), 0
    for _ in range(1000):
        budget.earn()
        spent += budget.spend()
    assert spent == 100
    for _ in range(1000):
        budget.earn()
    assert sum(budget.spend() for _ in range(1000)) == budget.most


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        (None, False),
        (b"gzip, deflate, br", True),
        (b"deflate", False),
        (b"gzip;q=0", False),
        (b"gzip; q=0.0, br", False),
        (b"br, gzip;q=0.5", True),
    ],
)
def test_only_who_reads_gzip_gets_it(header: bytes | None, asked: bool):
    assert is_asked(header) is asked


JSON = [(b"content-type", b"application/json"), (b"etag", b'"v1"'), (b"content-length", b"2000")]


@pytest.mark.parametrize(
    ("status", "headers", "length", "worth"),
    [
        (200, JSON, 2000, True),
        (200, JSON, None, True),
        (200, JSON, 1000, False),
        (206, JSON, 2000, False),
        (200, [(b"content-type", b"text/event-stream")], None, False),
        (200, [(b"content-type", b"text/xml; charset=utf-8")], None, True),
        (200, [(b"content-type", b"application/geo+json")], 2000, True),
        (200, [(b"content-type", b"image/jpeg")], 2000, False),
        (200, [*JSON, (b"content-encoding", b"br")], 2000, False),
        (200, [*JSON, (b"cache-control", b"no-transform")], 2000, False),
        (200, [], 2000, False),
    ],
)
def test_long_texts_are_compressed_and_nothing_else(
    status: int, headers: list[tuple[bytes, bytes]], length: int | None, worth: bool
):
    assert is_worth_it(status, headers, length) is worth


def test_a_compressed_answer_has_its_own_etag_and_the_service_is_asked_by_the_one_it_gave():
    told = dict(compressed(JSON, 99))
    assert (told[b"etag"], told[b"content-length"]) == (b'"v1-gzip"', b"99")
    assert (told[b"content-encoding"], told[b"vary"]) == (b"gzip", b"accept-encoding")
    assert b"content-length" not in dict(compressed(JSON, None))
    assert dict(compressed([(b"etag", b'W/"v1"')], None))[b"etag"] == b'W/"v1"'
    assert unmarked('"v1-gzip", W/"v2"') == '"v1", W/"v2"'
    given = [(b"etag", b'"v1"'), (b"vary", b"accept")]
    assert still_marked(given, b'"v1-gzip"') == [(b"etag", b'"v1-gzip"'), (b"vary", b"accept")]
    assert still_marked(given, b'"v1"') == given
    assert still_marked(given, None) == given


def test_only_pages_of_allowed_origins_are_let_in():
    ours = frozenset({b"https://ronde.example"})
    assert dict(of_preflight(b"https://ronde.example", ours))[b"access-control-allow-methods"]
    assert of_preflight(b"https://evil.example", ours) == [(b"vary", b"origin")]
    answer = dict(of_answer(b"https://ronde.example", ours))
    assert answer[b"access-control-allow-origin"] == b"https://ronde.example"
    assert b"etag" in answer[b"access-control-expose-headers"]
    asks = {b"origin": b"x", b"access-control-request-method": b"PUT"}
    assert is_preflight("OPTIONS", asks)
    assert not is_preflight("GET", asks)
    assert not is_preflight("OPTIONS", {b"origin": b"x"})


PROXIES = (ip_network("10.0.0.0/8"),)


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9", " 198.51.100.7 "], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9", "10.1.1.1"], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["made up"], None),
        ("", ["198.51.100.7"], None),
        ("::ffff:10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
    ],
)
def test_a_caller_cannot_choose_its_address(peer: str, forwarded: list[str], found: str | None):
    expected = None if found is None else ip_address(found)
    assert client_address(peer, forwarded, PROXIES) == expected


def test_an_address_is_in_a_network_or_nowhere():
    assert is_in(ip_address("10.1.2.3"), PROXIES)
    assert not is_in(ip_address("2001:db8::1"), PROXIES)
    assert not is_in(None, PROXIES)


def test_neighbours_share_an_address_as_one_attacker_would():
    assert neighbourhood(ip_address("192.0.2.1")) == "192.0.2.1"
    assert neighbourhood(ip_address("2001:db8::1")) == neighbourhood(ip_address("2001:db8::2"))
    assert neighbourhood(ip_address("2001:db8:0:1::1")) != neighbourhood(ip_address("2001:db8::1"))
    assert neighbourhood(None) == "None"


def test_what_waits_for_news_has_longer_than_what_reads_a_row():
    assert deadline_s_of("/v1/visits/1") < deadline_s_of("/v1/inspections/events")
