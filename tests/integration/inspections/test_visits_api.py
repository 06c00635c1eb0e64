import asyncio
from uuid import uuid4

import pytest
from record import inspection

from shared.testing import THEIRS, bearer

NOWHERE = "00000000-0000-4000-8000-000000000000"
SCORE = {
    "score_id": str(uuid4()),
    "method": "rule",
    "as_of": "2026-03-01T00:00:00Z",
    "probability": 0.4,
    "priority_points": 80,
    "propensity": 0.9,
}


def visit(place: str, **values: object) -> dict[str, object]:
    return {"accommodation_id": place, "scheduled_at": "2026-03-02T09:00:00Z"} | values


async def test_a_visit_of_a_plan_is_created_once(record):
    place = await record.place()
    sent = visit(place, plan_id=str(uuid4()), stop_id=str(uuid4()), origin="due", sequence=1)

    first = await record.client.post("/v1/visits", json=sent)
    again = await record.client.post("/v1/visits", json=sent | {"sequence": 2})

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["state"] == "planned"
    read = await record.client.get(first.headers["location"])
    assert read.json() == first.json()


@pytest.mark.parametrize("header", [{}, {"Idempotency-Key": "k1"}])
async def test_a_visit_without_ids_is_known_by_its_idempotency_key(record, header):
    place = await record.place()

    for _ in range(2):
        await record.client.post("/v1/visits", json=visit(place), headers=header)

    assert len(await record.items("/v1/visits")) == (1 if header else 2)


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "complaint"},
        {"scheduled_at": "2026-03-03T09:00:00Z"},
        {"inspector_ids": [NOWHERE]},
        {"score_snapshot": SCORE | {"probability": 0.5}},
        {"score_snapshot": None},
    ],
)
async def test_an_idempotency_key_is_not_taken_for_another_visit(record, other):
    sent = visit(await record.place(), score_snapshot=SCORE)
    key = {"Idempotency-Key": "k1"}
    first = await record.client.post("/v1/visits", json=sent, headers=key)

    answer = await record.client.post("/v1/visits", json=sent | other, headers=key)
    again = await record.client.post("/v1/visits", json=sent, headers=key)

    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/idempotency-key-reused")
    assert first.json()["id"] not in answer.text
    assert (again.status_code, again.json()) == (200, first.json())
    assert len(await record.items("/v1/visits")) == 1


async def test_an_idempotency_key_still_answers_once_the_visit_took_place(record):
    sent = visit(await record.place())
    key = {"Idempotency-Key": "k1"}
    first = await record.client.post("/v1/visits", json=sent, headers=key)
    await record.inspect(sent["accommodation_id"], visit_id=first.json()["id"])

    again = await record.client.post("/v1/visits", json=sent, headers=key)

    assert (again.status_code, again.json()["state"]) == (200, "done")


@pytest.mark.parametrize(
    "ids", [{"external_id": "v1"}, {"plan_id": str(uuid4()), "stop_id": str(uuid4())}]
)
async def test_the_ids_of_a_visit_are_not_taken_for_a_visit_of_another_place(record, ids):
    hidden, place = await record.place("A", postcode="93200"), await record.place("B")
    first = await record.client.post("/v1/visits", json=visit(hidden, **ids))
    paris = record.headers(territories=["75"])
    items = [visit(place), visit(place, **ids)]

    one = await record.client.post("/v1/visits", json=items[1], headers=paris)
    batch = await record.client.post("/v1/visits/bulk", json={"items": items}, headers=paris)

    assert (one.status_code, batch.status_code) == (409, 409)
    name = "stop_id" if "stop_id" in ids else "external_id"
    assert one.json()["detail"].startswith(f"/{name}: ")
    assert batch.json()["detail"].startswith(f"/items/1/{name}: ")
    for answer in (one, batch):
        assert first.json()["id"] not in answer.text
        assert hidden not in answer.text
    assert len(await record.items("/v1/visits")) == 1


