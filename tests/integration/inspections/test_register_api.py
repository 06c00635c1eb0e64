from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from inspections.domain.calendar import local_day
from shared.testing import THEIRS, bearer

LILAS = {"name": "Société des Lilas", "siret": "73282932000074", "phone": "01 40 00 00 00"}
TODAY = local_day(datetime.now(UTC))


async def test_a_place_keeps_all_the_register_says_of_it(record):
    said = {
        "siret": "73282932000074",
        "insee_commune": "75111",
        "erp_category": 5,
        "safety_opinion": "unfavourable",
        "safety_opinion_on": "2025-06-12",
        "reception_phone": "+33 1 40 00 00 00",
        "access_notes": "Second courtyard",
        "languages": ["fr", "ti"],
        "operator": "Société des Lilas",
    }
    place = await record.place(**said)

    read = (await record.client.get(f"/v1/accommodations/{place}")).json()

    assert {name: read[name] for name in said} == said
    (operator,) = await record.items("/v1/operators")
    assert (operator["id"], operator["name"]) == (read["operator_id"], "Société des Lilas")


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"siret": "73282932000075"}, "/siret"),
        ({"siret": "732 829 320 00074"}, "/siret"),
        ({"insee_commune": "93066"}, "/insee_commune"),
        ({"insee_commune": "20004"}, "/insee_commune"),
        ({"position": {"lon": 48.86, "lat": 2.38}}, "/position"),
        ({"position": {"lon": 0, "lat": 0}}, "/position"),
        ({"position": {"lon": 2.38, "lat": 91}}, "/position/lat"),
        ({"erp_category": 6}, "/erp_category"),
        ({"safety_opinion": "bad", "safety_opinion_on": "2025-06-12"}, "/safety_opinion"),
        ({"safety_opinion": "favourable"}, "/"),
        ({"reception_phone": "call me"}, "/reception_phone"),
        ({"languages": ["French"]}, "/languages/0"),
        ({"access_notes": "x" * 10_000_000}, "/access_notes"),
        ({"operator_id": str(uuid4())}, "/operator_id"),
        ({"rooms": -1}, "/rooms"),
    ],
)
async def test_what_a_place_cannot_be_is_refused_naming_the_field(record, values, pointer):
    sent = {"external_id": "H1", "name": "Hôtel", "postcode": "75011", "city": "Paris", "rooms": 9}

    answer = await record.client.post("/v1/accommodations", json=sent | values)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert record.count("accommodation") == record.count("operator") == 0


async def test_a_renamed_operator_is_renamed_at_its_places_and_told(record):
    created = await record.client.post("/v1/operators", json=LILAS)
    again = await record.client.post("/v1/operators", json=LILAS)
    operator = created.json()
    place = await record.place(operator_id=operator["id"])
    await record.place("H2")

    renamed = await record.client.put(
        created.headers["location"],
        json=LILAS | {"name": "Groupe Lilas"},
        headers={"If-Match": created.headers["etag"]},
    )

    assert (created.status_code, again.status_code, renamed.status_code) == (201, 200, 200)
    (found,) = await record.items("/v1/accommodations", operator_id=operator["id"])
    assert (found["id"], found["operator"]) == (place, "Groupe Lilas")
    last = (await record.events())[-1]
    assert (last["subject_id"], last["data"]["operator"]) == (place, "Groupe Lilas")


