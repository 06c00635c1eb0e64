from uuid import uuid4

import psycopg
import pytest

from inspections.store.merges import of_places
from shared.testing import THEIRS, bearer

WHY = "entered by two teams"


async def merge(record, kept: str, duplicate: str, **headers):
    return await record.client.post(
        f"/v1/accommodations/{kept}/merges",
        json={"duplicate_id": duplicate, "reason": WHY},
        **headers,
    )


async def test_a_place_entered_twice_is_found_and_told_why(record):
    one = await record.place("A", address="12 rue des Lilas")
    two = await record.place("B", address="12 r. des Lilas", name="Hotel de l'Etoile")
    await record.place("C", address="1 rue Haute", name="Formule", position=None)

    answer = await record.client.get("/v1/accommodation-duplicates")

    (pair,) = answer.json()["items"]
    assert {pair["first"], pair["second"]} == {one, two}
    assert pair["reasons"] == ["address", "position", "name"]


async def test_all_that_happened_at_a_duplicate_is_the_past_of_the_place_kept(record):
    kept, duplicate = await record.place("A"), await record.place("B")
    await record.inspect(duplicate, ("leak", 3))
    await record.client.put(
        f"/v1/accommodations/{duplicate}/rooms", json={"items": [{"label": "1"}, {"label": "2"}]}
    )
    await record.client.put(f"/v1/accommodations/{kept}/rooms", json={"items": [{"label": "1"}]})
    counted = {"day": "2026-03-01", "rooms_booked": 3, "people": 7}
    items = [counted | {"external_id": "A"}, counted | {"external_id": "B", "people": 9}]
    items.append(counted | {"external_id": "B", "day": "2026-03-02", "people": 11})
    await record.client.post("/v1/occupancy-snapshots", json={"items": items})
    zone = {"name": "Z", "accommodation_ids": [duplicate]}
    await record.client.put("/v1/zones/z", json=zone)

    answer = await merge(record, kept, duplicate)

    assert answer.status_code == 200, answer.text
    assert answer.json()["occupancy"]["people"] == 11
    history = await record.items(f"/v1/accommodations/{kept}/history")
    assert [it["inspection"]["accommodation_id"] for it in history] == [kept]
    assert [it["accommodation_id"] for it in await record.items("/v1/findings")] == [kept]
    rooms = await record.client.get(f"/v1/accommodations/{kept}/rooms")
    assert [it["label"] for it in rooms.json()["items"]] == ["1", "2"]
    snapshots = await record.items("/v1/occupancy-snapshots", accommodation_id=kept)
    assert [it["people"] for it in snapshots] == [11, 7]
    inside = await record.items("/v1/accommodations", zone="z")
    assert [it["id"] for it in inside] == [kept]


async def test_an_old_id_leads_to_the_place_kept_through_every_merge(record):
    first, second, third = [await record.place(it) for it in "ABC"]
    await merge(record, second, first)
    await merge(record, third, second)

    for old in (first, second):
        answer = await record.client.get(f"/v1/accommodations/{old}")
        assert answer.status_code == 308
        assert answer.headers["location"] == f"/v1/accommodations/{third}"
    followed = await record.client.get(f"/v1/accommodations/{first}", follow_redirects=True)
    assert followed.json()["id"] == third
    assert [it["id"] for it in await record.items("/v1/accommodations")] == [third]


async def test_a_merge_is_told_and_a_repeat_of_it_changes_nothing(record):
    kept, duplicate = await record.place("A"), await record.place("B")

    first = await merge(record, kept, duplicate)
    again = await merge(record, kept, duplicate)

    assert first.json() == again.json()
    told = [(it["kind"], it["subject_id"]) for it in await record.events()][-3:]
    assert told == [
        ("accommodation.merged", duplicate),
        ("accommodation.changed", duplicate),
        ("accommodation.changed", kept),
    ]


