from datetime import UTC, datetime, timedelta

import pytest

from shared.testing import THEIRS, bearer

PLACE = {
    "external_id": "H1",
    "name": "Hôtel",
    "postcode": "75011",
    "city": "Paris",
    "rooms": 20,
    "visit_hours": [{"weekday": 1, "opens": "09:00", "closes": "12:00"}],
}


async def test_the_service_is_ready_once_its_database_is_migrated(record):
    answer = await record.client.get("/readyz")

    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


async def test_a_place_is_entered_once_however_often_it_is_sent(record):
    first = await record.client.post("/v1/accommodations", json=PLACE)
    again = await record.client.post("/v1/accommodations", json=PLACE)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.headers["location"] == f"/v1/accommodations/{first.json()['id']}"
    assert first.json()["territory"] == "75"
    assert len(await record.events()) == 1


async def test_another_place_under_the_same_external_id_is_refused(record):
    await record.client.post("/v1/accommodations", json=PLACE)

    answer = await record.client.post("/v1/accommodations", json=PLACE | {"rooms": 21})

    assert answer.status_code == 409
    assert "change it with PUT /v1/accommodations/" in answer.json()["detail"]


async def test_a_place_out_of_the_caller_s_territories_is_not_named_by_its_id(record):
    hidden = await record.place("H1", postcode="93200")

    answer = await record.client.post(
        "/v1/accommodations", json=PLACE, headers=record.headers(territories=["75"])
    )

    assert answer.status_code == 409
    assert hidden not in answer.text
    assert "93" not in answer.json()["detail"]


async def test_a_change_needs_the_etag_of_what_was_read(record):
    place = await record.place()
    path = f"/v1/accommodations/{place}"
    read = await record.client.get(path)

    async def change(if_match: str | None, **values: object):
        headers = {} if if_match is None else {"If-Match": if_match}
        return await record.client.put(path, json=PLACE | values, headers=headers)

    assert (await change(None)).status_code == 428
    assert (await change('"7"')).status_code == 412
    assert (await change('"of another server"')).status_code == 412
    assert (await change(read.headers["etag"], external_id="H2")).status_code == 409
    changed = await change(read.headers["etag"], contract_state="withdrawn")
    assert (changed.status_code, changed.json()["contract_state"]) == (200, "withdrawn")
    assert changed.headers["etag"] != read.headers["etag"]
    assert (await change(read.headers["etag"])).status_code == 412
    same = await change(changed.headers["etag"], contract_state="withdrawn")
    assert same.headers["etag"] == changed.headers["etag"]
    assert (await record.client.get(path)).json() == changed.json()
    events = await record.events()
    assert [it["data"]["contract_state"] for it in events] == ["active", "withdrawn"]


async def declare(record, place: str, **values: object):
    path = f"/v1/accommodations/{place}"
    read = await record.client.get(path)
    headers = {"If-Match": read.headers["etag"]}
    return await record.client.put(path, json=PLACE | values, headers=headers)


async def test_a_contract_is_suspended_by_a_sanction_and_not_in_the_register(record):
    place = await record.place()

    answer = await declare(record, place, contract_state="suspended")

    assert answer.status_code == 409
    assert "POST /v1/sanctions" in answer.json()["detail"]
    read = await record.client.get(f"/v1/accommodations/{place}")
    assert read.json()["contract_state"] == "active"


async def test_a_contract_ends_in_the_register_only_where_nothing_is_to_be_put_right(record):
    place = await record.place()
    await record.inspect(place, ("mould", 3))

    held = await declare(record, place, contract_state="withdrawn")
    renamed = await declare(record, place, name="Another name")
    await record.inspect(place, ("mould", 0), occurred_at="2026-03-20T10:00:00Z")
    ended = await declare(record, place, contract_state="withdrawn")
    back = await declare(record, place)

    assert [it.status_code for it in (held, renamed, ended, back)] == [409, 200, 200, 200]
    assert held.json()["detail"].startswith("/contract_state:")


async def test_a_proposed_sanction_keeps_the_register_from_changing_the_contract(record):
    place = await record.place(contract_state="suspended")
    began = await declare(record, place)
    sanction = {"accommodation_id": place, "step": "formal_notice", "grounds": "Damp"}
    reply_by = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    asked = await record.client.post("/v1/sanctions", json=sanction | {"reply_by": reply_by})
    assert asked.status_code == 201, asked.text

    answer = await declare(record, place, contract_state="withdrawn")

    assert (began.status_code, began.json()["contract_state"]) == (200, "active")
    assert answer.status_code == 409
    assert "formal_notice" in answer.json()["detail"]


async def test_what_is_not_there_cannot_be_read_or_changed(record):
    path = "/v1/accommodations/00000000-0000-4000-8000-000000000000"

    assert (await record.client.get(path)).status_code == 404
    changed = await record.client.put(path, json=PLACE, headers={"If-Match": '"1"'})
    assert changed.status_code == 404
    assert (await record.client.get(f"{path}/history")).status_code == 404


