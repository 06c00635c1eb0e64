"""Ronde with two replicas of each service behind doors, restarted one by one while people work."""

import asyncio
import contextlib
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

import aiohttp
import record
from door import Door, door
from plan_requests import plan_request
from production import BEHIND, Maker, Production, running

from shared.serve import listen

SERVICES = (*BEHIND, "gateway")
CALLERS, PLACES, REST_S, PAUSE_S = 8, 100, 0.1, 2.0
# As long as a cluster waits, less its pause before it tells a process to end.
ENDS_S = 35
READS = (
    "/v1/accommodations?limit=20",
    "/v1/overview",
    "/v1/priorities",
    "/v1/findings?limit=20",
    "/v1/scoring-policies",
    "/v1/me",
    "/v1/graphs",
    # Somebody waits for news that do not come.
    "/v1/inspections/events?after=1000000000&wait=3",
)


@dataclass
class People:
    """Who ask one thing after the other, and what came of it; `written` are ids by list."""

    client: aiohttp.ClientSession
    places: Sequence[str]
    answered: Counter[str] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)
    written: dict[str, set[str]] = field(default_factory=dict)
    done: asyncio.Event = field(default_factory=asyncio.Event)

    @contextlib.asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Have all of them work for the length of the block."""
        work = [asyncio.create_task(self._work(it)) for it in range(CALLERS)]
        try:
            yield
        finally:
            self.done.set()
            await asyncio.gather(*work)

    async def _work(self, number: int) -> None:
        for turn in itertools.count(number):
            if self.done.is_set():
                return
            await self._ask(turn)
            await asyncio.sleep(REST_S)

    async def _ask(self, turn: int) -> None:
        if turn % 200 == 7:
            await self._request("POST", "/v1/plans", plan_request(), key=str(uuid4()))
            return
        place = self.places[turn * 7 % PLACES]
        match turn % 4:
            case 0:
                await self._request("POST", "/v1/inspections", record.inspection(place))
            case 1:
                text = f"Damp {uuid4()}"
                body = {"accommodation_id": place, "source": "family", "text": text}
                await self._request("POST", "/v1/complaints", body, key=str(uuid4()))
            case _:
                await self._request("GET", READS[turn // 4 % len(READS)])

    async def _request(
        self, method: str, path: str, body: dict[str, object] | None = None, key: str = ""
    ) -> None:
        headers = {"Idempotency-Key": key} if key else {}
        what = f"{method} {path.partition('?')[0]}"
        try:
            async with self.client.request(method, path, json=body, headers=headers) as answer:
                content = await answer.read()
                if answer.status >= 300:
                    self.failed.append(f"{what}: {answer.status} {content[:200]!r}")
                elif method == "POST":
                    self.written.setdefault(path, set()).add((await answer.json())["id"])
        except (aiohttp.ClientError, TimeoutError) as error:
            self.failed.append(f"{what}: {type(error).__name__} {error}")
        self.answered[what] += 1

    async def lost(self) -> list[str]:
        """Name what was acknowledged and is not in its list, or there without having been."""
        found = []
        for path, ids in self.written.items():
            kept = await self.listed(path)
            found += [f"{path}/{it}" for it in {it["id"] for it in kept} ^ ids]
        return found

    async def listed(self, path: str) -> list[dict[str, object]]:
        """Read a list to its end."""
        found: list[dict[str, object]] = []
        query = {"limit": "200"}
        while True:
            async with self.client.get(path, params=query) as answer:
                assert answer.status == 200, await answer.text()
                page = await answer.json()
            found += page["items"]
            if not page.get("next_cursor"):
                return found
            query["cursor"] = page["next_cursor"]


@dataclass
class Town:
    """The processes, a door before the replicas of each service, and the replicas' ports."""

    ronde: Production
    doors: dict[str, Door]
    ports: dict[str, dict[str, int]]

    async def restart_all(self) -> int:
        """Restart everything, as one change of all images does; give how many processes.

        Services roll side by side; of one, a replica after the other.
        """
        await asyncio.gather(*(self._roll(it) for it in SERVICES))
        return sum(map(len, self.ports.values())) + len(SERVICES)

    async def _roll(self, service: str) -> None:
        for name in self.ports[service]:
            await self._restart(service, name)
            await asyncio.sleep(PAUSE_S)
        worker = f"{service} worker"
        await self._end(worker)
        self.ronde.start(worker)

    async def _restart(self, service: str, name: str) -> None:
        """Restart a replica as a cluster does: no new connection leads to one that ends."""
        port, before = self.ports[service][name], self.doors[service].replicas
        before.remove(port)
        await self._end(name)
        if name == service:
            self.ronde.start(name)
        else:
            self.ronde.start_beside(service, port)
        await asyncio.to_thread(self.ronde.await_one, name, f"http://127.0.0.1:{port}")
        before.append(port)

    async def _end(self, name: str) -> None:
        process = self.ronde.processes[name]
        process.terminate()
        assert await asyncio.to_thread(process.wait, ENDS_S) == 0, name


@contextlib.contextmanager
def town(
    databases: Maker, folder: Path, variables: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Town]:
    """Run everything for the length of the block."""
    with contextlib.ExitStack() as stack:
        doors = {it: stack.enter_context(door()) for it in SERVICES}
        fronts = {it: opened.url for it, opened in doors.items()}
        ronde = stack.enter_context(
            running(databases, folder, workers=SERVICES, fronts=fronts, variables=variables)
        )
        ports: dict[str, dict[str, int]] = {}
        for service in SERVICES:
            first, second = int(ronde.urls[service].rpartition(":")[2]), free_port()
            ronde.start_beside(service, second)
            ports[service] = {service: first, f"{service} {second}": second}
        for service, replicas in ports.items():
            for name, port in replicas.items():
                ronde.await_one(name, f"http://127.0.0.1:{port}")
            doors[service].replicas.extend(replicas.values())
        yield Town(ronde, doors, ports)


def free_port() -> int:
    """Find a port that nobody listens at."""
    with contextlib.closing(listen("127.0.0.1", 0)) as opened:
        return int(opened.getsockname()[1])


@contextlib.asynccontextmanager
async def people_of(here: Town) -> AsyncIterator[People]:
    """Give people who ask by the gateway's door, and places for them to look at."""
    with here.ronde.client() as first:
        places = [
            first.post("/v1/accommodations", json=record.accommodation(it)).raise_for_status()
            for it in range(PLACES)
        ]
        headers = {"Authorization": first.headers["Authorization"]}
    url, timeout = here.doors["gateway"].url, aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(url, headers=headers, timeout=timeout) as client:
        yield People(client, [it.json()["id"] for it in places])
