"""Passes requests on to the services as raw ASGI: nothing is parsed, stored or waited for twice."""

import asyncio
import contextlib
import logging
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable

import aiohttp
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import Receive, Scope, Send

from gateway.clients.upstreams import Upstreams
from gateway.domain.passing_headers import sent_back, sent_on, traced
from shared import problems
from shared.auth import Verifier, bearer
from shared.problems import Problem
from shared.telemetry import GOOD_REQUEST_ID

logger = logging.getLogger(__name__)

_SMALL_BYTES = 64 * 1024
_TOO_LONG = 413
_LET_PASS_BYTES, _LET_PASS_S = 4 * 1024 * 1024, 2.0
_DIGITS = re.compile(rb"[0-9]{1,18}")


class PassingOn:
    """Serves a request by sending it to a service, and its answer back."""

    def __init__(
        self,
        upstreams: Upstreams,
        verifier: Callable[[], Verifier],
        *,
        max_body_bytes: int,
        registry: CollectorRegistry,
    ) -> None:
        self._upstreams = upstreams
        self._verifier = verifier
        self._max_body_bytes = max_body_bytes
        self._count = Counter(
            "ronde_passed_on_total",
            "Requests passed on to a service.",
            ["service", "method", "status"],
            registry=registry,
        )
        self._seconds = Histogram(
            "ronde_passed_on_seconds", "Time to pass one on.", ["service"], registry=registry
        )

    async def serve(self, service: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Check who asks and pass the request on to `service`."""
        started = time.perf_counter()
        request = _Request(scope, receive, self._max_body_bytes)
        try:
            await self._verifier().claims(bearer(request.header(b"authorization")))
            body = request.body()
            status = await self._exchange(service, request, body, send)
        except Problem as problem:
            status = problem.status
            await request.let_pass()
            await _refuse(problem, request, send)
        self._count.labels(service, scope["method"], status).inc()
        self._seconds.labels(service).observe(time.perf_counter() - started)

    async def _exchange(
        self, service: str, request: "_Request", body: AsyncIterator[bytes] | None, send: Send
    ) -> int:
        try:
            answer = await self._upstreams.send(
                service,
                request.scope["method"],
                request.target(),
                headers=request.headers(),
                body=body,
            )
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise _why(service, request, error) from error
        try:
            if answer.content_length is not None and answer.content_length <= _SMALL_BYTES:
                return await self._give_back_whole(service, answer, request, send)
            return await _stream_back(answer, request, send)
        finally:
            # Closing what was read to its end gives the connection back to the pool.
            answer.close()

    async def _give_back_whole(
        self, service: str, answer: aiohttp.ClientResponse, request: "_Request", send: Send
    ) -> int:
        """Send a short answer on at once; while nothing is sent, a failure can still be told."""
        try:
            content = await answer.read()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise _why(service, request, error) from error
        await _begin(answer, request, send)
        await send({"type": "http.response.body", "body": content})
        return answer.status


async def refused_by_length(
    scope: Scope, receive: Receive, send: Send, *, max_body_bytes: int
) -> bool:
    """Refuse a request that declares too long a body, or two lengths; tell whether it did."""
    request = _Request(scope, receive, max_body_bytes)
    try:
        request.body()
    except Problem as problem:
        await request.let_pass()
        await _refuse(problem, request, send)
        return True
    return False


class _Request:
    """What is read of the caller's request."""

    def __init__(self, scope: Scope, receive: Receive, max_body_bytes: int) -> None:
        self.scope = scope
        self.receive = receive
        self.too_long = False
        self._max_body_bytes = max_body_bytes
        self._given: dict[bytes, bytes] = dict(scope["headers"])
        length = self._given.get(b"content-length", b"0")
        self._is_coming = length != b"0" or b"transfer-encoding" in self._given
        self.id = self._id()

    def _id(self) -> str:
        given = self._given.get(b"x-request-id", b"").decode("latin-1")
        return given if GOOD_REQUEST_ID.fullmatch(given) else secrets.token_hex(16)

    def header(self, name: bytes) -> str | None:
        value = self._given.get(name)
        return None if value is None else value.decode("latin-1")

    def headers(self) -> list[tuple[str, str]]:
        trace = traced(self._given.get(b"traceparent"), secrets.token_hex(16), secrets.token_hex(8))
        return [
            *sent_on(self.scope["headers"]),
            ("X-Request-Id", self.id),
            ("Traceparent", trace),
        ]

    def target(self) -> str:
        path = self.scope.get("raw_path") or self.scope["path"].encode()
        query: bytes = self.scope["query_string"]
        whole: bytes = path + b"?" + query if query else path
        return whole.decode("latin-1")

    def body(self) -> AsyncIterator[bytes] | None:
        """Return the body as it arrives, or None when the request has none.

        Raises
        ------
        Problem : 400 for two lengths that could be read two ways, 413 for a declared length
            above the limit
        """
        length = self._given.get(b"content-length")
        chunked = self._given.get(b"transfer-encoding")
        if length is None and chunked is None:
            return None
        lengths = sum(name == b"content-length" for name, _ in self.scope["headers"])
        if (length is not None and chunked is not None) or lengths > 1:
            raise Problem(
                400,
                "ambiguous-length",
                "Send either one Content-Length or Transfer-Encoding: chunked, not both.",
                headers={"Connection": "close"},
            )
        if length is not None and (
            not _DIGITS.fullmatch(length) or int(length) > self._max_body_bytes
        ):
            raise self.refusal_of_length()
        return self._pieces()

    async def _pieces(self) -> AsyncIterator[bytes]:
        seen = 0
        while self._is_coming:
            piece = await self._piece()
            seen += len(piece)
            if seen > self._max_body_bytes:
                self.too_long = True
                raise ValueError("the body is longer than what is passed on")
            if piece:
                yield piece

    async def _piece(self) -> bytes:
        """Receive the next piece of the body."""
        message = await self.receive()
        self._is_coming = message.get("more_body", False)
        if message["type"] == "http.disconnect":
            raise ConnectionResetError("the caller left before the end of the body")
        piece: bytes = message.get("body", b"")
        return piece

    async def let_pass(self) -> None:
        """Read on a little: a caller whose connection is cut while it sends sees no answer."""
        left = _LET_PASS_BYTES
        with contextlib.suppress(TimeoutError, ConnectionResetError):
            async with asyncio.timeout(_LET_PASS_S):
                while self._is_coming and left > 0:
                    left -= len(await self._piece())

    def refusal_of_length(self) -> Problem:
        return Problem(
            _TOO_LONG,
            "body-too-long",
            f"The body may have at most {self._max_body_bytes} bytes; send less at once.",
            headers={"Connection": "close"},
        )


def _why(service: str, request: _Request, error: Exception) -> Problem:
    """Say what went wrong with a service, and whether to try again."""
    if request.too_long:
        return request.refusal_of_length()
    logger.warning(
        "a service did not answer",
        extra={"service": service, "error": type(error).__name__, "request_id": request.id},
    )
    if isinstance(error, TimeoutError) and not isinstance(error, aiohttp.ConnectionTimeoutError):
        return Problem(
            504, "service-too-slow", f"The {service} service did not answer in time; try again."
        )
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError):
        return Problem(
            503,
            "service-unavailable",
            f"The {service} service cannot be reached; try again in a moment.",
            headers={"Retry-After": "2"},
        )
    return Problem(502, "service-failed", f"The {service} service broke off its answer; try again.")


