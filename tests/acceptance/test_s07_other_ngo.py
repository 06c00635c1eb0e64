"""S7: another NGO's program copies the record by night, pushes complaints, and learns no names."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import record
from organisation import Organisation, changed, items, names_in, told
from weeks import ago, await_scores

PLACES, PUSHES, AT_ONCE = 30, 100, 10
READS = [f"{it}:read" for it in ("inspections", "scoring", "routing", "gateway")]
LONG_AGO = "2000-01-01T00:00:00Z"
PEOPLE = {
    "author": "Zoé Quatrepommes",
    "author's phone": "06 98 76 54 32",
    "author's mail": "zoe.q@s07.example",
    "on call": "Anatole Quignard",
    "on call's phone": "+33 6 11 22 33 44",
    "on call's mail": "aq@s07.example",
    "inspector's home": "2.30191",
    "colleague": "paulette",
}


def test_s07_another_ngo_copies_each_night_and_pushes_once(organisation: Organisation):
    coordinator = organisation.person(PEOPLE["colleague"])
    scopes = ["inspections:write", *READS[1:]]
    partner = organisation.program("Autre association", "reader", "reporter", scopes=scopes)
    places = a_record_with_people_in_it(coordinator)

    copied_by_night(coordinator, partner, places)
    pushed_a_hundred_times_is_one_row(coordinator, partner, places[0])
    what_is_wrong_is_told_by_field(partner, places[0])
    nothing_the_key_reads_names_anybody(partner)


def a_record_with_people_in_it(client: httpx.Client) -> list[str]:
    places = []
    for number in range(PLACES):
        sent = record.accommodation(number, operator=f"Société {number % 4}")
        places.append(told(client.post("/v1/accommodations", json=sent), 201)["id"])
    wrong = [{"item": "gas_co", "value": 2}, {"item": "mould", "room": "7", "value": 2}]
    form = record.inspection(places[0], answers=wrong)
    told(client.post("/v1/inspections", json=form), 201)
    author = {
        "name": PEOPLE["author"],
        "phone": PEOPLE["author's phone"],
        "email": PEOPLE["author's mail"],
    }
    complaint = {
        "accommodation_id": places[1],
        "source": "family",
        "text": f"Cold at night, says {PEOPLE['author']}",
        "contact": author,
    }
    told(client.post("/v1/complaints", json=complaint), 201)
    shift = {
        "starts_at": ago(1),
        "ends_at": ago(-1),
        "name": PEOPLE["on call"],
        "email": PEOPLE["on call's mail"],
        "phone": PEOPLE["on call's phone"],
    }
    told(client.post("/v1/on-call-shifts", json=shift), 201)
    lon = float(PEOPLE["inspector's home"])
    facts = {
        "working_days": [],
        "office": {"lon": 2.35, "lat": 48.86},
        "home": {"lon": lon, "lat": 48.87},
        "starts_at": "home",
    }
    client.put(f"/v1/inspectors/{uuid4()}", json=facts).raise_for_status()
    visit = {
        "accommodation_id": places[2],
        "scheduled_at": (datetime.now(UTC) + timedelta(days=3)).isoformat(),
    }
    told(client.post("/v1/visits", json=visit), 201)
    await_scores(client, places)
    return places


def nightly(partner: httpx.Client, since: str, etag: str | None = None) -> httpx.Response:
    headers = {"If-None-Match": etag} if etag else {}
    query = {"updated_since": since, "limit": 1000}
    return partner.get("/v1/accommodations", params=query, headers=headers)


def copied_by_night(client: httpx.Client, partner: httpx.Client, places: list[str]) -> None:
    first = nightly(partner, LONG_AGO)
    page = told(first)
    assert {it["id"] for it in page["items"]} == set(places)
    since, etag = page["next_updated_since"], first.headers["etag"]
    assert nightly(partner, since, etag).status_code == 304, "nothing changed"

    renamed = record.accommodation(5, operator="Société 1", name="Renommé")
    place = next(it["id"] for it in page["items"] if it["external_id"] == renamed["external_id"])
    changed(client, f"/v1/accommodations/{place}", renamed, verb="PUT")
    third = nightly(partner, since, etag)
    assert [it["name"] for it in told(third)["items"]] == ["Renommé"]
    assert third.headers["etag"] != etag


def pushed_a_hundred_times_is_one_row(
    client: httpx.Client, partner: httpx.Client, place: str
) -> None:
    before = len(items(client, "/v1/complaints"))
    sent = {
        "accommodation_id": place,
        "source": "association",
        "item": "pest_bedbugs",
        "severity": 2,
        "text": "Bed bugs on the first floor since Sunday.",
    }
    key = {"Idempotency-Key": str(uuid4())}

    def push(_: int) -> httpx.Response:
        return partner.post("/v1/complaints", json=sent, headers=key)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(push, range(PUSHES)))
    assert sorted(it.status_code for it in answers) == [200] * (PUSHES - 1) + [201]
    assert len({it.content for it in answers}) == 1
    assert len(items(client, "/v1/complaints")) == before + 1
    other = partner.post("/v1/complaints", json=sent | {"text": "Another."}, headers=key)
    assert told(other, 422)["type"].endswith("/idempotency-key-reused")


def what_is_wrong_is_told_by_field(partner: httpx.Client, place: str) -> None:
    wrong = {
        "accommodation_id": place,
        "source": "nobody",
        "severity": 9,
        "text": "",
        "contact": {"email": "nowhere"},
    }
    problem = told(partner.post("/v1/complaints", json=wrong), 422)
    pointers = {it["pointer"] for it in problem["errors"]}
    assert pointers == {"/source", "/severity", "/text", "/contact/email"}
    assert all(it["detail"] for it in problem["errors"])


def nothing_the_key_reads_names_anybody(partner: httpx.Client) -> None:
    """Read all that a key can read without knowing an id, and all lists of places it may see."""
    read, refused = {}, []
    for path, query in readable(partner):
        answer = partner.get(path, params=query)
        if answer.status_code == 200:
            read[path] = answer.text
        else:
            refused.append((path, answer.status_code))
    print(f"S7: {len(read)} answers scanned, {len(refused)} refused")
    assert len(read) > 50
    assert "Renommé" in read["/v1/accommodations"]
    assert ("/v1/complaints", 403) in refused
    assert {path: found for path, it in read.items() if (found := names_in(it, PEOPLE))} == {}


def readable(partner: httpx.Client) -> Iterator[tuple[str, dict[str, object]]]:
    paths = told(partner.get("/openapi.json"))["paths"]
    for path, verbs in paths.items():
        if "get" in verbs and "{" not in path and path.startswith("/v1/"):
            names = {it["name"] for it in verbs["get"].get("parameters", []) if "name" in it}
            yield path, {"limit": 100} if "limit" in names else {}
    for table in ("accommodations", "visits", "inspections", "findings", "occupancy"):
        yield f"/v1/exports/{table}.csv", {}
    place = told(partner.get("/v1/accommodations", params={"limit": 1}))["items"][0]["id"]
    for part in ("", "/grade", "/history", "/matrix", "/timeline", "/standing-anomalies", "/rooms"):
        yield f"/v1/accommodations/{place}{part}", {}
    yield f"/v1/scores/{place}", {}
    yield "/ogc/collections/accommodations/items", {"f": "json"}
