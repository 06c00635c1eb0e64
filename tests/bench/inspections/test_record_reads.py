"""How fast the record is read, against the bare statements of the same reads, at two sizes.

One command per size; the second reads a record of the first in turns with its own, and also
prints how much slower it is:

    pytest -m bench -s tests/bench/inspections/test_record_reads.py -k size_s
    pytest -m bench -s tests/bench/inspections/test_record_reads.py -k size_m
"""

import statistics
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import psycopg
import pytest
from record_of_size import (
    ANOMALY,
    FINDING,
    INSPECTION,
    ORGANISATION,
    PLACE,
    SIZES,
    VISIT,
    Size,
    id_of,
    write_record,
)
from sqlalchemy import event

from inspections.main import create_app
from inspections.settings import Settings
from shared import paging
from shared.testing import TestDatabase, in_process
from shared.testing import token as make_token

pytestmark = pytest.mark.bench

ROUNDS, WARM_UP = 40, 8
SQL_FACTOR, SQL_MS = 2.0, 5.0
P95_MS, UNCHANGED_MS = 200.0, 20.0
FLAT = 1.5


@dataclass(frozen=True, slots=True)
class Read:
    """One read of the API; `keyed` ones must not get slower as the record grows."""

    name: str
    path: Callable[[Size], str]
    keyed: bool = True


# A page of a map after the first, which counts nothing.
FURTHER = paging.encode("2023-01-05T00:00:00+00:00", str(id_of(FINDING, 1000)))