async def test_operators_are_told_apart_by_name(record):
    first = await record.client.post("/v1/operators", json=LILAS)
    other = await record.client.post("/v1/operators", json={"name": "Autre"})
    etag = {"If-Match": other.headers["etag"]}
    path = other.headers["location"]

    answers = [
        await record.client.post("/v1/operators", json=LILAS | {"phone": ""}),
        await record.client.put(path, json=LILAS, headers=etag),
        await record.client.put(path, json={"name": "Autre"}, headers={"If-Match": '"9"'}),
        await record.client.put(path, json={"name": "Autre"}),
        await record.client.post("/v1/operators", json={"name": "X", "siret": "1" * 14}),
        await record.client.get(path, headers=bearer(organisation=THEIRS)),
        await record.client.put(f"/v1/operators/{uuid4()}", json=LILAS, headers=etag),
    ]

    assert [it.status_code for it in answers] == [409, 409, 412, 428, 422, 404, 404]
    same = await record.client.put(path, json={"name": "Autre"}, headers=etag)
    assert (same.status_code, same.headers["etag"]) == (200, other.headers["etag"])
    assert [it["name"] for it in await record.items("/v1/operators", limit=1)] == [
        "Autre",
        first.json()["name"],
    ]


async def test_an_import_enters_the_operators_it_names(record):
    register = "identifiant;nom;code_postal;ville;chambres;gestionnaire\n"
    rows = "A;Un;75011;Paris;9;Lilas\nB;Deux;75011;Paris;9;Lilas\nC;Trois;75011;Paris;9;\n"

    await record.client.post("/v1/accommodation-imports", content=(register + rows).encode())

    (operator,) = await record.items("/v1/operators")
    places = await record.items("/v1/accommodations", operator_id=operator["id"])
    assert [it["external_id"] for it in places] == ["B", "A"]


async def test_a_room_keeps_its_id_while_its_label_is_in_the_list(record):
    path = f"/v1/accommodations/{await record.place(rooms=3)}/rooms"
    first = await record.client.put(path, json={"items": [{"label": "1"}, {"label": "2"}]})

    second = await record.client.put(path, json={"items": [{"label": "2", "capacity": 3}]})
    third = await record.client.put(path, json={"items": [{"label": "1"}]})

    ids = {it["label"]: it["id"] for it in first.json()["items"]}
    (room,) = second.json()["items"]
    assert (room["id"], room["capacity"]) == (ids["2"], 3)
    assert third.json()["items"][0]["id"] == ids["1"]
    former = await record.client.get(path, params={"former": True})
    assert [(it["label"], it["in_use"]) for it in former.json()["items"]] == [
        ("1", True),
        ("2", False),
    ]


async def test_rooms_that_cannot_be_are_refused(record):
    path = f"/v1/accommodations/{await record.place(rooms=2)}/rooms"

    async def refused(*rooms: dict[str, object]) -> str:
        answer = await record.client.put(path, json={"items": list(rooms)})
        assert answer.status_code == 422
        return answer.json()["errors"][0]["pointer"]

    assert await refused({"label": "1"}, {"label": "1"}) == "/items/1/label"
    assert await refused(*({"label": str(n)} for n in range(3))) == "/items"
    assert await refused({"label": "1", "capacity": -1}) == "/items/0/capacity"
    nowhere = f"/v1/accommodations/{uuid4()}/rooms"
    for answer in (
        await record.client.get(nowhere),
        await record.client.put(nowhere, json={"items": []}),
    ):
        assert answer.status_code == 404


def counted(day: object, people: int, **values: object) -> dict[str, object]:
    return {"external_id": "H1", "day": str(day), "rooms_booked": 9, "people": people} | values


