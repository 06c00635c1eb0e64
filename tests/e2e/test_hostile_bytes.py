"""Requests that are no good HTTP, or far too much of it: refused, while others are answered."""

import contextlib
import re
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from bystander import bystander
from system import System

pytestmark = pytest.mark.slow

DOORS = ("gateway", "inspections", "scoring", "routing")
PATHS = {
    "gateway": "/v1/weekly-plans",
    "inspections": "/v1/visits",
    "scoring": "/v1/audit-draws",
    "routing": "/v1/plans",
}
HIDDEN = b"hidden-in-a-body"
CLEAR = "a length of five"
OTHERS_WAIT_S = 2.0
MB = 1_000_000

# What may stand for the length of a body that holds another request.
LENGTHS = {
    "length and chunks": b"Content-Length: {}\r\nTransfer-Encoding: chunked",
    "chunks and length": b"Transfer-Encoding: chunked\r\nContent-Length: {}",
    "length of nothing and chunks": b"Content-Length: 0\r\nTransfer-Encoding: chunked",
    "two lengths": b"Content-Length: 5\r\nContent-Length: {}",
    "two lengths in one": b"Content-Length: 5, {}",
    "the same length twice": b"Content-Length: 5\r\nContent-Length: 5",
    "a length with a sign": b"Content-Length: +5",
    "a length below nothing": b"Content-Length: -5",
    "a length in other digits": b"Content-Length: 0x5",
    "a length with an underscore": b"Content-Length: 1_0",
    "an endless length": b"Content-Length: " + b"9" * 400,
    "a folded length": b"Content-Length:\r\n 5",
    "a folded header": b"X-Folded: a\r\n b\r\nContent-Length: 5",
    "folded chunks": b"Transfer-Encoding:\r\n chunked",
    "a space before the colon": b"Content-Length : 5\r\nTransfer-Encoding: chunked",
    "a tab before chunks": b"Transfer-Encoding:\tchunked\r\nContent-Length: 5",
    "other chunks": b"Transfer-Encoding: xchunked\r\nContent-Length: 5",
    "chunks and identity": b"Transfer-Encoding: chunked, identity\r\nContent-Length: 5",
    "chunks twice": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "chunks with junk": b"Transfer-Encoding: chunked junk",
    "chunks quoted": b'Transfer-Encoding: "chunked"\r\nContent-Length: 5',
    "chunks behind a vertical tab": b"Transfer-Encoding: \x0bchunked\r\nContent-Length: 5",
    "a NUL in a name": b"Content-\0Length: 5\r\nTransfer-Encoding: chunked",
    "a bare line feed": b"X-Bare: a\nContent-Length: 5\r\nTransfer-Encoding: chunked",
    "a bare carriage return": b"X-Bare: a\rContent-Length: 5\r\nTransfer-Encoding: chunked",
}
CHUNKS = {
    "a size with a sign": b"+5\r\nhello\r\n0\r\n\r\n",
    "a size below nothing": b"-5\r\nhello\r\n0\r\n\r\n",
    "a size with a prefix": b"0x5\r\nhello\r\n0\r\n\r\n",
    "an endless size": b"F" * 40 + b"\r\nhello\r\n0\r\n\r\n",
    "a size of junk": b"zz\r\nhello\r\n0\r\n\r\n",
    "a chunk longer than told": b"2\r\nhello\r\n0\r\n\r\n",
    "chunks by bare line feeds": b"5\nhello\n0\n\n",
    "a trailer that is a length": b"0\r\nContent-Length: 5\r\n\r\n",
}
TARGETS = (
    "/v1/accommodations/%00",
    "/v1/accommodations/%2e%2e/%2e%2e/etc/passwd",
    "/v1/accommodations/../../etc/passwd",
    "/v1/accommodations/%c0%af%c0%ae%c0%ae%c0%af",
    "/v1/accommodations/%ff%fe",
    "/v1/accommodations/%ed%a0%80",
    "/v1/accommodations/%",
    "/v1/accommodations/%zz",
    "/v1/accommodations?q=%",
    "/v1/accommodations?q=%00&limit=%ff",
    "/v1/accommodations?limit=" + "9" * 5000,
    "/v1/accommodations?" + "a=1&" * 10_000,
    "/v1/accommodations/" + "a" * 60_000,
    "/v1/accommodations/" + "a/" * 20_000,
    "/v1/" + "%2f" * 5000,
    "//v1//accommodations",
    "/./v1/accommodations",
    "/v1/accommodations;jsessionid=1",
    "/v1\\accommodations",
    "/v1/accommodations#there",
    "/console/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "/console/..%5c..%5cetc%5cpasswd",
    "/docs/assets/%2e%2e/%2e%2e/settings.py",
    "http://elsewhere.example/v1/accommodations",
    "*",
    "v1/accommodations",
    "/v1/accommodations\x7f",
    "/v1/accommodations/é",
)
HEADERS = (
    b"X-Request-Id: \xff\xfe",
    b"Authorization: Bearer \xff\xfe",
    b"Ronde-Organisation: \xff\xfe",
    b"Ronde-Subject: %ff%00",
    b"Change-Reason: %ff%00%ed%a0%80",
    b"Idempotency-Key: \xff\xfe",
    b"If-None-Match: \xff\xfe",
    b"If-Match: \xff\xfe",
    b"Accept: \xff\xfe",
    b"Accept-Encoding: \xff\xfe, gzip;q=\xff",
    b"Accept-Encoding: gzip;q=1e400",
    b"Accept-Language: " + b"fr," * 5000,
    b"Traceparent: \xff\xfe",
    b"X-Forwarded-For: \xff\xfe",
    b"Origin: \xff\xfe",
    b"Range: bytes=" + b"9" * 400 + b"-",
    b"Content-Type: \xff\xfe",
    b"Content-Type: application/json; charset=none-such",
    b"Content-Type: multipart/form-data",
    b"Expect: the unexpected",
    b"X-Long: " + b"x" * 60_000,
    b"\r\n".join(b"X-%d: x" % number for number in range(500)),
)


