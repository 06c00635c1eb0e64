"""Figures of the record: loading its history, importing a register, proposing candidates."""

import random
import time
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from uuid import UUID, uuid4

import httpx
import pytest

from inspections.domain.checklist_file import parse_items
from inspections.main import create_app
from inspections.settings import Settings
from shared.testing import bearer, in_process

pytestmark = pytest.mark.bench

PLACES = 560
INSPECTIONS = 6000
BATCH = 500
SHEET = files("inspections").joinpath("store/default_checklist.csv").read_bytes()
ITEMS = [item.code for item in parse_items(SHEET)]
HEADER = "identifiant;nom;code_postal;ville;secteur;latitude;longitude;chambres;capacité\n"


def register(draw: random.Random) -> bytes:
    rows = (
        f"H{n};Hôtel {n};{draw.choice(['75011', '93200', '94000', '92000'])};Ville;S{n % 8};"
        f"{48.7 + draw.random() * 0.3:.5f};{2.2 + draw.random() * 0.3:.5f};"
        f"{draw.randint(5, 120)};{draw.randint(10, 300)}"
        for n in range(PLACES)
    )
    return (HEADER + "\n".join(rows)).encode()


def history(draw: random.Random, places: list[str]) -> list[dict[str, object]]:
    """Inspections of five years with an answer to each of the 44 items and some more for rooms."""
    start = datetime(2021, 1, 4, 9, tzinfo=UTC)
    return [
        {
            "instance_id": str(UUID(int=draw.getrandbits(128), version=4)),
            "accommodation_id": places[n % PLACES],
            "occurred_at": (start + timedelta(hours=7 * n)).isoformat(),
            "rooms_seen": 7,
            "answers": answers(draw),
        }
        for n in range(INSPECTIONS)
    ]


def answers(draw: random.Random) -> list[dict[str, object]]:
    given: list[dict[str, object]] = [{"item": item, "value": 0} for item in ITEMS]
    for found in draw.sample(given, draw.randint(2, 7)):
        found["value"] = draw.randint(1, 4)
    given += [{"item": "clean_room", "value": 0, "room": str(n)} for n in range(4)]
    return given


async def load(client: httpx.AsyncClient, forms: list[dict[str, object]]) -> None:
    for first in range(0, len(forms), BATCH):
        answer = await client.post(
            "/v1/inspections/bulk", json={"items": forms[first : first + BATCH]}, timeout=60
        )
        assert answer.status_code == 200, answer.text


async def test_the_record_loads_imports_and_proposes_in_time(database):
    draw = random.Random(7)
    app = create_app(Settings(**database("inspections").settings()))
    async with in_process(app) as client:
        client.headers.update(bearer())
        for _ in range(2):
            started = time.perf_counter()
            await client.post("/v1/accommodation-imports", content=register(draw))
            import_s = time.perf_counter() - started
            print(f"\nimport of {PLACES} rows: {import_s:.2f} s")
            assert import_s < 2
        listed = await client.get("/v1/accommodations", params={"limit": 1000})
        forms = history(draw, [it["id"] for it in listed.json()["items"]])

        started = time.perf_counter()
        await load(client, forms)
        load_s = time.perf_counter() - started
        found = sum(it["value"] in {1, 2, 3, 4} for form in forms for it in form["answers"])
        print(
            f"{INSPECTIONS} inspections, {found} findings: {load_s:.1f} s, "
            f"{INSPECTIONS / load_s:.0f}/s"
        )
        assert load_s < 15

        times = []
        for _ in range(10):
            started = time.perf_counter()
            page = await client.get("/v1/candidates", params={"starts_on": "2026-03-02"})
            times.append(time.perf_counter() - started)
        assert len(page.json()["items"]) == PLACES
        print(f"candidates of {PLACES} places: median {sorted(times)[5] * 1000:.0f} ms")
        assert sorted(times)[5] < 0.15

        one = [forms[0] | {"instance_id": str(uuid4())} for _ in range(50)]
        started = time.perf_counter()
        for form in one:
            await client.post("/v1/inspections", json=form)
        print(f"one inspection: {(time.perf_counter() - started) / 50 * 1000:.1f} ms")
