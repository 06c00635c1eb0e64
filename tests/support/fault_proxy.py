"""A TCP proxy before a service that does what networks and dying services do."""

import asyncio
import contextlib
import os
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from enum import StrEnum

PIECE = 65_536
DRIP_S = 0.05
FAILURE = b"a fault of the service itself"
# Closing a socket that lingers for no time sends RST.
NO_LINGER = struct.pack("ii", 1, 0)


class Fault(StrEnum):
    """What befalls each new connection."""

    none = "none"
    refuse = "refuse"
    hang = "hang"
    reset = "reset in mid-body"
    drip = "slow drip"
    error = "500"
    garbage = "garbage bytes"


@dataclass
class FaultProxy:
    """Passes bytes on between whoever connects and `to`, a port of this machine."""

    to: int = 0
    fault: Fault = Fault.none
    port: int = 0
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    async def suffer(self, fault: Fault) -> None:
        """Cut what is connected, and let this befall what connects from now on."""
        self.fault = fault
        await self._cut()
        if fault is not Fault.refuse:
            await self.listen()

    async def listen(self) -> None:
        """Take connections, always at the same port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """End all there is."""
        await self._cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _cut(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
                await self._befall(reader, writer)
        finally:
            writer.transport.abort()
            self._writers.discard(writer)
            self._tasks.discard(task)

    async def _befall(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match self.fault:
            case Fault.hang:
                await asyncio.Event().wait()
            case Fault.error:
                await reader.read(PIECE)
                head = f"HTTP/1.1 500 Failed\r\nContent-Length: {len(FAILURE)}\r\n\r\n".encode()
                await _say(writer, head + FAILURE)
            case Fault.garbage:
                await reader.read(PIECE)
                await _say(writer, os.urandom(1000))
            case _:
                await self._pass_on(reader, writer)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection("127.0.0.1", self.to)
        self._writers.add(ours)
        asking = asyncio.create_task(_copy(reader, ours))
        try:
            match self.fault:
                case Fault.reset:
                    await _reset_in_mid_body(theirs, writer)
                case Fault.drip:
                    await _drip(theirs, writer)
                case _:
                    await _copy(theirs, writer)
        finally:
            asking.cancel()
            ours.transport.abort()
            self._writers.discard(ours)


async def _say(writer: asyncio.StreamWriter, content: bytes) -> None:
    writer.write(content)
    await writer.drain()
    writer.close()
    await writer.wait_closed()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
        writer.write_eof()


async def _drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while byte := await reader.read(1):
        writer.write(byte)
        await writer.drain()
        await asyncio.sleep(DRIP_S)


async def _reset_in_mid_body(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    body = await reader.read(PIECE)
    writer.write(head + body[: len(body) // 2])
    await writer.drain()
    # What was sent must be read before the reset, which takes back what was not.
    await asyncio.sleep(DRIP_S)
    opened: socket.socket = writer.get_extra_info("socket")
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    writer.transport.abort()


@contextlib.asynccontextmanager
async def fault_proxy(to: int = 0) -> AsyncIterator[FaultProxy]:
    """Lay a proxy for the length of the block."""
    proxy = FaultProxy(to)
    await proxy.listen()
    try:
        yield proxy
    finally:
        await proxy.close()
