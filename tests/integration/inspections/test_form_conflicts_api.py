import asyncio
from uuid import uuid4

import pytest

from shared.testing import THEIRS, bearer

CONFLICTS = "/v1/form-conflicts"
KEEP = {"decision": "keep_recorded", "reason": "The first team had the keys"}
APART = {"decision": "record_apart", "reason": "The second team saw the other staircase"}


async def planned(record, place):
    answer = await record.client.post(
        "/v1/visits", json={"accommodation_id": place, "scheduled_at": "2026-03-02T09:00:00Z"}
    )
    return answer.json()["id"]


async def sent(record, form):
    return await record.client.post("/v1/inspections", json=form)


async def contested(record):
    """A visit with an inspection, and the answer to a second form that says otherwise."""
    place = await record.place()
    visit = await planned(record, place)
    first = await record.inspect(place, ("leak", 3), ("noise", 0), visit_id=visit)
    second = record.form(place, ("leak", 1), ("mould", 2), visit_id=visit)
    return first, second, await sent(record, second)


async def test_a_second_form_for_a_visit_is_kept_apart_and_overwrites_nothing(record):
    first, second, held = await contested(record)

    assert held.status_code == 202
    conflict = held.json()
    assert held.headers["location"] == f"{CONFLICTS}/{conflict['id']}"
    assert (conflict["state"], conflict["visit_id"]) == ("open", first["visit_id"])
    assert conflict["inspection_id"] == first["id"]
    assert conflict["allowed_actions"] == ["keep_recorded", "record_apart"]
    assert [record.count(it) for it in ("inspection", "visit", "finding")] == [1, 1, 1]
    assert (await record.client.get(f"/v1/inspections/{first['id']}")).json() == first

    read = (await record.client.get(held.headers["location"])).json()
    assert read["form"]["instance_id"] == second["instance_id"]
    assert [(it["what"], it["recorded"], it["sent"]) for it in read["differences"]] == [
        ("leak", 3, 1),
        ("noise", 0, None),
        ("mould", None, 2),
    ]
    event = (await record.events())[-1]
    assert (event["kind"], event["subject_id"]) == ("form_conflict.opened", conflict["id"])
    assert event["data"]["inspection_id"] == first["id"]


async def test_two_inspectors_who_send_the_same_make_one_inspection(record):
    place = await record.place()
    visit = await planned(record, place)
    forms = [
        record.form(place, ("leak", 3), ("noise", 0), visit_id=visit),
        record.form(place, ("noise", 0), ("leak", 3), visit_id=visit),
    ]

    answers = await asyncio.gather(*(sent(record, form) for form in forms))

    assert sorted(it.status_code for it in answers) == [200, 201]
    assert answers[0].json() == answers[1].json()
    assert [record.count(it) for it in ("inspection", "form_conflict")] == [1, 0]


async def test_two_inspectors_at_once_who_disagree_make_one_inspection_and_one_conflict(record):
    place = await record.place()
    visit = await planned(record, place)
    forms = [record.form(place, ("leak", severity), visit_id=visit) for severity in (1, 3)]

    answers = await asyncio.gather(*(sent(record, form) for form in forms))

    assert sorted(it.status_code for it in answers) == [201, 202]
    assert [record.count(it) for it in ("inspection", "form_conflict")] == [1, 1]


async def test_the_same_form_sent_twenty_times_at_once_makes_one_row_and_equal_answers(record):
    place = await record.place()
    visit = await planned(record, place)
    form = record.form(place, ("leak", 3), visit_id=visit)

    answers = await asyncio.gather(*(sent(record, form) for _ in range(20)))

    assert sorted(it.status_code for it in answers) == [200] * 19 + [201]
    assert len({it.text for it in answers}) == 1
    tables = ("inspection", "visit", "finding", "form_conflict")
    assert [record.count(it) for it in tables] == [1, 1, 1, 0]


async def test_a_second_form_sent_twenty_times_at_once_makes_one_conflict_and_equal_answers(record):
    _, second, held = await contested(record)
    other = second | {"instance_id": str(uuid4())}

    answers = await asyncio.gather(*(sent(record, other) for _ in range(20)))

    assert {it.status_code for it in answers} == {202}
    assert len({it.text for it in answers}) == 1
    assert answers[0].json()["id"] != held.json()["id"]
    assert record.count("form_conflict") == 2
    kinds = [it["kind"] for it in await record.events()]
    assert kinds.count("form_conflict.opened") == 2


async def test_a_held_form_with_other_content_under_its_id_is_refused(record):
    _, second, _ = await contested(record)

    answer = await sent(record, second | {"rooms_seen": 9})

    assert answer.status_code == 409
    assert answer.json()["errors"][0]["pointer"] == "/instance_id"
    assert record.count("form_conflict") == 1


async def test_a_held_form_that_could_not_be_recorded_is_refused_at_once(record):
    _, second, _ = await contested(record)
    bad = second | {
        "instance_id": str(uuid4()),
        "answers": [{"item": "roof", "value": 1}],
    }

    answer = await sent(record, bad)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/answers/0/item"
    assert record.count("form_conflict") == 1


async def test_a_form_for_a_visit_that_was_called_off_is_kept_too(record):
    place = await record.place()
    visit = await planned(record, place)
    await record.client.post(
        f"/v1/visits/{visit}/transitions", json={"to": "cancelled", "reason": "strike"}
    )

    held = await sent(record, record.form(place, ("leak", 3), visit_id=visit))

    assert (held.status_code, held.json()["inspection_id"]) == (202, None)
    read = await record.client.get(held.headers["location"])
    assert read.json()["differences"] == []


