"""What is read of a caller's request before it is passed on: as little as possible."""

import asyncio
import contextlib
import re
import secrets
from collections.abc import AsyncIterator

from starlette.types import Receive, Scope

from gateway.domain.compression import unmarked
from gateway.domain.passing_headers import sent_on, traced
from shared.auth import unauthenticated
from shared.links import BASE_URL
from shared.problems import Problem
from shared.telemetry import GOOD_REQUEST_ID

_LET_PASS_BYTES, _LET_PASS_S = 4 * 1024 * 1024, 2.0
_KEPT_BYTES = 64 * 1024
_DIGITS = re.compile(rb"[0-9]{1,18}")
_SAFE = frozenset({"GET", "HEAD"})
_CONDITIONS = frozenset({"if-match", "if-none-match"})


class Incoming:
    """A caller's request; its body is read once, as it comes, and never beyond a limit.

    `broke_off` is set when the body ended for the caller's fault, `too_long` says which;
    `by_address` tells that its key came in the address. `base_url` is what stands before the path
    for the caller, told to a service whose answers hold whole addresses.
    """

    def __init__(self, scope: Scope, receive: Receive, max_body_bytes: int) -> None:
        self.scope = scope
        self.receive = receive
        self.too_long = False
        self.broke_off = False
        self.by_address = False
        self.base_url: str | None = None
        self._max_body_bytes = max_body_bytes
        self.given: dict[bytes, bytes] = dict(scope["headers"])
        length = self.given.get(b"content-length", b"0")
        self._is_coming = length != b"0" or b"transfer-encoding" in self.given
        self.id = self._id()

    def _id(self) -> str:
        given = self.given.get(b"x-request-id", b"").decode("latin-1")
        return given if GOOD_REQUEST_ID.fullmatch(given) else secrets.token_hex(16)

    def header(self, name: bytes) -> str | None:
        """Return a header, the last of its name."""
        value = self.given.get(name)
        return None if value is None else value.decode("latin-1")

    def authorization(self) -> str | None:
        """Return the one header that says who asks.

        Raises
        ------
        Problem : 401 for two, of which a service might believe the one that we did not check
        """
        headers = self.scope["headers"]
        if len(headers) > len(self.given) and sum(it[0] == b"authorization" for it in headers) > 1:
            raise unauthenticated("Send one `Authorization` header, not several.")
        return self.header(b"authorization")

    def authorize(self, authorization: str) -> None:
        """Put what a service trusts in place of what the caller brought."""
        value = authorization.encode("latin-1")
        kept = [it for it in self.scope["headers"] if it[0] != b"authorization"]
        self.scope["headers"] = [*kept, (b"authorization", value)]
        self.given[b"authorization"] = value

    def trace(self, traceparent: str) -> None:
        """Name our own span to the service, in place of the caller's."""
        self.given[b"traceparent"] = traceparent.encode()

    def headers(self) -> list[tuple[str, str]]:
        """Return the headers for the service, with the request's id and trace."""
        kept = sent_on(self.scope["headers"])
        if b"if-none-match" in self.given or b"if-match" in self.given:
            kept = [
                (name, unmarked(value) if name in _CONDITIONS else value) for name, value in kept
            ]
        trace = traced(self.given.get(b"traceparent"), secrets.token_hex(16), secrets.token_hex(8))
        if self.base_url is not None:
            kept.append((BASE_URL, self.base_url))
        return [*kept, ("X-Request-Id", self.id), ("Traceparent", trace)]

    def target(self) -> str:
        """Return path and query as the caller wrote them."""
        path = self.scope.get("raw_path") or self.scope["path"].encode()
        query: bytes = self.scope["query_string"]
        whole: bytes = path + b"?" + query if query else path
        return whole.decode("latin-1")

    @property
    def is_repeatable(self) -> bool:
        """Tell whether sending it twice does what sending it once does."""
        return self.scope["method"] in _SAFE or b"idempotency-key" in self.given

    async def body(self) -> "bytes | Incoming | None":
        """Return the body: None without one, kept whole if short and repeatable, else as it comes.

        Raises
        ------
        Problem : 400 for two lengths that could be read two ways, 413 for a declared length
            above the limit
        ConnectionResetError : the caller left
        """
        length = self.declared_length()
        if length is None and b"transfer-encoding" not in self.given:
            return None
        if self.is_repeatable and length is not None and length <= _KEPT_BYTES:
            return b"".join([piece async for piece in self])
        return self

    def declared_length(self) -> int | None:
        """Return the length the body is said to have; None when it is not said.

        Raises
        ------
        Problem : 400 for two lengths that could be read two ways, 413 for one above the limit
        """
        length = self.given.get(b"content-length")
        if length is None:
            return None
        lengths = sum(name == b"content-length" for name, _ in self.scope["headers"])
        if b"transfer-encoding" in self.given or lengths > 1:
            raise Problem(
                400,
                "ambiguous-length",
                "Send either one Content-Length or Transfer-Encoding: chunked, not both.",
                headers={"Connection": "close"},
            )
        if not _DIGITS.fullmatch(length) or int(length) > self._max_body_bytes:
            raise self.refusal_of_length()
        return int(length)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the body piece by piece, as it comes."""
        seen = 0
        while self._is_coming:
            piece = await self._piece()
            seen += len(piece)
            if seen > self._max_body_bytes:
                self.too_long = self.broke_off = True
                raise ValueError("the body is longer than what is passed on")
            if piece:
                yield piece

    async def _piece(self) -> bytes:
        """Receive the next piece of the body."""
        message = await self.receive()
        self._is_coming = message.get("more_body", False)
        if message["type"] == "http.disconnect":
            self.broke_off = True
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
        """Say how long a body may be."""
        return Problem(
            413,
            "body-too-long",
            f"The body may have at most {self._max_body_bytes} bytes; send less at once.",
            headers={"Connection": "close"},
        )
