"""Where a confidential place is, only keepers learn, whichever way they ask."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from PIL import Image
from record import accommodation, inspection

from inspections.main import create_app
from inspections.settings import Settings
from shared import paging
from shared.testing import OURS, bearer, in_process, token

SECRET = {
    "address": "7 impasse du Refuge",
    "postcode": "93210",
    "city": "Cachette-sur-Marne",
    "position": {"lon": 2.4321, "lat": 48.9876},
}
ALL_BUT_KEEPER = ("reader", "inspector", "planner", "manager", "admin", "auditor")
TRACES = ("Refuge", "93210", "Cachette", "2.4321", "48.9876")


@pytest.fixture
async def service(database, tmp_path) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings(**database("inspections").settings(), blobs_url=f"file://{tmp_path}")
    async with in_process(create_app(settings)) as client:
        client.headers.update(bearer(*ALL_BUT_KEEPER))
        yield client


KEEPER = bearer("reader", "manager", "inspector", "keeper")
QUESTIONS = {
    "/v1/candidates": {"starts_on": "2026-11-23", "days": "5"},
    "/v1/geocoding": {"address": "1 rue Haute", "postcode": "75011"},
}


@dataclass
class Hidden:
    """A place that was open, had a life, and became confidential; and its neighbour."""

    id: str
    neighbour: str
    notice: str
    photo: str


@pytest.fixture
async def hidden(service: httpx.AsyncClient) -> Hidden:
    """Enter an open place that becomes confidential, and one that was from the start."""
    made = await service.post("/v1/accommodations", json=accommodation(1, **SECRET))
    id = made.raise_for_status().json()["id"]
    near = accommodation(3, **SECRET, name="Hôtel voisin")
    neighbour = (await service.post("/v1/accommodations", json=near)).json()["id"]
    notice, photo = await live(service, id)
    kept = accommodation(1, **SECRET, confidential_address=True)
    changed = await service.put(
        f"/v1/accommodations/{id}", json=kept, headers={"If-Match": made.headers["etag"]}
    )
    assert changed.status_code == 200, changed.text
    also = accommodation(2, **SECRET, confidential_address=True)
    answer = await service.post("/v1/accommodations", json=also)
    assert answer.status_code == 201
    assert not any(trace in answer.text for trace in TRACES)
    near = accommodation(3, position=None, postcode="75011", name="Hôtel voisin")
    read = await service.get(f"/v1/accommodations/{neighbour}")
    moved = await service.put(
        f"/v1/accommodations/{neighbour}", json=near, headers={"If-Match": read.headers["etag"]}
    )
    assert moved.status_code == 200, moved.text
    return Hidden(id, neighbour, notice, photo)


async def live(service: httpx.AsyncClient, id: str) -> tuple[str, str]:
    """Let happen at a place what names where it is: a notice, a photo, a complaint, an id."""
    form = inspection(id, answers=[{"item": "mould", "value": 3, "room": "12"}])
    (await service.post("/v1/inspections", json=form)).raise_for_status()
    notice = await service.post("/v1/notices", json={"accommodation_id": id, "sender": "Toit"})
    assert "Refuge" in notice.raise_for_status().text
    picture = io.BytesIO()
    Image.new("RGB", (80, 60), "red").save(picture, format="PNG")
    photo = await service.post(
        "/v1/photos", params={"accommodation_id": id}, content=picture.getvalue()
    )
    complaint = {
        "accommodation_id": id,
        "place": "Le 7 impasse du Refuge",
        "source": "social_worker",
        "text": "Il fait froid.",
    }
    (await service.post("/v1/complaints", json=complaint)).raise_for_status()
    known = {"system": "finess", "external_id": "93210-1", "accommodation_id": id}
    kept = await service.post("/v1/external-identifiers", json={"items": [known]})
    kept.raise_for_status()
    return notice.json()["id"], photo.raise_for_status().json()["id"]


async def every_path(service: httpx.AsyncClient) -> AsyncIterator[str]:
    """Give each address that can be read, with every id that its list tells a keeper."""
    operations = (await service.get("/openapi.json")).json()["paths"]
    readable = {path for path, methods in operations.items() if "get" in methods}
    for path in readable:
        start, found, _ = path.partition("/{id}")
        if not found:
            if "{" not in path:
                yield path
            continue
        listed = await service.get(start, params=QUESTIONS.get(start, {}), headers=KEEPER)
        told = listed.json() if listed.status_code == 200 else []
        for it in told["items"] if isinstance(told, dict) else told:
            yield path.replace("{id}", it["id"])


def is_revision_of(path: str, id: str) -> bool:
    start, _, last = path.removesuffix("/changes").rpartition("/")
    return start == "/v1/revisions" and paging.decode(last, 3)[1] == id


async def test_no_list_read_or_event_tells_it_but_to_a_keeper(service, hidden: Hidden):
    told = {}
    async for path in every_path(service):
        query = QUESTIONS.get(path, {})
        got = await service.get(path, params=query)
        # The neighbour lay there openly before it moved: what it was is no secret.
        if not is_revision_of(path, hidden.neighbour):
            assert not [trace for trace in TRACES if trace in got.text], path
        known = await service.get(path, params=query, headers=KEEPER)
        told[path] = [trace for trace in TRACES if trace in known.text]
    # A keeper reads it in each of these: what hides it from the others is their role alone.
    assert {path for path, traces in told.items() if traces} >= {
        "/v1/accommodations",
        f"/v1/accommodations/{hidden.id}",
        "/v1/notices",
        f"/v1/notices/{hidden.notice}",
        "/v1/complaints",
        "/v1/external-identifiers",
        "/v1/revisions",
        "/v1/inspections/events",
    }
    read = await service.get(f"/v1/accommodations/{hidden.id}", headers=KEEPER)
    assert {name: read.json()[name] for name in SECRET} == SECRET


async def test_its_pictures_and_documents_are_for_keepers(service, hidden: Hidden):
    refused = {
        f"/v1/photos/{hidden.photo}": 404,
        f"/v1/photos/{hidden.photo}/content": 404,
        f"/v1/photos/{hidden.photo}/thumbnail": 404,
        f"/v1/photos/{hidden.photo}/export": 404,
        f"/v1/notices/{hidden.notice}/document": 403,
    }
    for path, status in refused.items():
        assert (await service.get(path)).status_code == status, path
        # A photo leaves only when somebody looked for faces.
        known = 409 if path.endswith("/export") else 200
        assert (await service.get(path, headers=KEEPER)).status_code == known, path
    assert (await service.get("/v1/photos")).json()["items"] == []
    regions = {"items": []}
    changed = await service.put(
        f"/v1/photos/{hidden.photo}/regions", json=regions, headers={"If-Match": '"1"'}
    )
    assert changed.status_code == 404


async def test_likely_duplicates_and_merges_do_not_tell_it(service, hidden: Hidden):
    path = "/v1/accommodation-duplicates"
    assert (await service.get(path)).json()["items"] == []
    (pair,) = (await service.get(path, headers=KEEPER)).json()["items"]
    assert hidden.id in {pair["first"], pair["second"]}

    merge = f"/v1/accommodations/{hidden.neighbour}/merges"
    wanted = {"duplicate_id": hidden.id, "reason": "The same house"}
    refused = await service.post(merge, json=wanted)
    assert (refused.status_code, "keeper" in refused.json()["detail"]) == (403, True)
    merged = await service.post(merge, json=wanted, headers=KEEPER)
    assert merged.status_code == 200, merged.text
    assert merged.json()["confidential_address"] is True


async def test_a_guess_of_it_is_answered_as_a_repetition_is(service, hidden: Hidden):
    kept = accommodation(1, **SECRET, confidential_address=True)
    for guess in ({}, {"address": "1 rue Autre"}, {"position": {"lon": 2.4, "lat": 48.9}}):
        again = await service.post("/v1/accommodations", json=kept | guess)
        assert (again.status_code, again.json()["address"]) == (200, ""), guess
    other = await service.post("/v1/accommodations", json=kept | {"rooms": 7})
    assert other.status_code == 409


async def test_an_import_leaves_it_to_keepers_and_tells_nothing(service, hidden: Hidden):
    file = (
        "identifiant;nom;adresse;code_postal;ville;chambres\n"
        "TEST-0001;Refuge;7 impasse du Refuge;93210;Cachette-sur-Marne;30\n"
        "TEST-0004;Hôtel ouvert;1 rue Haute;93200;Saint-Denis;12\n"
    ).encode()
    report = (await service.post("/v1/accommodation-imports", content=file)).json()
    assert (report["created"], report["updated"], report["rejected"]) == (1, 0, 1)
    (error,) = report["errors"]
    assert (error["line"], "keeper" in error["reason"]) == (2, True)
    taken = await service.post("/v1/accommodation-imports", content=file, headers=KEEPER)
    assert (taken.json()["updated"], taken.json()["errors"]) == (1, [])


async def test_it_is_in_no_plan_and_named_as_not_to_be_planned(service, hidden: Hidden):
    for headers in ({}, bearer("planner", "keeper")):
        page = await service.get(
            "/v1/candidates", params={"starts_on": "2026-11-23"}, headers=headers
        )
        assert hidden.id not in page.text.partition('"unplaced"')[0]
        assert hidden.id in page.json()["unplaced"]


async def test_nobody_finds_it_by_where_it_is_but_a_keeper(service, hidden: Hidden):
    west, south, east, north = 2.43, 48.98, 2.44, 48.99
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    for code, zone in {"shape": {"geometry": shape}, "post": {"postcodes": ["93210"]}}.items():
        kept = await service.put(f"/v1/zones/{code}", json={"name": code} | zone)
        assert kept.status_code in {200, 201}, kept.text
    box = f"{west},{south},{east},{north}"
    questions = [
        *({"q": "Refuge"}, {"q": "Cachette"}, {"bbox": box}),
        *({"zone": "shape"}, {"zone": "post"}),
    ]
    for query in questions:
        found = await service.get("/v1/accommodations", params=query)
        assert found.json()["items"] == [], query
        known = await service.get("/v1/accommodations", params=query, headers=KEEPER)
        assert len(known.json()["items"]) == 2, query
    named = await service.get("/v1/accommodations", params={"q": "Hôtel d'essai 1"})
    assert [it["id"] for it in named.json()["items"]] == [hidden.id]


async def test_only_a_keeper_edits_it(service, hidden: Hidden):
    path = f"/v1/accommodations/{hidden.id}"
    open_again = accommodation(1, **SECRET)
    etag = (await service.get(path)).headers["etag"]
    refused = await service.put(path, json=open_again, headers={"If-Match": etag})
    assert refused.status_code == 403
    assert "keeper" in refused.json()["detail"]
    headers = KEEPER | {"If-Match": etag}
    assert (await service.put(path, json=open_again, headers=headers)).status_code == 200


async def test_a_keeper_who_inspects_still_does_not_see_scores_beforehand(service, hidden: Hidden):
    visit = {
        "accommodation_id": hidden.id,
        "scheduled_at": "2026-11-23T09:00:00Z",
        "origin": "due",
        "external_id": "v1",
    }
    made = await service.post("/v1/visits", json=visit)
    assert made.status_code == 201, made.text
    signed = token("inspector", "keeper", organisation=OURS)
    got = await service.get(
        f"/v1/visits/{made.json()['id']}", headers={"Authorization": f"Bearer {signed}"}
    )
    assert got.json()["origin"] is None
