"""How long the record's longest answers keep other requests of the process waiting."""

import asyncio
import random
import time
from uuid import uuid4

import httpx
import pytest

from inspections.main import create_app
from inspections.settings import Settings
from shared.testing import bearer, in_process

pytestmark = pytest.mark.bench

PLACES = 600
INSPECTIONS = 1200
LIMIT_MS = 50
ITEMS = ("leak", "mould", "heating", "drains", "pest_cockroaches", "gas_co")


def places(draw: random.Random) -> str:
    rows = (
        f"H{n};Hôtel {n};{draw.choice(['75011', '93200', '94000'])};Ville;"
        f"{48.7 + draw.random() * 0.3:.5f};{2.2 + draw.random() * 0.3:.5f};{draw.randint(5, 120)}"
        for n in range(PLACES)
    )
    return "\n".join(["identifiant;nom;code_postal;ville;latitude;longitude;chambres", *rows])


def forms(draw: random.Random, ids: list[str]) -> list[dict[str, object]]:
    return [
        {
            "instance_id": str(uuid4()),
            "accommodation_id": ids[0] if n % 2 else ids[n % PLACES],
            "occurred_at": f"2025-{1 + n % 12:02}-{1 + n % 28:02}T09:00:00Z",
            "rooms_seen": 7,
            "answers": [{"item": it, "value": draw.randint(1, 4), "note": "Seen"} for it in ITEMS],
        }
        for n in range(INSPECTIONS)
    ]


async def declare_hours(client: httpx.AsyncClient, ids: list[str]) -> None:
    """Give every place two windows a day of its own, the worst case."""
    for number, id in enumerate(ids):
        read = await client.get(f"/v1/accommodations/{id}")
        said = read.json()
        kept = {it: said[it] for it in said if it not in {"id", "territory", "created_at"}}
        kept.pop("updated_at")
        kept["visit_hours"] = [
            {"weekday": day, "opens": opens, "closes": closes}
            for day in range(1, 7)
            for opens, closes in (
                (f"08:{number % 60:02}", f"11:{number // 60:02}"),
                ("14:00", "17:00"),
            )
        ]
        headers = {"If-Match": read.headers["etag"]}
        answer = await client.put(f"/v1/accommodations/{id}", json=kept, headers=headers)
        assert answer.status_code == 200, answer.text


async def held_ms(client: httpx.AsyncClient, path: str) -> tuple[float, float]:
    """Give the longest stretch in which nothing else could run, and the whole time."""
    gaps: list[float] = []

    async def tick() -> None:
        last = time.perf_counter()
        while True:
            await asyncio.sleep(0)
            now = time.perf_counter()
            gaps.append(now - last)
            last = now

    ticking = asyncio.create_task(tick())
    started = time.perf_counter()
    answer = await client.get(path, timeout=60)
    took = time.perf_counter() - started
    ticking.cancel()
    assert answer.status_code == 200, answer.text
    return max(gaps) * 1000, took * 1000


async def test_no_answer_holds_the_process(database):
    draw = random.Random(7)
    async with in_process(create_app(Settings(**database("inspections").settings()))) as client:
        client.headers.update(bearer())
        await client.post("/v1/accommodation-imports", content=places(draw).encode())
        listed = await client.get("/v1/accommodations", params={"limit": 1000})
        ids = [it["id"] for it in listed.json()["items"]]
        sent = forms(draw, ids)
        for first in range(0, INSPECTIONS, 400):
            await client.post(
                "/v1/inspections/bulk", json={"items": sent[first : first + 400]}, timeout=60
            )
        held = await figures(client, ids[0], "office hours")
        await declare_hours(client, ids)
        held |= await figures(client, ids[0], "hours of its own")
    assert {it: round(ms) for it, ms in held.items() if ms > LIMIT_MS} == {}


async def figures(client: httpx.AsyncClient, place: str, hours: str) -> dict[str, float]:
    held: dict[str, float] = {}
    for path in (
        "/v1/candidates?starts_on=2026-03-02&days=5",
        "/v1/candidates?starts_on=2026-03-02&days=31",
        "/v1/inspections?limit=200",
        "/v1/findings?limit=1000",
        "/v1/visits?limit=1000",
        "/v1/accommodations?limit=1000",
        f"/v1/accommodations/{place}/history?limit=200",
    ):
        runs = [await held_ms(client, path) for _ in range(5)]
        # What else the machine does only adds to it.
        longest, took = (min(it) for it in zip(*runs, strict=True))
        shown = path.replace(place, "…")
        print(f"\n{hours}: {shown}: holds {longest:.0f} ms of {took:.0f} ms", end="")
        held[f"{hours} {shown}"] = longest
    return held
