"""What passing a request on costs, beside a bare proxy, the usual one and nginx; all in one run."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import aiohttp
import pytest
from proxies import Nginx, Server
from yarl import URL

pytestmark = pytest.mark.bench

ROUNDS = 5
MOST_OF_BARE = 2.0


@dataclass(frozen=True)
class Load:
    """Answers of one length; the usual proxy gets fewer requests a round, as it takes longer.

    With long answers what counts is to move bytes, so the share of the usual proxy is only told.
    """

    length: int
    callers: int
    requests: int
    usual_requests: int
    least_of_usual: float = 0.0


LOADS = {
    "1 kB": Load(1_000, 32, 1_280, 192, least_of_usual=10.0),
    "200 kB": Load(200_000, 8, 240, 80),
}


@dataclass
class Proxies:
    """All that is compared, in front of one upstream; nginx only where it is installed."""

    upstream: Server
    by_name: dict[str, Server | Nginx]


@pytest.fixture(scope="module")
def proxies() -> Iterator[Proxies]:
    started: list[Server | Nginx] = []
    try:
        upstream = Server("upstream")
        started.append(upstream)
        by_name: dict[str, Server | Nginx] = {}
        for kind in ("bare", "gateway", "usual"):
            by_name[kind] = Server(kind, upstream.url)
            started.append(by_name[kind])
        if nginx := shutil.which("nginx"):
            by_name["nginx"] = Nginx(nginx, upstream.url)
            started.append(by_name["nginx"])
        yield Proxies(upstream, by_name)
    finally:
        for server in reversed(started):
            server.stop()


async def drive(server: Server | Nginx, load: Load, requests: int) -> None:
    url = URL(f"{server.url}/v1/visits/{load.length}")

    async def caller(session: aiohttp.ClientSession) -> None:
        for _ in range(requests // load.callers):
            async with session.get(url, headers=server.headers) as answer:
                assert answer.status == 200
                assert len(await answer.read()) == load.length

    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(caller(session) for _ in range(load.callers)))


def cost_us(server: Server | Nginx, load: Load, requests: int) -> float:
    before = server.cpu_s()
    asyncio.run(drive(server, load, requests))
    return (server.cpu_s() - before) / requests * 1e6


@pytest.mark.parametrize("size", LOADS)
def test_the_gateway_costs_at_most_twice_a_bare_proxy(proxies: Proxies, size: str):
    load = LOADS[size]
    costs: dict[str, list[float]] = {name: [] for name in proxies.by_name}
    for server in proxies.by_name.values():
        asyncio.run(drive(server, load, 2 * load.callers))
    for _ in range(ROUNDS):
        for name, server in proxies.by_name.items():
            requests = load.usual_requests if name == "usual" else load.requests
            costs[name].append(cost_us(server, load, requests))
    found = {name: median(it) for name, it in costs.items()}
    print(f"\nCPU of the proxy per request, {size}, {load.callers} callers, median of {ROUNDS}:")
    for name, cost in sorted(found.items(), key=lambda it: it[1]):
        print(f"  {name:<8} {cost:6.0f} us  {cost / found['bare']:5.2f} x bare")
    share = found["usual"] / found["gateway"]
    aim = f" (aim {load.least_of_usual:g})" if load.least_of_usual else ""
    of_bare = found["gateway"] / found["bare"]
    print(f"  the gateway costs {of_bare:.2f} x bare (at most {MOST_OF_BARE})")
    print(f"  the usual proxy costs {share:.1f} x the gateway{aim}")
    assert of_bare <= MOST_OF_BARE


@pytest.mark.parametrize(("size", "aim"), [("1 kB", 0.35), ("200 kB", 0.6)])
def test_throughput_beside_nginx(proxies: Proxies, size: str, aim: float):
    wrk = shutil.which("wrk")
    if wrk is None or "nginx" not in proxies.by_name:
        pytest.skip("nginx and wrk are not installed: apt-get install nginx-light wrk")
    rates: dict[str, list[float]] = {"nginx": [], "gateway": []}
    for _ in range(ROUNDS):
        for name, known in rates.items():
            known.append(requests_per_s(wrk, proxies.by_name[name], LOADS[size].length))
    ratios = [ours / theirs for ours, theirs in zip(rates["gateway"], rates["nginx"], strict=True)]
    print(f"\nthroughput, {size}, 32 connections, median of {ROUNDS} pairs:")
    for name, known in rates.items():
        print(f"  {name:<8} {median(known):7.0f} requests/s")
    print(f"  gateway / nginx: {median(ratios):.2f} (aim {aim})")


def requests_per_s(wrk: str, server: Server | Nginx, size: int) -> float:
    headers = [it for name, value in server.headers.items() for it in ("-H", f"{name}: {value}")]
    url = f"{server.url}/v1/visits/{size}"
    told = subprocess.run(
        [wrk, "-t1", "-c32", "-d3s", *headers, url], capture_output=True, text=True, check=True
    ).stdout
    assert "Non-2xx" not in told, told
    return float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1])
