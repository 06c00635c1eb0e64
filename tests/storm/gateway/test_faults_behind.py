"""One service in trouble is named, left alone and taken back; the others are as quick as before."""

import asyncio
import contextlib
import statistics
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
import pytest_asyncio
from fault_proxy import FAILURE, Fault, FaultProxy, fault_proxy
from production import BEHIND, Production, running
from record import accommodation

from shared.testing import DatabaseMaker

pytestmark = [pytest.mark.storm, pytest.mark.asyncio(loop_scope="module")]

PATHS = {
    "inspections": "/v1/accommodations?limit=20",
    "scoring": "/v1/scoring-policies",
    "routing": "/v1/graphs",
    "gateway": "/v1/me",
}
LONG_LIST = "/v1/accommodations?limit=1000"
FAULTS = [it for it in Fault if it is not Fault.none]
ROUNDS, MOST_ROUNDS, REQUESTS, RATIO = 3, 9, 40, 1.5
PATIENCE_S = 60.0
SETTINGS = {"GATEWAY_READ_TIMEOUT_S": "1.0"}


@dataclass
class Town:
    """Ronde with a proxy before each service, and somebody who asks the gateway."""

    proxies: dict[str, FaultProxy]
    client: aiohttp.ClientSession
    said: list[tuple[int, bytes]] = field(default_factory=list)

    async def ask(self, path: str) -> tuple[int, bytes]:
        async with self.client.get(path) as answer:
            return answer.status, await answer.read()

    async def ask_until_told(self, service: str, done: asyncio.Event) -> None:
        """Keep asking a service that is in trouble, or not, as impatient people do."""
        while not done.is_set():
            self.said.append(await self.ask(PATHS[service]))
            await asyncio.sleep(0.02)

    async def time_of(self, name: str) -> float:
        """Ask a service many times, one after the other; return the median of the seconds."""
        took = []
        for _ in range(REQUESTS):
            began = time.perf_counter()
            status, content = await self.ask(PATHS[name])
            took.append(time.perf_counter() - began)
            assert status == 200, content
            await asyncio.sleep(0.01)
        return statistics.median(took)

    async def round(self, service: str) -> dict[str, float]:
        """Ask all others while three people ask a service; return the others' medians."""
        done = asyncio.Event()
        people = [asyncio.create_task(self.ask_until_told(service, done)) for _ in range(3)]
        others = [name for name in PATHS if name != service]
        medians = await asyncio.gather(*map(self.time_of, others))
        done.set()
        await asyncio.gather(*people)
        return dict(zip(others, medians, strict=True))

    async def until(self, service: str, sign: bytes) -> None:
        """Ask a service until its answer holds something."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if sign in (await self.ask(PATHS[service]))[1]:
                    return
                await asyncio.sleep(0.1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town(
    databases: DatabaseMaker, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    async with contextlib.AsyncExitStack() as stack:
        proxies = {name: await stack.enter_async_context(fault_proxy()) for name in BEHIND}
        fronts = {name: proxy.url for name, proxy in proxies.items()}
        folder = tmp_path_factory.mktemp("production")
        production = stack.enter_context(
            running(databases, folder, fronts=fronts, variables=SETTINGS)
        )
        for name, proxy in proxies.items():
            proxy.to = int(production.urls[name].rpartition(":")[2])
        fill(production)
        with production.client() as known:
            headers = {"Authorization": known.headers["Authorization"]}
        client = await stack.enter_async_context(
            aiohttp.ClientSession(
                production.urls["gateway"],
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=10),
            )
        )
        town = Town(proxies, client)
        for name in BEHIND:
            await town.until(name, b'"items"')
        yield town


def fill(production: Production) -> None:
    """Enter so many places that a list of them is sent on while it comes."""
    with production.client() as client:
        client.base_url = production.urls["inspections"]
        for number in range(200):
            client.post("/v1/accommodations", json=accommodation(number)).raise_for_status()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("service", BEHIND)
async def test_others_are_answered_as_before_while_a_service_is_in_trouble(
    town: Town, service: str, fault: Fault, capsys: pytest.CaptureFixture[str]
):
    before = [await town.round(service) for _ in range(ROUNDS)]
    proxy = town.proxies[service]
    await proxy.suffer(fault)
    try:
        town.said.clear()
        status, overview = await town.ask("/v1/overview")
        during = [await town.round(service)]
        while len(during) < ROUNDS or (ratio(before, during) > RATIO and len(during) < MOST_ROUNDS):
            during.append(await town.round(service))
        said = town.said.copy()
        if fault is not Fault.error:
            await town.until(service, b"did not answer of late")
    finally:
        await proxy.suffer(Fault.none)
    await town.until(service, b'"items"')

    statuses = {it: [s for s, _ in said].count(it) for it in {s for s, _ in said}}
    with capsys.disabled():
        print(f"\n{service}, {fault}: p50 x {ratio(before, during):.2f}, answered {statuses}")
    assert status == 200, overview
    assert service == "routing" or service.encode() in overview.partition(b'"missing"')[2]
    if fault is Fault.error:
        assert set(said) == {(500, FAILURE)}, "what a service says is passed on"
    else:
        assert set(statuses) <= {502, 503, 504}
        assert all(service.encode() in content for _, content in said)
    after = [await town.ask(PATHS[service]) for _ in range(20)]
    assert {it[0] for it in after} == {200}
    assert ratio(before, during) <= RATIO


def ratio(before: list[dict[str, float]], during: list[dict[str, float]]) -> float:
    """Say how much slower the slowed most is, the best rounds of each compared."""

    def best(rounds: list[dict[str, float]], name: str) -> float:
        return min(it[name] for it in rounds)

    return max(best(during, name) / best(before, name) for name in before[0])


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
async def test_a_list_that_is_cut_short_on_its_way_is_never_taken_for_whole(
    town: Town, encoding: str
):
    headers = {"Accept-Encoding": encoding}
    async with town.client.get(LONG_LIST, headers=headers) as whole:
        assert len((await whole.json())["items"]) == 200
    await town.proxies["inspections"].suffer(Fault.reset)
    try:
        async with town.client.get(LONG_LIST, headers=headers) as cut:
            assert cut.status == 200
            with pytest.raises(aiohttp.ClientPayloadError):
                await cut.read()
    finally:
        await town.proxies["inspections"].suffer(Fault.none)
    await town.until("inspections", b'"items"')