async def count(record, *items: dict[str, object], **headers: dict[str, str]) -> dict[str, object]:
    answer = await record.client.post("/v1/occupancy-snapshots", json={"items": items}, **headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_newest_snapshot_of_a_place_is_who_is_exposed(record):
    place = await record.place(rooms=20)
    yesterday = TODAY - timedelta(days=1)

    first = await count(record, counted(TODAY, 40, children_under_three=4))
    again = await count(record, counted(TODAY, 40, children_under_three=4))
    older = await count(record, counted(yesterday, 60))
    newer = await count(record, counted(TODAY, 41), counted(yesterday, 60))

    assert [list(it.values()) for it in (first, again, older, newer)] == [
        [1, 0, 0],
        [0, 0, 1],
        [1, 0, 0],
        [0, 1, 1],
    ]
    read = (await record.client.get(f"/v1/accommodations/{place}")).json()
    assert read["occupancy"] == {
        "day": str(TODAY),
        "rooms_booked": 9,
        "people": 41,
        "children_under_three": 0,
    }
    told = [it["data"]["people"] for it in await record.events() if "occupancy" in it["kind"]]
    assert told == [40, 41]
    listed = await record.items("/v1/occupancy-snapshots", limit=1, accommodation_id=place)
    assert [it["people"] for it in listed] == [41, 60]
    candidates = await record.client.get("/v1/candidates", params={"starts_on": "2026-03-09"})
    assert candidates.json()["items"][0]["people"] == 41


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"external_id": "H9"}, "/items/1/external_id"),
        ({"day": str(TODAY + timedelta(days=3))}, "/items/1/day"),
        ({"rooms_booked": 21}, "/items/1/rooms_booked"),
        ({"people": -1}, "/items/1/people"),
        ({"children_under_three": 41}, "/items/1"),
        ({"accommodation_id": str(uuid4())}, "/items/1"),
        ({"day": str(TODAY)}, "/items/1"),
    ],
)
async def test_one_bad_snapshot_keeps_its_batch_out(record, values, pointer):
    await record.place(rooms=20)
    items = [counted(TODAY, 40), counted(TODAY - timedelta(days=1), 40) | values]

    answer = await record.client.post("/v1/occupancy-snapshots", json={"items": items})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert record.count("occupancy") == 0


async def test_who_sees_other_territories_cannot_count_our_place(record):
    await record.place()
    lyon = record.headers(territories=["69"])

    answer = await record.client.post(
        "/v1/occupancy-snapshots", json={"items": [counted(TODAY, 1)]}, headers=lyon
    )

    assert answer.status_code == 422
    assert (await record.client.get("/v1/occupancy-snapshots", headers=lyon)).json()["items"] == []


@pytest.mark.parametrize("path", ["occupancy-snapshots", "external-identifiers", "operators"])
async def test_a_cursor_of_another_list_is_refused(record, path):
    answer = await record.client.get(f"/v1/{path}?cursor=WyJhIl0")

    assert answer.status_code == 422
    foreign = await record.client.get("/v1/occupancy-snapshots?cursor=WyJhIiwiYiJd")
    assert foreign.status_code == 422


async def test_a_place_is_found_by_what_another_system_calls_it(record):
    one, two = await record.place("A"), await record.place("B")
    known = [
        {"system": "siao", "external_id": "93-1", "accommodation_id": one},
        {"system": "finess", "external_id": "93-1", "accommodation_id": two},
    ]
    path = "/v1/external-identifiers"

    first = await record.client.post(path, json={"items": [*known, known[0]]})
    again = await record.client.post(path, json={"items": known})
    stolen = await record.client.post(path, json={"items": [known[0] | {"accommodation_id": two}]})
    nowhere = known[0] | {"accommodation_id": str(uuid4())}
    unknown = await record.client.post(path, json={"items": [nowhere]})

    assert (first.json()["created"], first.json()["unchanged"]) == (2, 1)
    assert again.json()["created"] == 0
    assert (stolen.status_code, unknown.status_code) == (409, 422)
    assert await record.items(path, system="siao", external_id="93-1") == [known[0]]
    assert await record.items(path, limit=1) == [known[1], known[0]]
    gone = [await record.client.delete(f"{path}/siao/93-1") for _ in range(2)]
    assert [it.status_code for it in gone] == [204, 404]