async def _begin(answer: aiohttp.ClientResponse, request: _Request, send: Send) -> None:
    headers = sent_back(answer.raw_headers)
    if not any(name == b"x-request-id" for name, _ in headers):
        headers.append((b"x-request-id", request.id.encode()))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})


async def _stream_back(answer: aiohttp.ClientResponse, request: _Request, send: Send) -> int:
    """Send an answer on as it comes; a broken one is broken off, so that the caller can tell."""
    await _begin(answer, request, send)
    watch = asyncio.create_task(_close_when_left(request.receive, answer))
    try:
        async for piece in answer.content.iter_any():
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        logger.warning(
            "an answer broke off",
            extra={"error": type(error).__name__, "request_id": request.id},
        )
        return answer.status
    finally:
        watch.cancel()
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    return answer.status


async def _close_when_left(receive: Receive, answer: aiohttp.ClientResponse) -> None:
    """Stop a stream nobody reads any more."""
    while (await receive())["type"] != "http.disconnect":
        pass
    answer.close()


async def _refuse(problem: Problem, request: _Request, send: Send) -> None:
    content = problems.render(problem, request.scope["path"], request.id)
    headers = [
        (b"content-type", problems.MEDIA_TYPE.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"x-request-id", request.id.encode()),
        *((name.lower().encode(), it.encode()) for name, it in problem.headers.items()),
    ]
    await send({"type": "http.response.start", "status": problem.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
