import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.testing import THEIRS, bearer

NOWHERE = "00000000-0000-4000-8000-000000000000"


async def test_an_inspection_is_graded_and_its_findings_kept(record):
    place = await record.place()

    recorded = await record.inspect(
        place, ("leak", 3), ("alarm", 0), ("kitchen", "not_applicable"), ("gas_co", "not_seen")
    )

    assert recorded["grade"] == "C"
    assert recorded["insalubrity_index"] == pytest.approx(100 * 12 / (4 * (4 + 6)))
    assert recorded["coverage"] == pytest.approx(2 / 43)
    assert (recorded["rooms_seen"], recorded["rooms_total"]) == (5, 20)
    (finding,) = recorded["findings"]
    assert (finding["item"], finding["severity"], finding["critical"]) == ("leak", 3, False)
    assert finding["due_on"] == "2026-03-16"
    read = await record.client.get(f"/v1/inspections/{recorded['id']}")
    assert read.json() == recorded
    assert (await record.items("/v1/inspections")) == [recorded]
    assert (await record.items("/v1/findings")) == [finding]


async def test_a_form_is_recorded_once_however_often_it_is_sent(record):
    form = record.form(await record.place(), ("leak", 3))

    first = await record.client.post("/v1/inspections", json=form)
    again = await record.client.post("/v1/inspections", json=form)
    other = await record.client.post("/v1/inspections", json=form | {"rooms_seen": 6})

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json() == again.json()
    assert "send a correction as a new form" in other.json()["detail"]
    assert [record.count(it) for it in ("inspection", "visit", "finding")] == [1, 1, 1]
    assert [it["kind"] for it in await record.events()] == [
        "accommodation.changed",
        "anomalies.changed",
        "inspection.recorded",
    ]


async def test_a_form_sent_many_times_at_once_is_recorded_once(record):
    form = record.form(await record.place(), ("leak", 3))

    answers = await asyncio.gather(
        *(record.client.post("/v1/inspections", json=form) for _ in range(6))
    )

    assert sorted(it.status_code for it in answers) == [200] * 5 + [201]
    assert len({it.text for it in answers}) == 1
    assert [record.count(it) for it in ("inspection", "visit", "finding")] == [1, 1, 1]


async def test_a_form_of_a_visit_sent_many_times_at_once_is_recorded_once(record):
    place = await record.place()
    visit = await record.client.post(
        "/v1/visits", json={"accommodation_id": place, "scheduled_at": "2026-03-02T09:00:00Z"}
    )
    form = record.form(place, ("leak", 3), visit_id=visit.json()["id"])

    answers = await asyncio.gather(
        *(record.client.post("/v1/inspections", json=form) for _ in range(6))
    )

    assert sorted(it.status_code for it in answers) == [200] * 5 + [201]
    assert len({it.text for it in answers}) == 1
    assert [record.count(it) for it in ("inspection", "visit", "finding")] == [1, 1, 1]


async def test_batches_that_overlap_like_a_chain_are_recorded_once(record):
    place = await record.place()
    forms = [record.form(place, ("leak", 3)) for _ in range(80)]
    forms.sort(key=lambda it: it["instance_id"])
    parts = [forms[0:50], forms[10:60], forms[20:70], forms[30:80]]

    answers = await asyncio.gather(
        *(record.client.post("/v1/inspections/bulk", json={"items": part}) for part in parts)
    )

    assert [it.status_code for it in answers] == [200] * 4
    assert sum(it.json()["created"] for it in answers) == 80
    assert record.count("inspection") == 80


async def test_batches_with_the_same_forms_in_other_orders_are_recorded_once(record):
    place = await record.place()
    forms = [record.form(place, ("leak", 3)) for _ in range(40)]

    answers = await asyncio.gather(
        *(
            record.client.post("/v1/inspections/bulk", json={"items": items})
            for items in (forms, forms[::-1], forms[20:] + forms[:20])
        )
    )

    assert [it.status_code for it in answers] == [200] * 3
    assert sorted(it.json()["created"] for it in answers) == [0, 0, 40]
    assert answers[0].json()["ids"] == answers[1].json()["ids"][::-1]
    assert [record.count(it) for it in ("inspection", "visit", "finding")] == [40, 40, 40]