async def test_a_place_merged_is_neither_changed_nor_merged_again(record):
    kept, duplicate, other = [await record.place(it) for it in "ABC"]
    await merge(record, kept, duplicate)
    declared = {"external_id": "B", "name": "X", "postcode": "75011", "city": "P", "rooms": 3}

    answers = [
        await record.client.put(
            f"/v1/accommodations/{duplicate}", json=declared, headers={"If-Match": '"2"'}
        ),
        await merge(record, other, duplicate),
        await merge(record, duplicate, other),
        await merge(record, kept, kept),
        await merge(record, kept, str(uuid4())),
        await merge(record, str(uuid4()), other),
        await merge(record, kept, other, headers=bearer(organisation=THEIRS)),
        await merge(record, kept, other, headers=record.headers("planner")),
    ]

    assert [it.status_code for it in answers] == [409, 409, 409, 422, 422, 404, 404, 403]
    register = "identifiant;nom;code_postal;ville;chambres\nB;Neuf;75011;Paris;9\n"
    report = await record.client.post("/v1/accommodation-imports", content=register.encode())
    assert (report.json()["unchanged"], report.json()["updated"]) == (1, 0)
    candidates = await record.client.get("/v1/candidates", params={"starts_on": "2026-03-09"})
    assert {it["accommodation_id"] for it in candidates.json()["items"]} == {kept, other}


async def test_what_is_sent_to_an_old_id_reaches_the_place_that_stands(record):
    kept, duplicate = await record.place("A"), await record.place("B")
    planned = {"accommodation_id": duplicate, "scheduled_at": "2026-03-03T09:00:00Z"}
    key = {"Idempotency-Key": "v1"}
    before = await record.client.post("/v1/visits", json=planned, headers=key)
    form = record.form(duplicate, ("leak", 2))
    first = await record.client.post("/v1/inspections", json=form)
    await merge(record, kept, duplicate)

    again = await record.client.post("/v1/visits", json=planned, headers=key)
    repeated = await record.client.post("/v1/inspections", json=form)
    visit = await record.client.post(
        "/v1/visits", json=planned | {"external_id": "x", "announced": True}
    )
    closed = record.form(duplicate, ("mould", 3), visit_id=visit.json()["id"])
    complaint = {"accommodation_id": duplicate, "source": "family", "text": "Damp"}
    by_name = {"accommodation_external_id": "B", "source": "family", "text": "Cold"}
    known = {"items": [{"system": "siao", "external_id": "9", "accommodation_id": duplicate}]}
    counted = {"external_id": "B", "day": "2026-03-01", "rooms_booked": 3, "people": 7}

    assert (before.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == before.json()["id"]
    assert (repeated.status_code, repeated.json()["id"]) == (200, first.json()["id"])
    assert visit.json()["accommodation_id"] == kept
    for path, body in (
        ("inspections", closed),
        ("inspections", record.form(duplicate, ("drains", 1))),
        ("complaints", complaint),
        ("complaints", by_name),
    ):
        answer = await record.client.post(f"/v1/{path}", json=body)
        assert answer.status_code == 201, answer.text
    for path, count in (("inspections", 3), ("complaints", 2)):
        kept_there = [it["accommodation_id"] for it in await record.items(f"/v1/{path}")]
        assert kept_there == [kept] * count
    for path, body in (
        ("external-identifiers", known),
        ("occupancy-snapshots", {"items": [counted]}),
    ):
        assert (await record.client.post(f"/v1/{path}", json=body)).status_code == 200
    place = (await record.client.get(f"/v1/accommodations/{kept}")).json()
    assert place["occupancy"]["people"] == 7
    for part in ("history", "rooms", "grade", "announced-visits"):
        old = await record.client.get(f"/v1/accommodations/{duplicate}/{part}?limit=3")
        assert old.status_code == 308, part
        assert old.headers["location"] == f"/v1/accommodations/{kept}/{part}?limit=3"
    told = [it["data"] for it in await record.events() if it["kind"].startswith("visit.")]
    assert [it["accommodation_id"] for it in told] == [kept]


@pytest.mark.parametrize("table", sorted(of_places()))
async def test_a_merge_may_move_the_rows_of_every_table_of_places(record, table):
    server, name = record.database.server, record.database.name
    with psycopg.connect(server.conninfo(name, "inspections")) as connection:
        row = connection.execute(
            "select has_column_privilege('inspections', %s, 'accommodation_id', 'update')", [table]
        ).fetchone()

    assert row == (True,)
