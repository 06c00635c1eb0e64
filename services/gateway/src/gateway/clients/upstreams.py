"""The connections to the three services: nothing of a caller is kept in them."""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Protocol

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from gateway.domain.breaker import Breaker, RetryBudget

# Shorter than the 75 s after which our servers close an idle connection, so that we never write
# into one that is being closed.
_KEEP_ALIVE_S = 60
_NOT_ADDED = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")
_LONGEST_BACK_OFF_S = 0.1
_LONG_S = 120.0
# What is no longer is read to its end before anything of it is sent on.
SMALL_BYTES = 64 * 1024


class ServicePausedError(OSError):
    """A service failed so often that it is left alone for some seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"left alone for {seconds} s")
        self.seconds = seconds


class Streamed(Protocol):
    """A body sent as it comes; `broke_off` tells that its source failed, not the service."""

    broke_off: bool

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the pieces."""
        ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request for a service.

    `target` is the path and query as the caller wrote them, percent-encoding included;
    `deadline_s` the time until the head of the answer, of a short one until its end, and between
    two pieces of a long one.
    """

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes | Streamed | None = None
    is_repeatable: bool = False
    deadline_s: float = _LONG_S


@dataclass(slots=True)
class _Line:
    url: str
    breaker: Breaker = field(default_factory=Breaker)
    budget: RetryBudget = field(default_factory=RetryBudget)


class Upstreams:
    """Sends requests to services by name."""

    def __init__(
        self, urls: Mapping[str, str], *, connect_timeout_s: float, read_timeout_s: float
    ) -> None:
        self.urls = {name: url.rstrip("/") for name, url in urls.items()}
        self._lines = {name: _Line(url) for name, url in self.urls.items()}
        self._connect_timeout_s = connect_timeout_s
        self._read_timeout_s = read_timeout_s
        self._timeouts: dict[float, aiohttp.ClientTimeout] = {}
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the pool, in the running loop."""
        self._session = aiohttp.ClientSession(
            # One for each caller who waits, however many: with a limit, long polls would take all.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_S),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=_NOT_ADDED,
        )
        # It would repeat PUT and DELETE by itself, and within no budget.
        self._session._retry_connection = False  # noqa: SLF001 - its only switch

    async def close(self) -> None:
        """Let all connections go."""
        if self._session is not None:
            await self._session.close()

    def is_paused(self, service: str) -> bool:
        """Tell whether a service failed so often that it is left alone, but for a trial."""
        return self._lines[service].breaker.opened_at is not None

    async def send(self, service: str, out: Outgoing) -> aiohttp.ClientResponse:
        """Send a request as it is and return once the answer's head is there, a short one whole.

        A request that may be repeated is, when the connection fails before then and the service's
        budget of retries allows.

        Raises
        ------
        ServicePausedError : the service failed so often that it is left alone for a while
        TimeoutError, aiohttp.ClientError, OSError : no answer
        """
        line = self._lines[service]
        line.budget.earn()
        while True:
            wait_s = line.breaker.wait_s(time.monotonic())
            if wait_s:
                raise ServicePausedError(ceil(wait_s))
            try:
                answer = await self._request(line, out)
            except (TimeoutError, aiohttp.ClientError, OSError) as error:
                if _is_callers(out):
                    line.breaker.give_up()
                    raise
                line.breaker.fail(time.monotonic())
                if not (out.is_repeatable and _may_repeat(out, error) and line.budget.spend()):
                    raise
                await asyncio.sleep(random.uniform(0, _LONGEST_BACK_OFF_S))  # noqa: S311 - spreads load
            except BaseException:
                line.breaker.give_up()
                raise
            else:
                line.breaker.succeed()
                return answer

    async def _request(self, line: _Line, out: Outgoing) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError("the pool is not open: the app's lifespan has not begun")
        patience_s = min(out.deadline_s, self._read_timeout_s)
        async with asyncio.timeout(self._connect_timeout_s + patience_s) as limit:
            answer = await self._session.request(
                out.method,
                URL(line.url + out.target, encoded=True),
                headers=CIMultiDict(out.headers),
                data=_timed(out.body, limit, patience_s),
                allow_redirects=False,
                timeout=self._timeout(patience_s),
            )
            if answer.content_length is not None and answer.content_length <= SMALL_BYTES:
                await answer.read()
        return answer

    def _timeout(self, patience_s: float) -> aiohttp.ClientTimeout:
        """Return the timeouts of a request, made once for each deadline of the route table."""
        found = self._timeouts.get(patience_s)
        if found is None:
            found = self._timeouts[patience_s] = aiohttp.ClientTimeout(
                total=None, sock_connect=self._connect_timeout_s, sock_read=patience_s
            )
        return found

    async def ask(self, service: str, path: str, *, patience_s: float) -> tuple[int, object]:
        """Get a JSON document from a service for ourselves: its status and content.

        Asked even while the service is left alone: it is how we learn that it is back.

        Raises
        ------
        TimeoutError, aiohttp.ClientError, ValueError : no answer in time, none, or not JSON
        """
        async with asyncio.timeout(patience_s):
            answer = await self._request(self._lines[service], Outgoing("GET", path, []))
            async with answer:
                return answer.status, await answer.json(content_type=None)


def _timed(
    body: bytes | Streamed | None, limit: asyncio.Timeout, patience_s: float
) -> bytes | AsyncIterator[bytes] | None:
    """Let the time of a service run while it is its turn, not while the caller sends."""
    if body is None or isinstance(body, bytes):
        return body

    async def pieces() -> AsyncIterator[bytes]:
        _allow(limit, None)
        async for piece in body:
            _allow(limit, patience_s)
            yield piece
            _allow(limit, None)
        _allow(limit, patience_s)

    return pieces()


def _allow(limit: asyncio.Timeout, seconds: float | None) -> None:
    """Give a service so long from now on; nothing is left to limit once its answer is there."""
    when = None if seconds is None else asyncio.get_running_loop().time() + seconds
    with contextlib.suppress(RuntimeError):
        limit.reschedule(when)


def _is_callers(out: Outgoing) -> bool:
    """Tell whether the request failed for what its sender did."""
    return not isinstance(out.body, bytes) and out.body is not None and out.body.broke_off


def _may_repeat(out: Outgoing, error: Exception) -> bool:
    """Tell whether there is all of a request to repeat, and a hope that it helps."""
    is_whole = out.body is None or isinstance(out.body, bytes)
    return is_whole and not isinstance(error, TimeoutError)
