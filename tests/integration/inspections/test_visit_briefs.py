"""What a team has to know of the places of its round, and no address it may not see."""

from uuid import uuid4

from shared.testing import THEIRS, bearer

PLAN = "3d7a0c94-6f0e-5d2f-9c57-0a3d0c6c3c1b"


async def briefs(record, *places, headers=None, **asked):
    params = {"accommodation_id": list(places)} | asked
    answer = await record.client.get("/v1/visit-briefs", params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def visit(record, place, **values):
    items = [
        {
            "accommodation_id": place,
            "plan_id": PLAN,
            "stop_id": str(uuid4()),
            "scheduled_at": "2099-03-02T09:00:00+01:00",
            "scheduled_end_at": "2099-03-02T10:00:00+01:00",
            "round_id": "20990302-nord",
            "sequence": 1,
        }
        | values
    ]
    made = await record.client.put(f"/v1/visits/of-plan/{PLAN}", json={"items": items})
    assert made.status_code == 200, made.text


async def test_places_are_told_in_the_order_asked_for_with_what_stands_the_worst_first(record):
    one = await record.place("H1", address="1 rue des Lilas", reception_phone="01 40 00 00 00")
    other = await record.place("H2")
    await record.inspect(one, ("leak", 2), ("wires", 4), ("mould", 1))
    at = {"occurred_at": "2026-04-02T09:00:00Z"}
    await record.inspect(one, ("mould", 0), **at)

    second, first = await briefs(record, other, one, str(uuid4()))

    assert (first["accommodation_id"], second["accommodation_id"]) == (one, other)
    assert (first["address"], first["reception_phone"]) == ("1 rue des Lilas", "01 40 00 00 00")
    assert [(it["item"], it["severity"]) for it in first["standing"]] == [("wires", 4), ("leak", 2)]
    assert first["standing"][1]["label"]["en"]
    assert second["standing"] == []
    told = str(first)
    assert not any(word in told for word in ("score", "priority", "points", "origin", "grade"))


async def test_an_address_that_is_confidential_is_for_keepers(record):
    place = await record.place("H1", address="1 rue des Lilas", confidential_address=True)

    (hidden,) = await briefs(record, place, headers=record.headers("inspector"))
    (kept,) = await briefs(record, place, headers=record.headers("inspector", "keeper"))

    assert (hidden["is_address_hidden"], hidden["address"], hidden["city"]) == (True, "", "")
    assert (kept["is_address_hidden"], kept["address"]) == (False, "1 rue des Lilas")


async def test_the_visit_of_a_plan_is_named_for_those_who_visit(record):
    place = await record.place()
    await visit(record, place)

    (asked,) = await briefs(record, place, plan_id=PLAN)
    (none,) = await briefs(record, place)
    (other,) = await briefs(record, place, plan_id=str(uuid4()))
    reader = record.headers("reader")
    (unannounced,) = await briefs(record, place, plan_id=PLAN, headers=reader)

    (made,) = await record.items("/v1/visits", plan_id=PLAN)
    assert asked["visit_id"] == made["id"]
    assert none["visit_id"] is other["visit_id"] is unannounced["visit_id"] is None


async def test_a_place_that_was_merged_is_told_as_the_one_that_stands(record):
    kept, double = await record.place("H1", name="Gardé"), await record.place("H2")
    await record.inspect(kept, ("leak", 2))
    body = {"duplicate_id": double, "reason": "twice"}
    merged = await record.client.post(f"/v1/accommodations/{kept}/merges", json=body)
    assert merged.status_code < 300, merged.text

    (told,) = await briefs(record, double)

    assert (told["accommodation_id"], told["name"]) == (double, "Gardé")
    assert [it["item"] for it in told["standing"]] == ["leak"]


async def test_places_of_others_are_left_out(record):
    place = await record.place()

    assert await briefs(record, place, headers=record.headers("reader", territories=["92"])) == []
    assert await briefs(record, place, headers=bearer("reader", organisation=THEIRS)) == []
    assert (await record.client.get("/v1/visit-briefs")).status_code == 422