async def test_one_batch_cannot_give_the_ids_of_a_visit_to_two_places(record):
    one, two = await record.place("A"), await record.place("B")
    items = [visit(one, external_id="v1"), visit(two, external_id="v1")]

    answer = await record.client.post("/v1/visits/bulk", json={"items": items})

    assert answer.status_code == 409
    assert answer.json()["detail"].startswith("/items/1/external_id: ")
    assert await record.items("/v1/visits") == []


async def test_a_batch_is_created_once_even_when_sent_twice_at_the_same_time(record):
    place = await record.place()
    items = [visit(place, external_id=f"v{n}") for n in range(20)]
    items.append(items[0])

    async def send() -> dict:
        answer = await record.client.post("/v1/visits/bulk", json={"items": items})
        assert answer.status_code == 200, answer.text
        return answer.json()

    reports = await asyncio.gather(*(send() for _ in range(4)))

    assert sorted(it["created"] for it in reports) == [0, 0, 0, 20]
    assert len({tuple(it["ids"]) for it in reports}) == 1
    assert all(it["ids"][0] == it["ids"][20] for it in reports)
    assert len(await record.items("/v1/visits", limit=7)) == 20


async def test_batches_that_overlap_like_a_chain_are_created_once(record):
    place = await record.place()
    items = [visit(place, external_id=f"v{n:02}") for n in range(80)]
    parts = [items[0:50], items[10:60], items[20:70], items[30:80]]

    answers = await asyncio.gather(
        *(record.client.post("/v1/visits/bulk", json={"items": part}) for part in parts)
    )

    assert [it.status_code for it in answers] == [200] * 4
    assert sum(it.json()["created"] for it in answers) == 80
    assert len(await record.items("/v1/visits")) == 80


async def test_a_batch_with_one_bad_visit_creates_none(record):
    place = await record.place()

    answer = await record.client.post(
        "/v1/visits/bulk", json={"items": [visit(place), visit(NOWHERE)]}
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/items/1/accommodation_id"
    assert await record.items("/v1/visits") == []


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"scheduled_end_at": "2026-03-02T09:00:00Z"}, "/scheduled_end_at"),
        ({"scheduled_at": "2026-03-02T09:00:00"}, "/scheduled_at"),
        ({"scheduled_at": "9999-12-31T23:59:59-05:00"}, "/scheduled_at"),
        ({"scheduled_at": "0001-01-01T00:00:00+10:00"}, "/scheduled_at"),
        ({"scheduled_at": "2101-01-01T00:00:00Z"}, "/scheduled_at"),
        ({"scheduled_end_at": "9999-12-31T23:59:59-05:00"}, "/scheduled_end_at"),
        (
            {"score_snapshot": SCORE | {"as_of": "0001-01-01T00:00:00+10:00"}},
            "/score_snapshot/as_of",
        ),
        ({"plan_id": str(uuid4())}, "/"),
        ({"sequence": 0}, "/sequence"),
        ({"plan_id": "7"}, "/plan_id"),
        ({"external_id": "x" * 201}, "/external_id"),
        ({"score_snapshot": SCORE | {"probability": 1.1}}, "/score_snapshot/probability"),
        ({"inspector_ids": [NOWHERE] * 11}, "/inspector_ids"),
        ({"accommodation_id": NOWHERE}, "/accommodation_id"),
    ],
)
async def test_a_bad_visit_is_refused_naming_its_field(record, values, pointer):
    place = await record.place()

    answer = await record.client.post("/v1/visits", json=visit(place) | values)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("moment", ["2000-01-01T00:00:00Z", "2100-12-31T23:59:59Z"])
async def test_the_first_and_the_last_moment_of_the_record_can_be_read_back(record, moment):
    place = await record.place()

    answer = await record.client.post(
        "/v1/visits/bulk", json={"items": [visit(place, scheduled_at=moment)]}
    )

    assert answer.status_code == 200, answer.text
    (kept,) = await record.items("/v1/visits")
    assert kept["scheduled_at"] == moment