@pytest.fixture(scope="module")
def token(ronde: System) -> bytes:
    return ronde.client("admin").headers["Authorization"].encode()


def exchange(url: str, request: bytes, *, wait_s: float = 1.0) -> bytes:
    """Send bytes as they are and read until the server closes, or says no more for a while."""
    where = urlsplit(url)
    received = b""
    with socket.create_connection((where.hostname, where.port), timeout=wait_s) as opened:
        with contextlib.suppress(OSError):
            opened.sendall(request)
        with contextlib.suppress(OSError):
            while piece := opened.recv(65_536):
                received += piece
    return received


def statuses(received: bytes) -> list[int]:
    """Read the status of each answer."""
    lines = [it for it in received.split(b"\r\n") if it.startswith(b"HTTP/1.1 ")]
    return [int(it.split()[1]) for it in lines]


def head(method: str, target: str, token: bytes, *more: bytes) -> bytes:
    first = f"{method} {target} HTTP/1.1".encode()
    return b"\r\n".join([first, b"Host: x", b"Authorization: " + token, *more, b"", b""])


def all_at_once(cases: dict[str, tuple[str, bytes]]) -> dict[str, bytes]:
    """Make exchanges, some at a time; each case is an address and what to send there."""
    with ThreadPoolExecutor(12) as crowd:
        return dict(zip(cases, crowd.map(lambda it: exchange(*it), cases.values()), strict=True))


def faults(answers: dict[str, bytes]) -> dict[str, bytes]:
    """Give the answers that are faults of ours."""
    return {
        case: received[:300]
        for case, received in answers.items()
        if any(status >= 500 for status in statuses(received))
    }