async def test_an_inspection_closes_its_visit_and_takes_after_it(record):
    place = await record.place()
    team = [str(uuid4())]
    visit = await record.client.post(
        "/v1/visits",
        json={
            "accommodation_id": place,
            "scheduled_at": "2026-03-02T09:00:00Z",
            "kind": "complaint",
            "origin": "override",
            "inspector_ids": team,
        },
    )
    visit_id = visit.json()["id"]

    recorded = await record.inspect(place, ("leak", 1), visit_id=visit_id, outcome="refused")

    closed = await record.client.get(f"/v1/visits/{visit_id}")
    assert closed.json()["state"] == "refused"
    assert (recorded["visit_id"], recorded["visit_kind"]) == (visit_id, "complaint")
    assert recorded["inspector_ids"] == team
    event = (await record.events())[-1]["data"]
    assert (event["origin"], event["inspector_ids"]) == ("override", team)
    assert event["next_due_on"] is None


async def test_the_event_tells_what_was_found_and_when_the_place_is_due_again(record):
    place = await record.place()

    recorded = await record.inspect(place, ("gas_co", 1), ("leak", 2))

    event = (await record.events())[-1]
    assert (event["kind"], event["subject_id"]) == ("inspection.recorded", recorded["id"])
    data = event["data"]
    assert (data["accommodation_id"], data["grade"]) == (place, "D")
    assert data["next_due_on"] == "2026-03-03"
    assert [(it["item"], it["critical"], it["repeat"]) for it in data["findings"]] == [
        ("gas_co", True, False),
        ("leak", False, False),
    ]


async def test_a_finding_of_the_same_room_within_twelve_months_is_a_repeat(record):
    place, other = await record.place("A"), await record.place("B")

    def leak(room: str | None, day: str, where: str = place) -> dict[str, object]:
        answers = [{"item": "leak", "value": 2, "room": room}]
        return record.form(where, occurred_at=f"{day}T09:00:00Z", answers=answers)

    sent = [
        leak("12", "2024-01-10"),
        leak("12", "2025-01-11"),
        leak("12", "2025-06-01"),
        leak("14", "2025-06-02"),
        leak(None, "2025-06-03"),
        leak(None, "2025-06-04"),
        leak("12", "2025-06-05", other),
    ]
    one = await record.client.post("/v1/inspections/bulk", json={"items": sent[:3]})
    two = await record.client.post("/v1/inspections/bulk", json={"items": sent[3:]})
    assert (one.status_code, two.status_code) == (200, 200)

    found = sorted(await record.items("/v1/findings"), key=lambda it: it["occurred_at"])
    assert [it["repeat"] for it in found] == [False, False, True, False, False, True, False]
    recorded = [it for it in await record.events() if it["kind"] == "inspection.recorded"]
    told = [it["data"]["findings"][0]["repeat"] for it in recorded]
    assert told == [False, False, True, False, False, True, False]


async def test_known_at_is_as_stated_or_supposed_a_day_after(record):
    place = await record.place()
    now = datetime.now(UTC)

    async def known(**values: object) -> datetime:
        recorded = await record.inspect(place, **values)
        return datetime.fromisoformat(recorded["known_at"])

    assert await known(occurred_at="2026-03-02T09:00:00Z") == datetime(2026, 3, 3, 9, tzinfo=UTC)
    stated = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    assert await known(occurred_at="2026-03-02T09:00:00Z", known_at=stated.isoformat()) == stated
    assert (
        now
        <= await known(occurred_at=(now - timedelta(hours=1)).isoformat())
        < now + timedelta(minutes=5)
    )
    soon = now + timedelta(hours=1)
    assert await known(occurred_at=soon.isoformat()) == soon


