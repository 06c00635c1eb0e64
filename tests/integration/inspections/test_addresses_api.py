import asyncio
import contextlib
import gzip
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest

from inspections.main import create_app, run_worker
from inspections.settings import Settings
from shared.testing import THEIRS, bearer, in_process, token

HEADER = "id;numero;rep;nom_voie;code_postal;code_insee;nom_commune;lon;lat\n"
ROWS = (
    "a1;12;;Rue des Lilas;93200;93066;Saint-Denis;2.3574;48.9356\n"
    "a2;12;bis;Rue des Lilas;93200;93066;Saint-Denis;2.3576;48.9357\n"
    "a3;900;;Rue des Acacias;93200;93066;Saint-Denis;2.3601;48.9401\n"
    "a4;3;;Rue Haute;01410;39331;Mijoux;6.0021;46.3693\n"
)
PLACE = {
    "name": "Hôtel",
    "postcode": "93200",
    "city": "Saint-Denis",
    "rooms": 9,
    "address": "12 rue des Lilas",
}


@pytest.fixture
async def working(module_database, tmp_path) -> AsyncIterator[httpx.AsyncClient]:
    """Run the service with its worker, for an organisation that has nothing yet."""
    settings = Settings(
        **module_database("inspections").settings(), blobs_url=f"file://{tmp_path}/blobs"
    )
    async with in_process(create_app(settings)) as client:
        told = token("manager", "admin", "keeper", organisation=uuid4())
        client.headers["Authorization"] = f"Bearer {told}"
        work = asyncio.create_task(run_worker(settings))
        yield client
        work.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await work


async def imported(client: httpx.AsyncClient, content: bytes) -> dict[str, object]:
    answer = await client.post("/v1/address-imports", content=content)
    assert answer.status_code == 202, answer.text
    async with asyncio.timeout(30):
        while True:
            job = (await client.get(answer.headers["location"])).json()
            if job["state"] in {"done", "failed"}:
                return job
            await asyncio.sleep(0.1)


async def declare(client: httpx.AsyncClient, external_id: str, **values: object) -> dict:
    sent = PLACE | {"external_id": external_id} | values
    answer = await client.post("/v1/accommodations", json=sent)
    assert answer.status_code == 201, answer.text
    return answer.json() | {"etag": {"If-Match": answer.headers["etag"]}, "sent": sent}


async def test_places_are_located_by_the_addresses_imported_and_by_nobody_else(working):
    early = await declare(working, "early")
    assert (early["position"], early["position_source"]) == (None, "unknown")

    job = await imported(working, gzip.compress((HEADER + ROWS).encode()))

    assert (job["state"], job["result"]) == ("done", {"addresses": 4})
    read = (await working.get(f"/v1/accommodations/{early['id']}")).json()
    assert read["position"] == {"lon": 2.3574, "lat": 48.9356}
    assert (read["position_source"], read["position_confidence"]) == ("geocoded", 1.0)
    feed = (await working.get("/v1/inspections/events", params={"limit": 100})).json()["items"]
    assert feed[-1]["data"]["position"] == read["position"]
    late = await declare(working, "late", address="12 bis, r. des Lilas")
    assert late["position"] == {"lon": 2.3576, "lat": 48.9357}
    again = await working.post("/v1/accommodations", json=early["sent"])
    assert (again.status_code, again.json()["position"]) == (200, read["position"])


async def test_a_guess_is_to_be_checked_and_a_position_told_is_kept(working):
    await imported(working, (HEADER + ROWS).encode())
    place = await declare(working, "guess", address="7 rue des Acacias")
    assert (place["position"], place["position_source"]) == (None, "to_check")
    assert place["position_guess"]["label"].startswith("900 Rue des Acacias")
    listed = await working.get("/v1/accommodations", params={"position_source": "to_check"})
    assert [it["id"] for it in listed.json()["items"]] == [place["id"]]

    told = {"lon": 2.36, "lat": 48.94}
    path = f"/v1/accommodations/{place['id']}"
    mended = await working.put(path, json=place["sent"] | {"position": told}, headers=place["etag"])
    await imported(working, (HEADER + ROWS).encode())

    assert mended.json()["position_source"] == "declared"
    assert (await working.get(path)).json()["position"] == told


async def test_a_register_imported_without_positions_is_located(working):
    await imported(working, (HEADER + ROWS).encode())
    register = (
        b"identifiant;nom;code_postal;ville;chambres;adresse;latitude;longitude\n"
        b"A;Un;93200;Saint-Denis;9;12 rue des Lilas;;\n"
        b"B;Deux;93200;Saint-Denis;9;12 rue des Lilas;48,9;2,4\n"
        b"C;Trois;93200;Saint-Denis;9;;;\n"
    )

    first = await working.post("/v1/accommodation-imports", content=register)
    again = await working.post("/v1/accommodation-imports", content=register)

    listed = (await working.get("/v1/accommodations")).json()["items"]
    sources = {it["external_id"]: it["position_source"] for it in listed}
    assert sources == {"A": "geocoded", "B": "declared", "C": "unknown"}
    assert (first.json()["created"], again.json()["unchanged"]) == (3, 3)


async def test_an_address_is_located_for_whoever_asks(working):
    await imported(working, (HEADER + ROWS).encode())
    asked = {"address": "12 rue des Lilaz", "postcode": "93200"}

    found = await working.get("/v1/geocoding", params=asked)
    town = await working.get(
        "/v1/geocoding",
        params={"address": "12 rue des Lilas", "postcode": "93000", "city": "Saint-Denis"},
    )
    none = await working.get("/v1/geocoding", params=asked | {"address": "1 rue Nulle"})

    assert found.json()["label"] == "12 Rue des Lilas 93200 Saint-Denis"
    assert 0.5 < found.json()["confidence"] < 1
    assert (town.json()["confidence"], none.status_code) == (0.8, 404)
    theirs = await working.get("/v1/geocoding", params=asked, headers=bearer(organisation=THEIRS))
    assert theirs.status_code == 404


async def test_a_commune_served_from_the_next_territory_is_taken_once_its_addresses_are_known(
    working,
):
    border = PLACE | {
        "external_id": "B",
        "postcode": "01410",
        "insee_commune": "39331",
        "city": "Mijoux",
        "address": "3 rue Haute",
    }
    refused = await working.post("/v1/accommodations", json=border)
    await imported(working, (HEADER + ROWS).encode())
    taken = await working.post("/v1/accommodations", json=border)

    assert refused.json()["errors"][0]["pointer"] == "/insee_commune"
    assert (taken.status_code, taken.json()["territory"]) == (201, "39")


@pytest.mark.parametrize(
    "content",
    [b"name;city\nx;y\n", b"\x1f\x8b broken", gzip.compress(HEADER.encode())[:-9], b"\xff\xfe\x00"],
    ids=["another table", "no gzip", "cut short", "no text"],
)
async def test_a_file_that_is_no_address_base_fails_and_says_what_to_send(working, content):
    job = await imported(working, content)

    assert job["state"] == "failed"
    assert "cannot be read" in job["message"]


async def test_an_empty_file_and_an_unknown_job_are_refused(working):
    empty = await working.post("/v1/address-imports", content=b"")
    unknown = await working.get(f"/v1/inspections/jobs/{uuid4()}")

    assert (empty.status_code, unknown.status_code) == (422, 404)