def smuggled(ronde: System, token: bytes) -> Iterator[tuple[str, tuple[str, bytes]]]:
    hidden = head("GET", "/v1/me", token, b"X-Request-Id: " + HIDDEN)
    for door in DOORS:
        url = ronde.running.urls[door]
        for name, length in LENGTHS.items():
            for kind, first in (("hello", b"hello"), ("no chunk", b"0\r\n\r\n")):
                told = length.replace(b"{}", str(len(first + hidden)).encode())
                yield (
                    f"{door}, {name}, {kind}",
                    (
                        url,
                        head("POST", PATHS[door], token, told) + first + hidden,
                    ),
                )
        # Where the length is clear, what follows is a request of its own, and no secret.
        told = b"Content-Length: 5"
        yield f"{door}, {CLEAR}", (url, head("POST", PATHS[door], token, told) + b"hello" + hidden)
        for name, chunks in CHUNKS.items():
            told = b"Transfer-Encoding: chunked\r\nConnection: close"
            yield f"{door}, {name}", (url, head("POST", PATHS[door], token, told) + chunks + hidden)


def test_no_request_is_hidden_in_the_body_of_another(ronde: System, token: bytes) -> None:
    with bystander(ronde) as other:
        answers = all_at_once(dict(smuggled(ronde, token)))
    clear = [f"{door}, {CLEAR}" for door in DOORS]
    assert [it for it, received in answers.items() if statuses(received) != [400]] == clear
    assert [it for it, received in answers.items() if HIDDEN in received] == clear
    assert other.refused == []
    with ronde.client() as client:
        for _ in range(50):
            mine = str(uuid4())
            answer = client.get("/v1/accommodations?limit=1", headers={"X-Request-Id": mine})
            assert answer.headers["x-request-id"] == mine, "each answer is the one asked for"


def test_paths_and_headers_of_every_bad_shape_are_refused_without_a_fault(
    ronde: System, token: bytes
) -> None:
    close = b"Connection: close"
    cases = {
        f"{door} {target[:80]!r}": (ronde.running.urls[door], head("GET", target, token, close))
        for door in DOORS
        for target in TARGETS
    }
    for door in DOORS:
        for header in HEADERS:
            for method, more in (("GET", b""), ("POST", b"Content-Length: 2\r\n")):
                content = head(method, PATHS[door], token, close, more + header)
                content += b"{}" if more else b""
                cases[f"{door} {method} {header[:60]!r}"] = (ronde.running.urls[door], content)
    with bystander(ronde) as other:
        answers = all_at_once(cases)
    assert faults(answers) == {}
    assert [case for case, received in answers.items() if b"root:" in received] == []
    assert [case for case, received in answers.items() if not received] == []
    assert other.refused == []
    assert other.slowest_s < OTHERS_WAIT_S


TOO_MUCH = (
    ("gateway", "/v1/weekly-plans", "application/json"),
    ("gateway", "/v1/sessions", "application/json"),
    ("gateway", "/access/token", "application/x-www-form-urlencoded"),
    ("gateway", "/v1/photos", "image/jpeg"),
    ("gateway", "/v1/visits", "application/json"),
    ("gateway", "/v1/accommodations/bulk", "application/x-ndjson"),
    ("gateway", "/v1/import-files", "text/csv"),
    ("gateway", "/openrosa/submission", "multipart/form-data; boundary=x"),
    ("gateway", "/v1/audit-draws", "application/json"),
    ("gateway", "/v1/matrices", "application/json"),
    ("inspections", "/v1/photos", "image/jpeg"),
    ("inspections", "/v1/visits", "application/json"),
    ("scoring", "/v1/audit-draws", "application/json"),
    ("routing", "/v1/matrices", "application/json"),
)