async def test_an_inspection_that_saw_nothing_has_no_grade(record):
    recorded = await record.inspect(await record.place(), outcome="nobody_there")

    assert (recorded["grade"], recorded["insalubrity_index"], recorded["coverage"]) == (
        None,
        None,
        0.0,
    )


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"answers": [{"item": "leak", "value": 5}]}, "/answers/0/value"),
        ({"answers": [{"item": "leak", "value": True}]}, "/answers/0/value"),
        ({"answers": [{"item": "roof", "value": 1}]}, "/answers/0/item"),
        (
            {"answers": [{"item": "leak", "value": 1}, {"item": "leak", "value": 2}]},
            "/answers/1/item",
        ),
        ({"answers": [{"item": "leak", "value": 1, "note": "n" * 2001}]}, "/answers/0/note"),
        ({"answers": [{"item": "leak", "value": 1, "note": "n" * 10_000_000}]}, "/answers/0/note"),
        ({"answers": [{"item": "leak", "value": 1, "note": "wet\0"}]}, "/answers/0/note"),
        ({"answers": [{"item": "leak", "value": 1, "room": "1\0"}]}, "/answers/0/room"),
        ({"answers": [{"item": "leak\0", "value": 1}]}, "/answers/0/item"),
        ({"answers": [{"item": "leak", "value": "seen"}]}, "/answers/0/value"),
        ({"answers": [{"item": "leak", "value": 1.5}]}, "/answers/0/value"),
        ({"answers": [{"item": "leak", "value": 1, "responsibility": "mayor"}]}, "/answers/0/resp"),
        ({"visit_kind": "surprise"}, "/visit_kind"),
        ({"outcome": "finished"}, "/outcome"),
        ({"checklist": "default\0"}, "/checklist"),
        ({"checklist_version": 0}, "/checklist_version"),
        ({"checklist_version": "latest"}, "/checklist_version"),
        ({"instance_id": "form-12"}, "/instance_id"),
        ({"rooms_seen": 5001}, "/rooms_seen"),
        ({"rooms": [{"room": "1\0"}]}, "/rooms/0/room"),
        ({"checklist_version": 2}, "/checklist_version"),
        ({"checklist": "mine"}, "/checklist_version"),
        ({"occurred_at": "2100-01-01T00:00:00Z"}, "/occurred_at"),
        ({"occurred_at": "2026-03-02T10:00:00"}, "/occurred_at"),
        ({"known_at": "2026-03-02T09:59:59Z"}, "/known_at"),
        ({"known_at": "2100-03-02T09:59:59Z"}, "/known_at"),
        ({"occurred_at": "0001-01-01T00:00:00+10:00"}, "/occurred_at"),
        ({"occurred_at": "1999-12-31T23:59:59Z"}, "/occurred_at"),
        ({"known_at": "9999-12-31T23:59:59-05:00"}, "/known_at"),
        ({"outcome": "planned"}, "/outcome"),
        ({"outcome": "cancelled"}, "/outcome"),
        ({"rooms_seen": -1}, "/rooms_seen"),
        ({"accommodation_id": NOWHERE}, "/accommodation_id"),
        ({"visit_id": NOWHERE}, "/visit_id"),
        ({"weather": "rain"}, "/weather"),
    ],
)
async def test_a_bad_form_is_refused_naming_its_field_and_nothing_is_kept(record, values, pointer):
    good = record.form(await record.place("A"), ("leak", 1))
    bad = good | values

    one = await record.client.post("/v1/inspections", json=bad)
    batch = await record.client.post(
        "/v1/inspections/bulk", json={"items": [good | {"instance_id": str(uuid4())}, bad]}
    )

    assert (one.status_code, batch.status_code) == (422, 422)
    assert one.json()["errors"][0]["pointer"].startswith(pointer)
    assert batch.json()["errors"][0]["pointer"].startswith(f"/items/1{pointer}")
    tables = ("inspection", "visit", "finding")
    assert [record.count(it) for it in tables] == [0, 0, 0]