async def test_score_and_origin_are_hidden_from_inspectors_until_the_inspection_is_in(record):
    place = await record.place()
    planned = await record.client.post(
        "/v1/visits", json=visit(place, origin="audit", score_snapshot=SCORE)
    )
    path = planned.headers["location"]

    async def seen(*roles: str) -> list[tuple[object, object]]:
        headers = record.headers(*roles)
        one = (await record.client.get(path, headers=headers)).json()
        (listed,) = (await record.client.get("/v1/visits", headers=headers)).json()["items"]
        history = await record.client.get(f"/v1/accommodations/{place}/history", headers=headers)
        (entry,) = history.json()["items"]
        return [(it["origin"], it["score_snapshot"]) for it in (one, listed, entry["visit"])]

    assert await seen("inspector") == [(None, None)] * 3
    for origin, score in await seen("inspector", "planner"):
        assert (origin, score["probability"]) == ("audit", 0.4)

    await record.inspect(place, ("leak", 1), visit_id=planned.json()["id"])

    for origin, score in await seen("inspector"):
        assert (origin, score["priority_points"]) == ("audit", 80)


async def test_visits_are_listed_newest_first_and_narrowed_by_filters(record):
    one, two = await record.place("A"), await record.place("B")
    plan, lead = str(uuid4()), str(uuid4())
    await record.client.post("/v1/visits", json=visit(one, inspector_ids=[str(uuid4()), lead]))
    later = {"scheduled_at": "2026-03-09T09:00:00Z"}
    await record.client.post(
        "/v1/visits", json=visit(two, plan_id=plan, stop_id=str(uuid4())) | later
    )
    await record.inspect(two, occurred_at="2026-03-05T09:00:00Z")

    async def states(**filters: object) -> list[tuple[str, str]]:
        rows = await record.items("/v1/visits", limit=1, **filters)
        return [(it["scheduled_at"][8:10], it["state"]) for it in rows]

    assert await states() == [("09", "planned"), ("05", "done"), ("02", "planned")]
    assert await states(accommodation_id=one) == [("02", "planned")]
    assert await states(state="done") == [("05", "done")]
    assert await states(plan_id=plan) == [("09", "planned")]
    assert await states(inspector_id=lead) == [("02", "planned")]
    assert await states(scheduled_from="2026-03-05T09:00:00Z") == [
        ("09", "planned"),
        ("05", "done"),
    ]
    assert await states(scheduled_before="2026-03-05T09:00:00Z") == [("02", "planned")]


@pytest.mark.parametrize("query", ["cursor=WyJhIiwiYiJd", "state=late", "scheduled_from=monday"])
async def test_a_bad_query_of_visits_is_refused(record, query):
    answer = await record.client.get(f"/v1/visits?{query}")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith("query: ")


async def test_another_organisation_has_no_part_in_our_visits(record):
    place = await record.place()
    created = await record.client.post("/v1/visits", json=visit(place))
    theirs = bearer(organisation=THEIRS)

    read = await record.client.get(created.headers["location"], headers=theirs)
    planned = await record.client.post("/v1/visits", json=visit(place), headers=theirs)

    assert read.status_code == 404
    assert planned.status_code == 422
    assert planned.json()["errors"][0]["pointer"] == "/accommodation_id"