async def test_forms_of_a_batch_that_come_second_are_held_and_the_others_recorded(record):
    place = await record.place()
    visit = await planned(record, place)
    forms = [
        record.form(place, ("leak", 3), visit_id=visit),
        record.form(place, ("leak", 1), visit_id=visit),
        record.form(place, ("noise", 1)),
    ]

    one = await record.client.post("/v1/inspections/bulk", json={"items": forms})
    again = await record.client.post("/v1/inspections/bulk", json={"items": forms})

    assert (one.json()["created"], one.json()["unchanged"], one.json()["held"]) == (2, 0, [1])
    assert (again.json()["created"], again.json()["unchanged"]) == (0, 2)
    assert (again.json()["held"], again.json()["ids"]) == ([1], one.json()["ids"])
    held = await record.client.get(f"{CONFLICTS}/{one.json()['ids'][1]}")
    assert held.json()["inspection_id"] == one.json()["ids"][0]


async def test_what_is_recorded_may_be_kept(record):
    first, second, held = await contested(record)
    path = f"{held.headers['location']}/resolution"

    kept = await record.client.post(path, json=KEEP)
    again = await record.client.post(path, json=KEEP)
    otherwise = await record.client.post(path, json=APART)
    resent = await sent(record, second)

    assert (kept.status_code, kept.json()["state"]) == (200, "resolved")
    assert kept.json()["reason"] == KEEP["reason"]
    assert (kept.json()["recorded_as"], kept.json()["allowed_actions"]) == (None, [])
    assert (again.json(), otherwise.status_code) == (kept.json(), 409)
    assert (resent.status_code, resent.json()["state"]) == (202, "resolved")
    assert [it["id"] for it in await record.items("/v1/inspections")] == [first["id"]]
    event = (await record.events())[-1]
    assert (event["kind"], event["data"]["decision"]) == ("form_conflict.resolved", "keep_recorded")


async def test_the_second_form_may_become_an_inspection_of_its_own(record):
    first, second, held = await contested(record)
    path = f"{held.headers['location']}/resolution"

    answers = await asyncio.gather(*(record.client.post(path, json=APART) for _ in range(6)))
    resent = await sent(record, second)

    assert {it.status_code for it in answers} == {200}
    assert len({it.text for it in answers}) == 1
    id = answers[0].json()["recorded_as"]
    assert (resent.status_code, resent.json()["id"]) == (200, id)
    assert resent.json()["visit_id"] != first["visit_id"]
    assert resent.json()["known_at"] >= held.json()["received_at"]
    assert sorted(it["item"] for it in resent.json()["findings"]) == ["leak", "mould"]
    kinds = [it["kind"] for it in await record.events()]
    assert kinds[-2:] == ["inspection.recorded", "form_conflict.resolved"]
    assert record.count("inspection") == 2


async def test_conflicts_are_listed_newest_first_by_state_place_and_visit(record):
    first, second, held = await contested(record)
    newer = await sent(record, second | {"instance_id": str(uuid4())})
    await record.client.post(f"{held.headers['location']}/resolution", json=KEEP)

    async def listed(**filters):
        return [it["id"] for it in await record.items(CONFLICTS, limit=1, **filters)]

    both = [newer.json()["id"], held.json()["id"]]
    assert await listed() == both
    assert await listed(state="open") == both[:1]
    assert await listed(state="resolved") == both[1:]
    assert await listed(visit_id=first["visit_id"]) == both
    assert await listed(accommodation_id=str(uuid4())) == []


async def test_a_conflict_is_decided_by_who_plans_and_seen_within_the_territories(record):
    _, _, held = await contested(record)
    path = held.headers["location"]

    async def decided(headers):
        answer = await record.client.post(f"{path}/resolution", json=KEEP, headers=headers)
        return answer.status_code

    elsewhere = record.headers("planner", territories=["93"])
    assert await decided(record.headers("inspector")) == 403
    assert await decided(elsewhere) == 404
    assert await decided(bearer(organisation=THEIRS)) == 404
    assert (await record.client.get(path, headers=elsewhere)).status_code == 404
    listed = await record.client.get(CONFLICTS, headers=elsewhere)
    assert listed.json()["items"] == []


@pytest.mark.parametrize(
    ("resolution", "pointer"),
    [
        ({"decision": "forget", "reason": "x"}, "/decision"),
        ({"decision": "keep_recorded"}, "/reason"),
        (KEEP | {"by": "me"}, "/by"),
    ],
)
async def test_a_bad_decision_is_refused_naming_its_field(record, resolution, pointer):
    _, _, held = await contested(record)

    answer = await record.client.post(f"{held.headers['location']}/resolution", json=resolution)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await record.client.get(held.headers["location"])).json()["state"] == "open"


async def test_a_form_held_at_a_place_merged_meanwhile_is_recorded_at_the_one_that_stands(record):
    first, second, held = await contested(record)
    kept = await record.place("H2")
    merge = {"duplicate_id": first["accommodation_id"], "reason": "entered twice"}
    merged = await record.client.post(f"/v1/accommodations/{kept}/merges", json=merge)
    assert merged.status_code == 200, merged.text

    path = f"{held.headers['location']}/resolution"
    decided = await record.client.post(path, json=APART)
    again = await sent(record, second)

    assert decided.status_code == 200, decided.text
    recorded = await record.client.get(f"/v1/inspections/{decided.json()['recorded_as']}")
    assert recorded.json()["accommodation_id"] == kept
    assert (again.status_code, again.json()["id"]) == (200, recorded.json()["id"])
