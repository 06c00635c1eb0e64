"""A balancer of connections, as a cluster's is: it sees no requests, and cuts nothing."""

import asyncio
import contextlib
import itertools
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field

from served_apart import apart

PIECE = 65_536


@dataclass
class Door:
    """Each connection leads to the next of the replicas that are in, and stays with it."""

    replicas: list[int] = field(default_factory=list)
    port: int = 0
    led: Counter[int] = field(default_factory=Counter)
    _turn: Iterator[int] = field(default_factory=itertools.count)

    @property
    def url(self) -> str:
        """Where it is reached."""
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, ready: "Future[Door]", ended: asyncio.Event) -> None:
        """Take connections until told to end."""
        server = await asyncio.start_server(self._lead, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        ready.set_result(self)
        await ended.wait()
        server.close()
        leading = asyncio.all_tasks() - {asyncio.current_task()}
        for task in leading:
            task.cancel()
        await asyncio.gather(*leading, return_exceptions=True)

    async def _lead(self, caller: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with contextlib.closing(back), contextlib.suppress(OSError):
            if not self.replicas:
                return
            replica = self.replicas[next(self._turn) % len(self.replicas)]
            self.led[replica] += 1
            answers, forth = await asyncio.open_connection("127.0.0.1", replica)
            with contextlib.closing(forth):
                await asyncio.gather(_copy(caller, forth), _copy(answers, back))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # uvloop says of what was closed meanwhile that it is no more.
    with contextlib.suppress(OSError, RuntimeError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
        writer.write_eof()


@contextlib.contextmanager
def door() -> Iterator[Door]:
    """Open a door for the length of the block; nobody is behind it yet."""
    with apart(Door().serve) as opened:
        yield opened
