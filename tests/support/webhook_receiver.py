"""A receiver of webhooks as somebody else would write it, who behaves as badly as a test says.

It verifies signatures with the library of Standard Webhooks and reads bodies with that of
CloudEvents; a message it has seen before has no effect again.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from standardwebhooks import Webhook, WebhookVerificationError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Receiver:
    """What came, in order, and what took effect; `answers` says what to answer to the next ones.

    `secret` None takes messages unverified. An answer of None hangs up without one.
    """

    port: int = 0
    secret: str | None = None
    answer: bytes | None = OK
    delay_s: float = 0.0
    came: list[str] = field(default_factory=list)
    effects: dict[str, CloudEvent] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    server: asyncio.Server | None = None
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks"

    async def up(self) -> None:
        """Take connections, at the same port as before."""
        self.server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def down(self) -> None:
        """Take none."""
        if self.server is not None:
            self.server.close()
            await self.server.wait_closed()
            self.server = None

    async def end(self) -> None:
        """Take none, and drop those that are open."""
        await self.down()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with (
            contextlib.closing(writer),
            contextlib.suppress(ConnectionError, asyncio.IncompleteReadError),
        ):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value.strip()
                for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers["content-length"]))
            answer = self._take(headers, body)
            await asyncio.sleep(self.delay_s)
            if answer is not None:
                writer.write(answer)
                await writer.drain()

    def _take(self, headers: dict[str, str], body: bytes) -> bytes | None:
        self.heads.append(headers)
        message = headers["webhook-id"]
        if self.secret is not None:
            try:
                Webhook(self.secret).verify(body, headers)
            except WebhookVerificationError:
                self.refused.append(message)
                return b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"
        takes = self.answer is not None and self.answer[9:10] == b"2"
        self.came.append(message)
        if takes or self.delay_s:
            event = from_http_event(HTTPMessage(headers, body), JSONFormat())
            self.effects.setdefault(message, event)
        return self.answer


@contextlib.asynccontextmanager
async def receiving(**behaviour: object) -> AsyncIterator[Receiver]:
    """Run a receiver for the length of the block."""
    receiver = Receiver(**behaviour)
    await receiver.up()
    try:
        yield receiver
    finally:
        await receiver.end()
