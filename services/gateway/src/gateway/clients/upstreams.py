"""The connections to the three services: nothing of a caller is kept in them."""

import asyncio
from collections.abc import AsyncIterable, Mapping, Sequence

import aiohttp
from multidict import CIMultiDict
from yarl import URL

# Shorter than the 75 s after which our servers close an idle connection, so that we never write
# into one that is being closed.
_KEEP_ALIVE_S = 60
_NOT_ADDED = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


class Upstreams:
    """Sends requests to services by name."""

    def __init__(
        self, urls: Mapping[str, str], *, connect_timeout_s: float, read_timeout_s: float
    ) -> None:
        self.urls = {name: url.rstrip("/") for name, url in urls.items()}
        self._timeout = aiohttp.ClientTimeout(
            total=None,
            sock_connect=connect_timeout_s,
            sock_read=read_timeout_s,
        )
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the pool, in the running loop."""
        self._session = aiohttp.ClientSession(
            # One for each caller who waits, however many: with a limit, long polls would take all.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_S),
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            skip_auto_headers=_NOT_ADDED,
        )

    async def close(self) -> None:
        """Let all connections go."""
        if self._session is not None:
            await self._session.close()

    async def send(
        self,
        service: str,
        method: str,
        target: str,
        *,
        headers: Sequence[tuple[str, str]],
        body: AsyncIterable[bytes] | None,
    ) -> aiohttp.ClientResponse:
        """Send a request as it is and return once the answer's headers are there.

        `target` is the path and query as the caller wrote them, percent-encoding included.
        """
        if self._session is None:
            raise RuntimeError("the pool is not open: the app's lifespan has not begun")
        return await self._session.request(
            method,
            URL(self.urls[service] + target, encoded=True),
            headers=CIMultiDict(headers),
            data=body,
            allow_redirects=False,
        )

    async def ask(self, service: str, path: str, *, patience_s: float) -> tuple[int, object]:
        """Get a JSON document from a service for ourselves: its status and content.

        Raises
        ------
        TimeoutError, aiohttp.ClientError, ValueError : no answer in time, none, or not JSON
        """
        async with asyncio.timeout(patience_s):
            answer = await self.send(service, "GET", path, headers=[], body=None)
            async with answer:
                return answer.status, await answer.json(content_type=None)