@pytest.mark.parametrize("with_length", [True, False], ids=["told", "not told"])
def test_bodies_of_fifty_megabytes_are_refused_while_others_are_answered(
    ronde: System, *, with_length: bool
) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(50):
            yield b"x" * MB

    said = {}
    with bystander(ronde) as other:
        for door, path, kind in TOO_MUCH:
            with ronde.client("admin", door) as client:
                content = b"x" * 50 * MB if with_length else pieces()
                try:
                    answer = client.post(path, content=content, headers={"Content-Type": kind})
                    said[door, path] = answer.status_code
                except (httpx.WriteError, httpx.RemoteProtocolError):
                    said[door, path] = 0
    print(said, f"others waited {other.slowest_s:.2f} s at the most")
    # Of many lines, each is refused by itself, in a report.
    del said["gateway", "/v1/accommodations/bulk"]
    assert [it for it, status in said.items() if status not in {0, 400, 413, 415, 422}] == []
    assert other.refused == []
    assert other.slowest_s < OTHERS_WAIT_S


def test_two_hundred_who_never_finish_hold_up_nobody(ronde: System, token: bytes) -> None:
    where = urlsplit(ronde.running.gateway_url)
    upload = head("POST", "/v1/accommodation-imports", token, b"Content-Length: 100000")
    beginnings = (
        b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        head("POST", "/v1/weekly-plans", token, b"Content-Length: 100000") + b"{",
        upload + b"external_id",
        head("POST", "/v1/visits", token, b"Transfer-Encoding: chunked") + b"fffff\r\nhe",
    )
    with contextlib.ExitStack() as stack, bystander(ronde) as other:
        slow = [
            stack.enter_context(socket.create_connection((where.hostname, where.port)))
            for _ in range(200)
        ]
        for number, opened in enumerate(slow):
            opened.sendall(beginnings[number % len(beginnings)])
        for _ in range(5):
            time.sleep(1)
            for opened in slow:
                opened.sendall(b" ")
    print(f"{len(other.waits_s)} answers meanwhile, the slowest after {other.slowest_s:.2f} s")
    assert other.refused == []
    assert other.slowest_s < OTHERS_WAIT_S


UPLOADS = (
    ("inspections", "/v1/photos", b"image/jpeg"),
    ("inspections", "/v1/import-files", b"text/csv"),
    ("inspections", "/v1/accommodation-imports", b"text/csv"),
    ("inspections", "/v1/accommodations/bulk", b"application/x-ndjson"),
    ("inspections", "/v1/address-imports", b"text/csv"),
    ("inspections", "/v1/visits", b"application/json"),
    ("inspections", "/openrosa/submission", b"multipart/form-data; boundary=x"),
    ("scoring", "/v1/audit-draws", b"application/json"),
    ("routing", "/v1/graphs?name=x", b"application/octet-stream"),
    ("routing", "/v1/matrices", b"application/json"),
    ("gateway", "/v1/weekly-plans", b"application/json"),
    ("gateway", "/access/token", b"application/x-www-form-urlencoded"),
)
COUNTED = re.compile(r'^ronde_requests_total{.*status="5\d\d"} ([\d.]+)$', re.MULTILINE)


def faults_counted(ronde: System) -> float:
    """Add up the faults that all services counted since they began."""
    pages = [httpx.get(f"{url}/metrics", trust_env=False) for url in ronde.running.urls.values()]
    return sum(float(it) for page in pages for it in COUNTED.findall(page.text))


def test_who_leaves_in_the_middle_of_a_body_is_no_fault_of_ours(
    ronde: System, token: bytes
) -> None:
    before, log = faults_counted(ronde), ronde.directory / "stderr.log"
    written = log.stat().st_size
    for service, path, kind in UPLOADS:
        for door in {service, "gateway"}:
            where = urlsplit(ronde.running.urls[door])
            told = (b"Content-Length: 100000", b"Content-Type: " + kind)
            with socket.create_connection((where.hostname, where.port)) as opened:
                opened.sendall(head("POST", path, token, *told) + b"--x\r\n{" + b"x" * 1000)
                time.sleep(0.1)
    with ronde.client() as client:
        assert client.get("/v1/accommodations").status_code == 200
    assert faults_counted(ronde) == before
    said = log.read_bytes()[written:].decode()
    assert "Traceback" not in said, said[-3000:]