def of_place(path: str) -> Callable[[Size], str]:
    return lambda size: path.format(place=id_of(PLACE, size.places // 3))


def alike(path: str) -> Callable[[Size], str]:
    return lambda _: path


READS = (
    Read("place", of_place("/v1/accommodations/{place}")),
    Read("place page: history", of_place("/v1/accommodations/{place}/history?limit=50")),
    Read("place page: grade", of_place("/v1/accommodations/{place}/grade")),
    Read("place page: anomalies", of_place("/v1/anomalies?accommodation_id={place}&limit=100")),
    Read("place page: notices", of_place("/v1/notices?accommodation_id={place}&limit=100")),
    Read("place page: alerts", of_place("/v1/alerts?accommodation_id={place}&limit=100")),
    Read("place page: occupancy", of_place("/v1/occupancy-snapshots?accommodation_id={place}")),
    Read("findings of a place", of_place("/v1/findings?accommodation_id={place}&limit=100")),
    Read("visits of a place", of_place("/v1/visits?accommodation_id={place}&limit=100")),
    Read("visit", lambda size: f"/v1/visits/{id_of(VISIT, size.visits // 3)}"),
    Read("inspection", lambda size: f"/v1/inspections/{id_of(INSPECTION, size.visits // 3)}"),
    Read("anomaly", lambda size: f"/v1/anomalies/{id_of(ANOMALY, size.places // 3 * 1000)}"),
    Read("list of places", alike("/v1/accommodations?limit=100")),
    Read("list of visits", alike("/v1/visits?limit=100")),
    Read("list of inspections", alike("/v1/inspections?limit=100")),
    Read("list of findings", alike("/v1/findings?limit=100")),
    Read("list of anomalies", alike("/v1/anomalies?limit=100")),
    Read("list of overdue", alike("/v1/anomalies?overdue=true&limit=100")),
    Read("list of alerts", alike("/v1/alerts?limit=100")),
    Read("list of notices", alike("/v1/notices?limit=100")),
    Read("list of re-inspections", alike("/v1/reinspections?limit=100")),
    Read("place page: timeline", of_place("/v1/accommodations/{place}/timeline")),
    Read("place page: matrix", of_place("/v1/accommodations/{place}/matrix")),
    Read("place page: peers", of_place("/v1/accommodations/{place}/peers"), keyed=False),
    Read("place page: nearby", of_place("/v1/accommodations/{place}/nearby"), keyed=False),
    Read("months by category", alike("/v1/history/months?as_of=2025-12-31"), keyed=False),
    Read("territories", alike("/v1/history/areas?as_of=2025-12-31"), keyed=False),
    Read("map: places", alike("/ogc/collections/accommodations/items?limit=10"), keyed=False),
    Read("map: findings", alike("/ogc/collections/findings/items?limit=10"), keyed=False),
    Read("map: findings, further", alike(f"/ogc/collections/findings/items?cursor={FURTHER}")),
    Read("findings by columns", alike("/v1/history/findings"), keyed=False),
    Read("candidates", alike("/v1/candidates?starts_on=2026-01-12&days=5"), keyed=False),
)


@dataclass(slots=True)
class Site:
    """The service on a record of a size, and the same database without the service."""

    size: Size
    client: httpx.AsyncClient
    bare: "psycopg.Connection[tuple[object, ...]]"
    seen: list[tuple[str, object]]
    api: list[float] = field(default_factory=list)
    sql: list[float] = field(default_factory=list)

    async def ask(self, read: Read) -> None:
        """Read by the API, then run the bare statements of that read; keep the milliseconds."""
        self.seen.clear()
        started = time.perf_counter()
        answer = await self.client.get(read.path(self.size), timeout=60)
        asked = time.perf_counter()
        assert answer.status_code == 200, answer.text
        statements = list(self.seen)
        again = time.perf_counter()
        run(self.bare, statements)
        self.api.append((asked - started) * 1000)
        self.sql.append((time.perf_counter() - again) * 1000)


def run(
    connection: "psycopg.Connection[tuple[object, ...]]",
    statements: Sequence[tuple[str, object]],
) -> None:
    """Run statements in a transaction of their own and read all rows."""
    with connection.transaction():
        for statement, parameters in statements:
            cursor = connection.execute(statement, parameters)
            if cursor.description:
                cursor.fetchall()


@asynccontextmanager
async def opened(fresh: TestDatabase, name: str) -> AsyncIterator[Site]:
    size = SIZES[name]
    started = time.perf_counter()
    write_record(fresh, size)
    print(
        f"\n{name}: {size.places:,} places, {size.visits:,} visits, {size.findings:,} findings "
        f"written in {time.perf_counter() - started:.0f} s"
    )
    app = create_app(Settings(**fresh.settings()))
    seen: list[tuple[str, object]] = []
    conninfo = fresh.server.conninfo(fresh.name, "inspections")
    async with in_process(app) as client:
        client.headers["Authorization"] = f"Bearer {make_token(organisation=ORGANISATION)}"
        event.listen(
            app.state.database.engine.sync_engine,
            "before_cursor_execute",
            lambda _c, _cursor, statement, parameters, *_: seen.append((statement, parameters)),
        )
        with psycopg.connect(conninfo, autocommit=True) as bare:
            yield Site(size, client, bare, seen)


async def measure(sites: Sequence[Site], read: Read) -> None:
    """Time the API and its bare statements in turns, so that others' load hits all alike."""
    for rounds in (WARM_UP, ROUNDS):
        for site in sites:
            site.api, site.sql = [], []
        for _ in range(rounds):
            for site in sites:
                await site.ask(read)


def row(read: Read, site: Site, small: Site | None) -> list[str]:
    """Print the figures of a read, and give what of them is over its limit."""
    p50, bare = statistics.median(site.api), statistics.median(site.sql)
    p95 = sorted(site.api)[int(len(site.api) * 0.95)]
    limit = SQL_FACTOR * bare + SQL_MS
    growth = None if small is None else p50 / statistics.median(small.api)
    shown = "" if growth is None else f"{growth:7.2f}"
    print(f"{read.name:24} {p50:8.1f} {p95:7.1f} {bare:8.1f} {limit:7.1f} {shown}", flush=True)
    slow = []
    if p50 > limit:
        slow.append(f"{read.name}: {p50:.1f} ms, over {limit:.1f}")
    if small is None and p95 > P95_MS:
        slow.append(f"{read.name}: p95 {p95:.0f} ms")
    if growth is not None and read.keyed and growth > FLAT:
        slow.append(f"{read.name}: {growth:.1f} times slower than at S")
    return slow


async def compare(sites: Sequence[Site]) -> list[str]:
    """Print a table of the last site, beside the first one where there are two."""
    print(f"{'read':24} {'API p50':>8} {'p95':>7} {'SQL p50':>8} {'limit':>7} {'S to M':>7}")
    slow: list[str] = []
    for read in READS:
        await measure(sites, read)
        slow += row(read, sites[-1], sites[0] if len(sites) > 1 else None)
    return slow


async def unchanged(site: Site) -> list[str]:
    """Ask again for all findings by columns, with their ETag; print the milliseconds."""
    path = "/v1/history/findings"
    first = (await site.client.get(path, timeout=60)).raise_for_status()
    took = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        again = await site.client.get(path, headers={"If-None-Match": first.headers["etag"]})
        took.append((time.perf_counter() - started) * 1000)
        assert again.status_code == 304
    p50 = statistics.median(took)
    print(f"findings by columns, unchanged: {p50:.1f} ms, limit {UNCHANGED_MS:.0f}")
    return [] if p50 <= UNCHANGED_MS else [f"findings by columns, unchanged: {p50:.1f} ms"]


async def test_reads_of_size_s_cost_little_more_than_their_statements(database):
    async with opened(database("inspections"), "S") as site:
        assert await compare([site]) + await unchanged(site) == []


@pytest.mark.timeout(1800)
async def test_reads_of_size_m_cost_little_more_and_grow_no_slower(database):
    async with (
        opened(database("inspections"), "S") as small,
        opened(database("inspections"), "M") as large,
    ):
        assert await compare([small, large]) == []