async def test_identifiers_are_looked_up_in_bulk_both_ways(record):
    places = [await record.place(it) for it in "ABC"]
    hidden = await record.place("D", confidential_address=True)
    known = [
        {"system": "siao", "external_id": f"93-{n}", "accommodation_id": it}
        for n, it in enumerate([*places[:2], hidden])
    ]
    await record.client.post("/v1/external-identifiers", json={"items": known})
    await record.client.post(
        f"/v1/accommodations/{places[1]}/merges",
        json={"duplicate_id": places[0], "reason": "Twice."},
    )
    path = "/v1/external-identifiers/lookups"
    keeper = record.headers("reader", "keeper")

    theirs = {"system": "siao", "external_ids": ["93-0", "93-1", "93-2", "none"]}
    ours = {"system": "siao", "accommodation_ids": [*places, str(uuid4())]}
    by_theirs = await record.client.post(path, json=theirs)
    by_ours = await record.client.post(path, json=ours)
    by_keeper = await record.client.post(path, json=theirs, headers=keeper)

    standing = [it | {"accommodation_id": places[1]} for it in known[:2]]
    assert by_theirs.json() == {"items": standing, "unknown": ["93-2", "none"]}
    assert by_ours.json() == {"items": standing, "unknown": ours["accommodation_ids"][2:]}
    assert by_keeper.json()["unknown"] == ["none"]
    both = await record.client.post(path, json=theirs | ours)
    assert both.status_code == 422


WEST = [[2.0, 48.0], [2.35, 48.0], [2.35, 49.5], [2.0, 49.5], [2.0, 48.0]]
HOLE = [[2.2, 48.8], [2.3, 48.8], [2.3, 48.9], [2.2, 48.9], [2.2, 48.8]]


async def test_a_zone_holds_the_places_in_its_shape_or_on_its_lists(record):
    await record.place("west", position={"lon": 2.32, "lat": 48.85})
    await record.place("hole", position={"lon": 2.25, "lat": 48.85})
    await record.place("east", position={"lon": 2.4, "lat": 48.85})
    await record.place("listed", postcode="93200", position=None, insee_commune="93066")
    zone = {"name": "Ouest", "geometry": {"type": "Polygon", "coordinates": [WEST, HOLE]}}

    async def inside(**changes: object) -> set[str]:
        answer = await record.client.put("/v1/zones/ouest", json=zone | changes)
        assert answer.status_code == 200, answer.text
        rows = await record.items("/v1/accommodations", zone="ouest", limit=1)
        return {it["external_id"] for it in rows}

    assert await inside() == {"west"}
    assert await inside(communes=["93066"]) == {"west", "listed"}
    assert await inside(geometry=None, postcodes=["93200"]) == {"listed"}
    shapes = {"type": "MultiPolygon", "coordinates": [[HOLE], [WEST, HOLE]]}
    assert await inside(geometry=shapes) == {"west", "hole"}
    assert [it["code"] for it in await record.items("/v1/zones", limit=1)] == ["ouest"]
    read = await record.client.get("/v1/zones/ouest")
    assert (read.json()["geometry"], read.headers["etag"]) == (shapes, '"4"')


async def test_a_zone_that_is_none_is_refused_naming_where(record):
    async def refused(**zone: object) -> str:
        answer = await record.client.put("/v1/zones/z", json={"name": "Z"} | zone)
        assert answer.status_code == 422
        return answer.json()["errors"][0]["pointer"]

    swapped = [[lat, lon] for lon, lat in WEST]
    assert await refused() == "/"
    assert await refused(communes=["20004"]) == "/communes/0"
    assert await refused(geometry={"type": "Point", "coordinates": [2, 48]}) == "/geometry/type"
    shape = {"type": "Polygon", "coordinates": [swapped]}
    assert await refused(geometry=shape) == "/geometry/coordinates/0/0"
    assert record.count("zone") == 0
    for answer in (
        await record.client.get("/v1/zones/z"),
        await record.client.delete("/v1/zones/z"),
    ):
        assert answer.status_code == 404
    unknown = await record.client.get("/v1/accommodations", params={"zone": "z"})
    assert unknown.json()["errors"][0]["pointer"] == "query: zone"


async def test_a_zone_forgotten_leaves_its_places(record):
    await record.place()
    await record.client.put("/v1/zones/z", json={"name": "Z", "postcodes": ["75011"]})

    gone = await record.client.delete("/v1/zones/z")

    assert gone.status_code == 204
    assert len(await record.items("/v1/accommodations")) == 1