async def test_a_visit_of_another_place_is_refused(record):
    one, other = await record.place("A"), await record.place("B")
    visit = await record.client.post(
        "/v1/visits", json={"accommodation_id": other, "scheduled_at": "2026-03-02T09:00:00Z"}
    )

    answer = await record.client.post(
        "/v1/inspections", json=record.form(one, visit_id=visit.json()["id"])
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/visit_id"


async def test_a_batch_is_recorded_all_or_none_and_each_form_once(record):
    place = await record.place()
    forms = [record.form(place, ("leak", n % 5)) for n in range(30)]
    part = await record.client.post("/v1/inspections/bulk", json={"items": forms[:10]})
    whole = await record.client.post("/v1/inspections/bulk", json={"items": [*forms, forms[0]]})

    assert (part.json()["created"], part.json()["unchanged"]) == (10, 0)
    assert (whole.json()["created"], whole.json()["unchanged"]) == (20, 11)
    assert whole.json()["ids"][:10] == part.json()["ids"]
    assert whole.json()["ids"][30] == part.json()["ids"][0]
    read = await record.client.get(f"/v1/inspections/{whole.json()['ids'][29]}")
    assert read.json()["instance_id"] == forms[29]["instance_id"]

    changed = forms[5] | {"rooms_seen": 9}
    refused = await record.client.post(
        "/v1/inspections/bulk", json={"items": [record.form(place), changed]}
    )
    assert refused.status_code == 409
    assert refused.json()["detail"].startswith("/items/1/instance_id")
    assert record.count("inspection") == 30


async def test_lists_are_newest_first_paged_and_narrowed(record):
    one, two = await record.place("A"), await record.place("B")
    for day in range(1, 6):
        await record.inspect(
            one, ("leak", 1), ("wires", 4), occurred_at=f"2026-03-0{day}T09:00:00Z"
        )
    await record.inspect(two, ("pest_rodents", 2), occurred_at="2026-03-06T09:00:00Z")

    async def days(path: str, **filters: object) -> list[str]:
        rows = await record.items(path, limit=2, **filters)
        return [str(it["occurred_at"])[9:10] for it in rows]

    assert await days("/v1/inspections") == list("654321")
    assert await days("/v1/inspections", accommodation_id=two) == ["6"]
    assert await days("/v1/inspections", grade="D") == list("54321")
    assert await days("/v1/inspections", since="2026-03-05T09:00:00Z") == ["6", "5"]
    assert await days("/v1/findings") == list("65544332211")
    assert await days("/v1/findings", severity_min=3) == list("54321")
    assert await days("/v1/findings", category="pests") == ["6"]
    assert await days("/v1/findings", accommodation_id=one, since="2026-03-05T00:00:00Z") == [
        "5",
        "5",
    ]
    (visited,) = await record.items("/v1/inspections", accommodation_id=two)
    assert await days("/v1/inspections", visit_id=visited["visit_id"]) == ["6"]


async def test_lists_that_carry_findings_have_shorter_pages(record):
    place = await record.place()
    history = f"/v1/accommodations/{place}/history"

    async def statuses(path: str) -> list[int]:
        return [
            (await record.client.get(path, params={"limit": limit})).status_code
            for limit in (200, 201)
        ]

    assert [await statuses(it) for it in ("/v1/inspections", history)] == [[200, 422]] * 2
    assert await statuses("/v1/findings") == [200, 200]


async def test_the_history_of_a_place_tells_its_visits_newest_first(record):
    place = await record.place()
    await record.inspect(place, ("leak", 2), occurred_at="2026-03-01T09:00:00Z")
    await record.client.post(
        "/v1/visits", json={"accommodation_id": place, "scheduled_at": "2026-03-02T09:00:00Z"}
    )

    planned, done = await record.items(f"/v1/accommodations/{place}/history", limit=1)

    assert (planned["visit"]["state"], planned["inspection"]) == ("planned", None)
    assert done["visit"]["state"] == "done"
    assert [it["item"] for it in done["inspection"]["findings"]] == ["leak"]


async def test_another_organisation_has_no_part_in_our_inspections(record):
    place = await record.place()
    form = record.form(place, ("leak", 2))
    ours = await record.client.post("/v1/inspections", json=form)
    theirs = bearer(organisation=THEIRS)

    read = await record.client.get(ours.headers["location"], headers=theirs)
    sent = await record.client.post("/v1/inspections", json=form, headers=theirs)
    feed = await record.client.get("/v1/inspections/events", headers=theirs)

    assert read.status_code == 404
    assert sent.status_code == 422
    assert sent.json()["errors"][0]["pointer"] == "/accommodation_id"
    assert feed.json()["items"] == []


async def test_the_default_checklist_is_there_for_every_organisation(record):
    ours = await record.client.get("/v1/checklists/default/versions/1")
    again = await record.client.get("/v1/checklists/default/versions/1")
    theirs = await record.client.get(
        "/v1/checklists/default/versions/1", headers=bearer(organisation=THEIRS)
    )
    none = await record.client.get("/v1/checklists/default/versions/2")

    assert len(ours.json()["items"]) == 44
    assert ours.json() == again.json()
    assert ours.json()["items"] == theirs.json()["items"]
    assert ours.json()["id"] != theirs.json()["id"]
    assert ours.json()["items"][0]["label"]["en"] == "Bed bugs"
    assert none.status_code == 404