async def test_visits_of_a_plan_withdrawn_and_accepted_again_are_planned_again(record):
    places = [await record.place(it) for it in "ABC"]
    plan = {"plan_id": str(uuid4()), "scheduled_at": "2026-03-02T09:00:00Z", "announced": True}
    items = [plan | {"stop_id": str(uuid4()), "accommodation_id": it} for it in places]

    async def accept() -> dict[str, object]:
        answer = await record.client.post("/v1/visits/bulk", json={"items": items})
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    async def states() -> list[str]:
        found = [await record.client.get(f"/v1/visits/{id}") for id in first["ids"]]
        return [it.json()["state"] for it in found]

    first = await accept()
    # Called off by somebody, for a reason of its own: it stays so.
    step = {"to": "cancelled", "reason": "The hotel burned down"}
    await record.client.post(f"/v1/visits/{first['ids'][0]}/transitions", json=step)
    withdrawn = await record.client.post(
        "/v1/visits/withdrawals", json={"plan_id": plan["plan_id"]}
    )
    assert await states() == ["cancelled"] * 3
    again, once_more = await accept(), await accept()

    assert withdrawn.json()["cancelled"] == 2
    assert again == {"created": 2, "unchanged": 1, "ids": first["ids"]}
    assert once_more == {"created": 0, "unchanged": 3, "ids": first["ids"]}
    assert await states() == ["cancelled", "planned", "planned"]
    told = [it["kind"] for it in await record.events() if it["kind"].startswith("visit.")]
    assert told == ["visit.announced"] * 3 + ["visit.cancelled"] * 3 + ["visit.announced"] * 2


async def test_visits_follow_their_plan_but_not_where_people_decided(record):
    places = [await record.place(it) for it in "ABCDEF"]
    plan_id, stops = str(uuid4()), [str(uuid4()) for _ in places]
    path = f"/v1/visits/of-plan/{plan_id}"

    def stop(number: int, hour: int) -> dict[str, object]:
        return {
            "plan_id": plan_id,
            "stop_id": stops[number],
            "accommodation_id": places[number],
            "scheduled_at": f"2026-03-02T{hour:02}:00:00Z",
            "announced": number == 3,
        }

    async def put(*wanted: dict[str, object]) -> dict[str, object]:
        answer = await record.client.put(path, json={"items": list(wanted)})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def shown(id: str) -> tuple[str, str, str | None]:
        got = (await record.client.get(f"/v1/visits/{id}")).json()
        return got["state"], got["scheduled_at"][11:13], got["reason"]

    first = await put(*(stop(it, 9) for it in range(5)))
    assert (first["created"], first["moved"], first["cancelled"]) == (5, 0, 0)
    ids = first["ids"]
    # One is over, one was called off, one was moved by hand: what people decided stays.
    form = inspection(places[0], visit_id=ids[0])
    (await record.client.post("/v1/inspections", json=form)).raise_for_status()
    step = {"to": "cancelled", "reason": "The hotel burned down"}
    await record.client.post(f"/v1/visits/{ids[1]}/transitions", json=step)
    read = await record.client.get(f"/v1/visits/{ids[2]}")
    by_hand = {"scheduled_at": "2026-03-02T15:00:00Z", "reason": "The manager asked"}
    moved = await record.client.patch(
        f"/v1/visits/{ids[2]}", json=by_hand, headers={"If-Match": read.headers["etag"]}
    )
    assert moved.status_code == 200, moved.text
    newer = [stop(0, 11), stop(1, 11), stop(2, 9), stop(3, 11), stop(5, 11)]
    for expected in ((1, 1, 1), (0, 0, 0)):
        done = await put(*newer)
        assert (done["created"], done["moved"], done["cancelled"]) == expected
    states = [await shown(id) for id in ids]
    assert [it[0] for it in states] == ["done", "cancelled", "planned", "planned", "cancelled"]
    assert [it[1] for it in states] == ["09", "09", "15", "11", "09"]
    assert states[4][2] == "plan revised"
    # A later revision makes that visit again, at its new hour.
    await put(*newer, stop(4, 14))
    assert (await shown(ids[4]))[:2] == ("planned", "14")
    told = [it["kind"] for it in await record.events() if it["kind"].startswith("visit.")]
    assert told == ["visit.announced", "visit.moved"]


async def test_a_plan_makes_no_visits_of_another(record):
    place, other = await record.place("A"), str(uuid4())
    sent = {"plan_id": other, "stop_id": str(uuid4()), "accommodation_id": place}
    wanted = {"items": [sent | {"scheduled_at": "2026-03-02T09:00:00Z"}]}
    refused = await record.client.put(f"/v1/visits/of-plan/{uuid4()}", json=wanted)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/items/0/plan_id"
