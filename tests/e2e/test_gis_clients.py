"""GDAL, which QGIS and others read with, reads the record through the gateway by an address."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import httpx
import pytest
from gateway_edge import edge
from joserfc.jwk import KeySet
from starlette.types import ASGIApp, Receive, Scope, Send

from inspections.main import create_app
from inspections.settings import Settings
from shared.auth import Verifier, discover_keys
from shared.serve import listen, serving
from shared.testing import ISSUER, DatabaseMaker, bearer, published_keys

PLACES, PAGE = 25, 10
pytestmark = pytest.mark.skipif(
    shutil.which("ogr2ogr") is None, reason="ogr2ogr (gdal-bin) is not installed"
)


@dataclass
class Asked:
    """A service that notes what it was asked for."""

    app: ASGIApp
    queries: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.queries.append((scope["path"], parse_qs(scope["query_string"].decode())))
        await self.app(scope, receive, send)

    def of_items(self, name: str) -> list[str]:
        """Give the values a parameter had wherever items were asked for."""
        return [
            value
            for path, query in self.queries
            if path.endswith("/items")
            for value in query.get(name, [])
        ]


@dataclass
class Map:
    """The record behind an address, as GIS programs are given it."""

    url: str
    asked: Asked

    async def read(self, layer: str, *options: str) -> list[dict[str, object]]:
        """Read a layer with GDAL, from the beginning."""
        self.asked.queries.clear()
        text = await run(
            "ogr2ogr", "-f", "GeoJSON", "/vsistdout/", f"OAPIF:{self.url}/ogc", layer, *options
        )
        return [it["properties"] | {"shape": it["geometry"]} for it in json.loads(text)["features"]]


async def run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    told, errors = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, errors.decode()
    assert b"ERROR" not in errors, errors.decode()
    return told.decode()


async def fill(record: httpx.AsyncClient) -> None:
    """Enter places in two towns, what was found at them over months, and a round."""
    lines = ["identifiant;nom;code_postal;ville;chambres;latitude;longitude"]
    for n in range(PLACES):
        town = "75011;Paris" if n % 2 else "93200;Saint-Denis"
        lines.append(f"H{n:02};Hôtel {n};{town};20;48.86;{2.30 + n * 0.01:.2f}")
    answer = await record.post("/v1/accommodation-imports", content="\n".join(lines).encode())
    assert answer.status_code == 200, answer.text
    page = (await record.get("/v1/accommodations")).json()["items"]
    ids = [it["id"] for it in sorted(page, key=lambda it: str(it["external_id"]))]
    forms = [
        {
            "instance_id": f"00000000-0000-4000-8000-{n:012}",
            "accommodation_id": ids[n],
            "occurred_at": f"2025-{n + 1:02}-05T10:00:00Z",
            "rooms_seen": 5,
            "answers": [{"item": "leak", "value": 3}, {"item": "wires", "value": 4}],
        }
        for n in range(12)
    ]
    answer = await record.post("/v1/inspections/bulk", json={"items": forms})
    assert answer.status_code < 300, answer.text
    soon = datetime.now(UTC).replace(hour=9) + timedelta(days=1)
    for n in range(3):
        visit = {"accommodation_id": ids[n], "scheduled_at": soon.isoformat(), "announced": True}
        answer = await record.post("/v1/visits", json=visit | {"round_id": "r", "sequence": n + 1})
        assert answer.status_code == 201, answer.text


@pytest.fixture
async def gis(databases: DatabaseMaker) -> AsyncIterator[Map]:
    """Serve a record behind the gateway, and make an address that opens it to GIS programs."""
    record, access = databases.make("inspections"), databases.make("gateway")
    opened = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{opened.getsockname()[1]}"
    app = create_app(Settings(**record.settings()))
    asked = Asked(app)
    upstreams = dict.fromkeys(("inspections", "routing", "scoring"), url)
    settings = {"database_url": access.url, "system_url": access.system_url}
    async with (
        serving([asked], [opened]),
        edge(upstreams=upstreams, key_secret="a secret of the tests", **settings) as door,
    ):
        issuer = f"{door.url}/access"

        async def keys_of(name: str) -> KeySet:
            return await (published_keys if name == ISSUER.url else discover_keys)(name)

        app.state.verifier = Verifier([ISSUER.url, issuer], "ronde", key_source=keys_of)
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://record.test", headers=bearer()
        ) as client:
            await fill(client)
        door.client.timeout = httpx.Timeout(60)
        wanted = {
            "name": "QGIS",
            "paths": ["/ogc"],
            "expires_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
        }
        made = await door.client.post("/v1/url-tokens", json=wanted, headers=bearer("reader"))
        assert made.status_code == 201, made.text
        yield Map(made.json()["base_url"], asked)
    for database in (record, access):
        databases.drop(database)


async def test_gdal_reads_the_record_and_lets_it_filter(gis: Map):
    layers = await run("ogrinfo", "-ro", "-q", f"OAPIF:{gis.url}/ogc")
    assert all(it in layers for it in ("accommodations", "findings", "visits", "rounds"))

    every = await gis.read("accommodations")
    assert sorted(it["external_id"] for it in every) == [f"H{n:02}" for n in range(PLACES)]
    assert len(gis.asked.of_items("cursor")) == 2, "two more pages"
    assert set(gis.asked.of_items("limit")) == {str(PAGE)}

    near = await gis.read("accommodations", "-spat", "2.295", "48.8", "2.325", "48.9")
    assert sorted(it["external_id"] for it in near) == ["H00", "H01", "H02"]
    (box,) = gis.asked.of_items("bbox")
    assert [float(it) for it in box.split(",")] == [2.295, 48.8, 2.325, 48.9]

    there = await gis.read("accommodations", "-where", "city = 'Saint-Denis'")
    assert {it["city"] for it in there} == {"Saint-Denis"}
    assert len(there) == 13
    assert set(gis.asked.of_items("city")) == {"Saint-Denis"}
    assert len(gis.asked.of_items("cursor")) == 1, "the next page is of the same town"


async def test_gdal_asks_for_times_of_features_and_compares_other_days_itself(gis: Map):
    spring = "occurred_at >= '2025-03-01T00:00:00Z' AND occurred_at <= '2025-05-31T00:00:00Z'"
    found = await gis.read("findings", "-where", f"{spring} AND critical = 1")

    assert sorted(str(it["occurred_at"])[:10].replace("/", "-") for it in found) == [
        "2025-03-05",
        "2025-04-05",
        "2025-05-05",
    ]
    assert {it["item"] for it in found} == {"wires"}
    assert gis.asked.of_items("datetime") == ["2025-03-01T00:00:00Z/2025-05-31T00:00:00Z"]
    assert gis.asked.of_items("critical") == ["1"]

    later = await gis.read("findings", "-where", "item = 'leak' AND due_on >= 20251001")
    assert sorted(int(str(it["due_on"])) // 100 for it in later) == [202510, 202511, 202512]
    assert gis.asked.of_items("datetime") == []
    assert set(gis.asked.of_items("item")) == {"leak"}


async def test_gdal_draws_rounds_as_lines_and_visits_as_points(gis: Map):
    (round_,) = await gis.read("rounds")
    visits = await gis.read("visits", "-where", "state = 'planned'")

    assert round_["shape"] == {
        "type": "LineString",
        "coordinates": [[2.30, 48.86], [2.31, 48.86], [2.32, 48.86]],
    }
    assert sorted(it["shape"]["coordinates"] for it in visits) == round_["shape"]["coordinates"]
    assert gis.asked.of_items("state") == ["planned"]
