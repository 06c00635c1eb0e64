"""Half the most that Ronde can do, for minutes on end: it takes no more memory, and leaks nothing.

`RONDE_SOAK_S` says for how long: a minute without it, ten for the figures that are quoted.
"""

import asyncio
import contextlib
import itertools
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil
import pytest
import record
from production import Production, running
from storm_size import SOAK_S

from shared.testing import DatabaseMaker

pytestmark = [pytest.mark.storm, pytest.mark.timeout(SOAK_S + 600)]

CALLERS, FULL_LOAD_S, WARM_S = 16, 15.0, max(20.0, SOAK_S / 10)
LOOK_S, REST_S, LET_GO_S = 1.0, 5.0, 120.0
GROWTH = 0.05
HERE, THERE = {"lon": 2.35, "lat": 48.85}, {"lon": 2.36, "lat": 48.86}
READS = (
    *3 * ("/v1/accommodations?limit=20",),
    *2 * ("/v1/me",),
    "/v1/scoring-policies",
    "/v1/priorities",
    "/v1/graphs",
    "/v1/overview",
    "/v1/accommodations?limit=1000",
    "/v1/accommodations/00000000-0000-4000-8000-000000000bad",
    "/v1/findings?limit=20",
)
EXPECTED = frozenset({200, 201, 404})
# What a process keeps of connections to its database, and speaks to itself by.
MOST_POOLED = 20


@dataclass
class Load:
    """Callers of the gateway; `pause_s` is between the beginnings of two calls of one."""

    client: aiohttp.ClientSession
    place: str
    pause_s: float = 0.0
    said: Counter[int] = field(default_factory=Counter)

    async def run(self, seconds: float) -> float:
        """Call for so long; return the calls a second."""
        self.said.clear()
        until = time.monotonic() + seconds
        await asyncio.gather(*(self._call_on(number, until) for number in range(CALLERS)))
        return self.said.total() / seconds

    async def _call_on(self, number: int, until: float) -> None:
        await asyncio.sleep(number / CALLERS * self.pause_s)
        due = time.monotonic()
        for turn in itertools.count(number):
            if time.monotonic() > until:
                return
            await self._call(turn)
            due += self.pause_s
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _call(self, turn: int) -> None:
        match turn % 17:
            case 0:
                await self._ask("POST", "/v1/inspections", record.inspection(self.place))
            case 1 | 2:
                body = {"sources": [HERE], "targets": [THERE]}
                await self._ask("POST", "/v1/matrices", body)
            case 3:
                # Somebody waits for news, and leaves.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.3):
                        await self._ask("GET", "/v1/inspections/events?after=1000000000&wait=5")
            case _:
                await self._ask("GET", READS[turn % len(READS)])

    async def _ask(self, method: str, path: str, body: object = None) -> None:
        async with self.client.request(method, path, json=body) as answer:
            await answer.read()
            self.said[answer.status] += 1


@dataclass
class Watched:
    """The processes of Ronde with what they start, by name, and the memory they took."""

    processes: dict[str, psutil.Process]
    memory: dict[str, list[int]] = field(default_factory=dict)

    async def look_on(self) -> None:
        while True:
            for name, process in self.processes.items():
                taken = sum(it.memory_info().rss for it in family(process))
                self.memory.setdefault(name, []).append(taken)
            await asyncio.sleep(LOOK_S)

    def handles(self) -> dict[str, tuple[int, int]]:
        """Count the open files of each, and its connections to others."""
        return {
            name: (
                sum(it.num_fds() for it in family(process)) - self.pooled(process),
                sum(len(it.net_connections("tcp")) for it in family(process)),
            )
            for name, process in self.processes.items()
        }

    def pooled(self, process: psutil.Process) -> int:
        """Count the connections within this machine, of which pools keep some."""
        return sum(len(it.net_connections("unix")) for it in family(process))

    def growth(self) -> dict[str, tuple[float, int]]:
        """Compare the last tenth of what was seen with the first; and give the last, in bytes."""
        found = {}
        for name, seen in self.memory.items():
            tenth = max(1, len(seen) // 10)
            first, last = statistics.median(seen[:tenth]), statistics.median(seen[-tenth:])
            found[name] = (last / first - 1, int(last))
        return found


def family(process: psutil.Process) -> Iterator[psutil.Process]:
    yield process
    yield from process.children(recursive=True)


async def leaked(watched: Watched, before: dict[str, tuple[int, int]]) -> dict[str, object]:
    """Wait until what is kept for a while is let go; return what is left more than before."""
    until = time.monotonic() + LET_GO_S
    while True:
        after = watched.handles()
        more = {
            name: (before[name], counts)
            for name, counts in after.items()
            if counts[0] > before[name][0] or counts[1] > before[name][1]
        }
        if not more or time.monotonic() > until:
            return more
        await asyncio.sleep(1)


async def test_half_the_load_for_long_takes_no_more_memory_and_leaks_nothing(
    databases: DatabaseMaker, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running(databases, tmp_path) as ronde:
        for name in ("inspections worker", "scoring worker"):
            ronde.start(name)
        place, headers = await asyncio.to_thread(filled, ronde)
        watched = Watched({name: psutil.Process(it.pid) for name, it in ronde.processes.items()})
        async with aiohttp.ClientSession(ronde.urls["gateway"], headers=headers) as client:
            load = Load(client, place)
            most = await load.run(FULL_LOAD_S)
            load.pause_s = CALLERS / (most / 2)
            await load.run(WARM_S)
        await asyncio.sleep(REST_S)
        before = watched.handles()
        async with aiohttp.ClientSession(ronde.urls["gateway"], headers=headers) as client:
            load.client = client
            looking = asyncio.create_task(watched.look_on())
            rate = await load.run(SOAK_S)
            looking.cancel()
        more = await leaked(watched, before)
        pooled = {name: watched.pooled(it) for name, it in watched.processes.items()}
        ended = [name for name, it in ronde.processes.items() if it.poll() is not None]
    growth = watched.growth()
    with capsys.disabled():
        print(f"\nsoak of {SOAK_S:.0f} s at {rate:.0f} calls/s, of {most:.0f} at the most")
        print(f"answers: {dict(load.said)}; more handles or connections: {more or 'none'}")
        for name, (share, taken) in growth.items():
            files, connections = before[name]
            print(
                f"  {name}: {taken / 1e6:.0f} MB, {share:+.1%}, {files} files, {connections} "
                f"connections, {pooled[name]} pooled"
            )
    assert ended == []
    assert set(load.said) <= EXPECTED
    assert rate > 0.4 * most, "the load was half of the most"
    assert more == {}
    assert max(pooled.values()) <= MOST_POOLED
    assert {name: share for name, (share, _) in growth.items() if share >= GROWTH} == {}


def filled(ronde: Production) -> tuple[str, dict[str, str]]:
    """Enter places; return the id of one, and the headers of who may ask for all."""
    with ronde.client() as client:
        made = [
            client.post("/v1/accommodations", json=record.accommodation(number))
            for number in range(200)
        ]
        place = made[0].raise_for_status().json()["id"]
        return place, {"Authorization": client.headers["Authorization"]}