async def test_a_list_is_paged_by_name_and_holds_each_place_once(record):
    names = ["b", "É", "a", "c", "b", "Z"]
    for number, name in enumerate(names):
        await record.place(f"H{number}", name=name)

    found = await record.items("/v1/accommodations", limit=2)

    assert [it["name"] for it in found] == sorted(names)
    assert len({it["id"] for it in found}) == 6


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"territory": "93"}, ["B"]),
        ({"sector": "Nord"}, ["A"]),
        ({"contract_state": "suspended"}, ["B"]),
        ({"bbox": "2.3,48.8,2.4,48.9"}, ["A"]),
        ({"q": "saint-d"}, ["B"]),
        ({"q": "100%"}, ["C"]),
        ({"q": "0_%"}, []),
        ({"updated_since": "2020-01-01T00:00:00Z"}, ["A", "B", "C"]),
        ({"updated_since": "2120-01-01T00:00:00Z"}, []),
    ],
)
async def test_a_list_is_narrowed_by_its_filters(record, filters, found):
    await record.place("A", name="A", sector="Nord")
    await record.place(
        "B",
        name="B",
        postcode="93200",
        city="Saint-Denis",
        contract_state="suspended",
        position=None,
    )
    await record.place("C", name="C", operator="100% toit", position={"lon": 5.4, "lat": 43.3})

    assert [it["name"] for it in await record.items("/v1/accommodations", **filters)] == found


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"rooms": 0}, "/rooms"),
        ({"rooms": 5001}, "/rooms"),
        ({"capacity": -1}, "/capacity"),
        ({"postcode": "7501"}, "/postcode"),
        ({"postcode": "99000"}, "/postcode"),
        ({"name": " "}, "/name"),
        ({"name": "n" * 201}, "/name"),
        ({"sector": "s" * 61}, "/sector"),
        ({"position": {"lon": 0, "lat": 0}}, "/position"),
        ({"position": {"lon": 2, "lat": 91}}, "/position/lat"),
        ({"position": {"lon": 2}}, "/position/lat"),
        (
            {"visit_hours": [{"weekday": 8, "opens": "09:00", "closes": "10:00"}]},
            "/visit_hours/0/weekday",
        ),
        (
            {"visit_hours": [{"weekday": 1, "opens": "19:00", "closes": "10:00"}]},
            "/visit_hours/0/closes",
        ),
        (
            {"visit_hours": [{"weekday": 1, "opens": "09:00Z", "closes": "10:00Z"}]},
            "/visit_hours/0/closes",
        ),
        ({"contract_state": "maybe"}, "/contract_state"),
        ({"name": "a\0b"}, "/name"),
        ({"nmae": "typing mistake"}, "/nmae"),
    ],
)
async def test_a_bad_value_is_refused_naming_its_field(record, values, pointer):
    answer = await record.client.post("/v1/accommodations", json=PLACE | values)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [it["pointer"] for it in answer.json()["errors"]] == [pointer]
    assert await record.items("/v1/accommodations") == []


async def test_a_text_postgresql_cannot_keep_is_refused(record):
    answer = await record.client.post("/v1/accommodations", json=PLACE | {"address": "a\0b"})

    assert answer.status_code == 422
    assert "NUL" in answer.json()["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "bbox=1,2,3",
        "bbox=3,48,2,49",
        "bbox=2,48,3,nan",
        "bbox=2,48,3,91",
        "territory=paris",
        "limit=0",
        "limit=1001",
        "cursor=x",
        "cursor=WyJhIiwiYiJd",
        "updated_since=2026-01-01T00:00:00",
        "teritory=75",
    ],
)
async def test_a_bad_query_is_refused(record, query):
    answer = await record.client.get(f"/v1/accommodations?{query}")

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"].startswith("query: ")


async def test_another_organisation_sees_nothing_of_ours(record):
    place = await record.place()
    theirs = bearer(organisation=THEIRS)

    listed = await record.client.get("/v1/accommodations", headers=theirs)
    read = await record.client.get(f"/v1/accommodations/{place}", headers=theirs)
    entered = await record.client.post("/v1/accommodations", json=PLACE, headers=theirs)

    assert listed.json()["items"] == []
    assert read.status_code == 404
    assert entered.status_code == 201


async def test_a_caller_of_one_territory_sees_and_enters_only_there(record):
    paris = await record.place("A")
    elsewhere = await record.place("B", postcode="93200")
    await record.inspect(elsewhere, ("leak", 2))
    limited = record.headers(territories=["75"])

    async def ids(path: str) -> list[str]:
        answer = await record.client.get(path, headers=limited)
        return [it.get("id") or it["accommodation_id"] for it in answer.json()["items"]]

    assert await ids("/v1/accommodations") == [paris]
    assert await ids("/v1/candidates?starts_on=2026-03-02") == [paris]
    assert await ids("/v1/visits") == await ids("/v1/inspections") == []
    assert await ids("/v1/findings") == []
    read = await record.client.get(f"/v1/accommodations/{elsewhere}", headers=limited)
    assert read.status_code == 404
    entered = await record.client.post(
        "/v1/accommodations",
        json=PLACE | {"external_id": "C", "postcode": "13001"},
        headers=limited,
    )
    assert entered.status_code == 422
    assert "not one of yours" in entered.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("POST", "/v1/accommodations", "planner"),
        ("POST", "/v1/accommodation-imports", "planner"),
        ("POST", "/v1/visits", "inspector"),
        ("POST", "/v1/visits/bulk", "inspector"),
        ("POST", "/v1/inspections", "reader"),
        ("POST", "/v1/inspections/bulk", "reader"),
        ("GET", "/v1/candidates?starts_on=2026-03-02", "inspector"),
    ],
)
async def test_a_role_that_does_not_suffice_is_refused(record, method, path, role):
    assert (
        await record.client.request(method, path, json={}, headers=bearer(role))
    ).status_code == 403


async def test_nobody_reads_without_a_token(record):
    del record.client.headers["authorization"]

    for path in ("accommodations", "visits", "inspections", "findings", "candidates"):
        assert (await record.client.get(f"/v1/{path}")).status_code == 401
