"""Every change of every record is kept: by whom, why, in a chain; what was may be again."""

from contextlib import asynccontextmanager

import pytest

from inspections.store import personal_values
from shared.db import Database
from shared.testing import token

PLACE = {
    "external_id": "H1",
    "name": "Hôtel de l'Étoile",
    "postcode": "75011",
    "city": "Paris",
    "rooms": 20,
    "position": {"lon": 2.38, "lat": 48.86},
}
OPERATOR = {"name": "SARL Étoile", "email": "zoe@etoile.example", "phone": "01 40 00 00 00"}
SECRET = "Karamazov-Lefebvre"


async def revisions(record, subject=None, **headers):
    query = {} if subject is None else {"subject": subject}
    answer = await record.client.get("/v1/revisions", params=query, **headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def get(record, path, **values):
    values = {"headers": record.headers("manager", "keeper")} | values
    answer = await record.client.get(path, **values)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def put(record, path, body, **headers):
    etag = (await record.client.get(path)).headers["etag"]
    answer = await record.client.put(path, json=body, headers={"If-Match": etag} | headers)
    assert answer.status_code == 200, answer.text


async def restore(record, revision, reason="it was a mistake"):
    path = f"/v1/revisions/{revision['id']}/restorations"
    keepers = record.headers("manager", "keeper")
    return await record.client.post(path, json={"reason": reason}, headers=keepers)


async def chain(record):
    return await get(record, "/v1/revision-chain")


async def operator(record, **values):
    answer = await record.client.post("/v1/operators", json=OPERATOR | values)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def test_each_change_of_a_place_tells_who_made_it_and_why(record):
    place = await record.place()
    path = f"/v1/accommodations/{place}"
    why = {"Change-Reason": "recompt%C3%A9 sur place"}
    await put(record, path, PLACE | {"rooms": 30}, **why)
    await put(record, path, PLACE | {"rooms": 31}, **record.headers("manager"))

    last, middle, first = await revisions(record, f"accommodation:{place}")

    assert [it["action"] for it in (first, middle, last)] == ["created", "changed", "changed"]
    told = [it["reason"] for it in (first, middle, last)]
    assert told == ["createAccommodation", "recompté sur place", "replaceAccommodation"]
    assert [it["author"] for it in (first, middle, last)] == ["tester"] * 3
    changes = await get(record, f"/v1/revisions/{middle['id']}/changes")
    assert changes["changes"] == [{"field": "rooms", "before": 20, "after": 30}]
    since = await get(record, f"/v1/revisions/{last['id']}/changes", params={"since": 1})
    assert since["changes"] == [{"field": "rooms", "before": 20, "after": 31}]


async def test_what_people_write_in_answers_lies_apart_from_them(record):
    form = record.form(await record.place(), ("leak", 3), ("mould", 0))
    form["answers"][0]["note"] = "under the sink"
    inspected = (await record.client.post("/v1/inspections", json=form)).json()
    listed = await revisions(record)

    (it,) = [it for it in listed if it["subject_id"] == inspected["id"]]
    content = (await get(record, f"/v1/revisions/{it['id']}"))["content"]
    assert content["answers"] == [{"item": "leak", "value": 3}, {"item": "mould", "value": 0}]
    assert content["answers.note"] == {"0": "under the sink"}
    kinds = {it["subject_kind"] for it in listed}
    assert kinds >= {"accommodation", "inspection", "finding", "anomaly", "anomaly_step", "visit"}
    assert len({it["change"] for it in listed if it["subject_kind"] != "accommodation"}) == 1
    assert (await chain(record))["whole"]


async def test_a_place_is_again_what_it_was_as_a_new_revision(record):
    place = await record.place()
    path = f"/v1/accommodations/{place}"
    before = await get(record, path)
    await put(record, path, PLACE | {"rooms": 30, "name": "Autre", "reception_phone": "0140000000"})
    *_, first = await revisions(record, f"accommodation:{place}")

    answer = await restore(record, first)

    assert (answer.status_code, answer.json()["number"]) == (201, 3)
    after = await get(record, path)
    same = before.keys() - {"revision", "updated_at"}
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    newest, *_ = await revisions(record, f"accommodation:{place}")
    assert (newest["number"], newest["reason"]) == (3, "it was a mistake")
    told = [it for it in await record.events() if it["kind"] == "accommodation.changed"]
    assert told[-1]["data"]["rooms"] == PLACE["rooms"]
    assert (await chain(record))["whole"]


async def test_operators_rooms_and_zones_are_restored_and_a_removed_zone_comes_back(record):
    id = await operator(record)
    place = await record.place(operator="SARL Étoile")
    await put(record, f"/v1/operators/{id}", OPERATOR | {"name": "SARL Lune", "email": ""})
    rooms = f"/v1/accommodations/{place}/rooms"
    for capacity in (2, 3):
        items = [{"label": "1", "capacity": capacity}]
        await record.client.put(rooms, json={"items": items})
    await record.client.put("/v1/zones/north", json={"name": "North", "postcodes": ["75018"]})
    await record.client.delete("/v1/zones/north")
    room = (await get(record, rooms))["items"][0]["id"]
    listed = await revisions(record)
    firsts = [it for it in listed if it["number"] == 1]
    wanted = {it["subject_kind"]: it for it in firsts if it["subject_id"] in {id, room}}
    wanted["zone"] = next(it for it in firsts if it["subject_kind"] == "zone")

    assert {(await restore(record, it)).status_code for it in wanted.values()} == {201}

    assert (await get(record, f"/v1/operators/{id}"))["email"] == OPERATOR["email"]
    assert (await get(record, f"/v1/accommodations/{place}"))["operator"] == "SARL Étoile"
    assert (await get(record, rooms))["items"][0]["capacity"] == 2
    assert (await get(record, "/v1/zones/north"))["postcodes"] == ["75018"]
    assert (await chain(record))["whole"]


async def test_what_happened_is_not_restored_nor_is_a_place_that_was_merged(record):
    kept, gone = await record.place("A"), await record.place("B")
    inspected = await record.inspect(kept, ("leak", 2))
    body = {"duplicate_id": gone, "reason": "entered twice"}
    await record.client.post(f"/v1/accommodations/{kept}/merges", json=body)
    (happened,) = await revisions(record, f"inspection:{inspected['id']}")
    *_, merged = await revisions(record, f"accommodation:{gone}")

    assert (await restore(record, happened)).status_code == 409
    assert (await restore(record, merged)).status_code == 409
    unknown = {"id": "WyJhIiwgImIiLCAiMSJd"}
    assert (await restore(record, unknown)).status_code == 404


async def test_what_is_forgotten_of_a_person_is_nowhere_and_the_chain_stays_whole(record):
    id = await operator(record, email=f"{SECRET}@etoile.example", address=f"chez {SECRET}")
    complained = await record.client.post(
        "/v1/complaints",
        json={
            "place": "Hôtel",
            "source": "neighbour",
            "text": f"Ask {SECRET}.",
            "contact": {"name": SECRET},
        },
    )
    complaint = complained.json()["id"]
    *_, first = await revisions(record, f"operator:{id}")
    assert (await get(record, f"/v1/revisions/{first['id']}"))["content"]["address"]
    before = await chain(record)
    assert SECRET in whole_dump(record)

    await put(record, f"/v1/operators/{id}", {"name": OPERATOR["name"]})
    async with opened(record) as session:
        assert await personal_values.forget(session, "operator", [id]) == 3
    purged = await record.client.post(
        f"/v1/complaints/{complaint}/author-purge",
        json={"reason": "asked for it"},
        headers=record.headers("admin"),
    )
    assert purged.status_code == 200, purged.text

    assert SECRET not in whole_dump(record)
    after = await chain(record)
    assert (after["whole"], after["faults"]) == (True, [])
    assert after["last_change"] > before["last_change"]
    told = await get(record, f"/v1/revisions/{first['id']}")
    assert set(told["withheld"]) == {"email", "phone", "address"}
    restored = (await restore(record, first)).json()
    assert restored["kept"] == ["address", "email", "phone"]


@asynccontextmanager
async def opened(record):
    database = Database(record.database.url, record.database.system_url)
    why = "24 months are over"
    async with database.session(record.organisation, author="retention", reason=why) as session:
        yield session
    await database.dispose()


def whole_dump(record):
    """All rows of all tables of the database, as text."""
    with record.database.administer() as connection:
        tables = connection.execute(
            "select tablename from pg_tables where schemaname = 'public'"
        ).fetchall()
        return str([connection.execute(f"select * from {it[0]}").fetchall() for it in tables])


ALTERATIONS = {
    "revision": "update revision set content = content || '{\"rooms\": 99}' "
    "where subject_kind = 'accommodation' and number = 1",
    "change": "update record_change set author = 'somebody else' where number = 2",
    "cut": "delete from record_change where number = 2",
    "value": "update personal_value set value = '\"02\"' where field = 'reception_phone'",
    "record": "alter table accommodation disable trigger user; "
    "update accommodation set rooms = 99; alter table accommodation enable trigger user",
    "gone": "alter table zone disable trigger user; delete from zone; "
    "alter table zone enable trigger user",
}


@pytest.mark.parametrize(
    ("how", "what"),
    [
        ("revision", {"revision"}),
        ("change", {"change"}),
        ("cut", {"change", "revision"}),
        ("value", {"value", "record"}),
        ("record", {"record"}),
        ("gone", {"record"}),
    ],
)
async def test_what_is_altered_behind_the_service_is_found(record, how, what):
    place = await record.place(reception_phone="01 40 00 00 00")
    await record.client.put("/v1/zones/north", json={"name": "North", "postcodes": ["75018"]})
    body = PLACE | {"rooms": 40, "reception_phone": "01 40 00 00 00"}
    await put(record, f"/v1/accommodations/{place}", body)
    assert (await chain(record))["whole"]

    with record.database.administer() as connection:
        connection.execute(ALTERATIONS[how])

    told = await chain(record)
    assert {it["what"] for it in told["faults"]} >= what
    assert not told["whole"]
    with record.database.administer() as connection:
        connection.execute("delete from personal_value; truncate revision cascade")
        connection.execute("delete from record_change; delete from zone")


async def test_personal_values_and_confidential_addresses_are_for_keepers(record):
    place = await record.place(
        confidential_address=True, reception_phone="0140000000", address="1 rue"
    )
    id = await operator(record)
    managers = record.headers("manager")
    (of_place,) = await revisions(record, f"accommodation:{place}", headers=managers)
    (of_operator,) = await revisions(record, f"operator:{id}", headers=managers)

    hidden = await get(record, f"/v1/revisions/{of_place['id']}", headers=managers)
    person = await get(record, f"/v1/revisions/{of_operator['id']}", headers=managers)

    assert {"address", "city", "lat", "lon", "reception_phone"} <= set(hidden["withheld"])
    assert not {"address", "lat"} & hidden["content"].keys()
    assert {"email", "phone"} == set(person["withheld"])
    keeper = await get(record, f"/v1/revisions/{of_place['id']}")
    assert (keeper["withheld"], keeper["content"]["address"]) == ([], "1 rue")
    for who in (record.headers("reader"), record.headers("manager", territories=["75"])):
        refused = await record.client.get("/v1/revisions", headers=who)
        assert refused.status_code == 403


async def test_revisions_are_listed_page_by_page_and_of_one_organisation(record):
    for number in range(5):
        await record.place(f"P{number}")
    every = await record.items("/v1/revisions", limit=2)
    theirs = {"Authorization": f"Bearer {token()}"}

    assert len(every) == len({it["id"] for it in every}) == 5
    assert [it["change"] for it in every] == [5, 4, 3, 2, 1]
    path = f"/v1/revisions/{every[0]['id']}"
    assert (await record.client.get(path, headers=theirs)).status_code == 404
    for subject in ("place", ""):
        answer = await record.client.get("/v1/revisions", params={"subject": subject})
        assert answer.status_code == 422
    for id in ("x", "WyJhIiwgImIiLCAiYyJd"):
        assert (await record.client.get(f"/v1/revisions/{id}")).status_code == 404


async def test_a_record_of_before_is_kept_as_it_was_found(record):
    place = await record.place()
    with record.database.administer() as connection:
        connection.execute("delete from revision where subject_id = %s", [place])
    await put(record, f"/v1/accommodations/{place}", PLACE | {"rooms": 30})

    last, found = await revisions(record, f"accommodation:{place}")

    assert (found["action"], last["action"], last["number"]) == ("found", "changed", 2)
    changes = await get(record, f"/v1/revisions/{last['id']}/changes")
    assert changes["changes"] == [{"field": "rooms", "before": 20, "after": 30}]
