import math
from datetime import UTC, datetime, timedelta
from statistics import mean, variance
from uuid import uuid4

import pytest

from shared.testing import THEIRS, bearer

SOON = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0)
BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)
WHY = "the lead inspector is ill"


async def planned(record, place: str, **values: object) -> dict[str, object]:
    sent = {"accommodation_id": place, "scheduled_at": SOON.isoformat()} | values
    answer = await record.client.post("/v1/visits", json=sent)
    assert answer.status_code == 201, answer.text
    return answer.json() | {
        "path": answer.headers["location"],
        "etag": {"If-Match": answer.headers["etag"]},
    }


async def told(record) -> list[tuple[str, str]]:
    return [
        (it["kind"], it["subject_id"])
        for it in await record.events()
        if it["kind"].startswith("visit.")
    ]


async def test_a_planned_visit_is_moved_and_keeps_its_length(record):
    visit = await planned(
        record,
        await record.place(),
        scheduled_end_at=(SOON + timedelta(minutes=90)).isoformat(),
        external_id="v1",
    )
    start = SOON + timedelta(days=1)
    lead = str(uuid4())

    answer = await record.client.patch(
        visit["path"],
        json={"scheduled_at": start.isoformat(), "inspector_ids": [lead], "reason": WHY},
        headers=visit["etag"],
    )

    assert answer.status_code == 200, answer.text
    moved = answer.json()
    assert datetime.fromisoformat(moved["scheduled_at"]) == start
    assert datetime.fromisoformat(moved["scheduled_end_at"]) == start + timedelta(minutes=90)
    assert (moved["inspector_ids"], moved["reason"]) == ([lead], WHY)
    assert answer.headers["etag"] != visit["etag"]["If-Match"]
    assert (await record.client.get(visit["path"])).json() == moved


async def test_a_visit_moved_is_still_known_by_the_key_it_was_sent_with(record):
    sent = {"accommodation_id": await record.place(), "scheduled_at": SOON.isoformat()}
    key = {"Idempotency-Key": "k1"}
    first = await record.client.post("/v1/visits", json=sent, headers=key)
    await record.client.patch(
        first.headers["location"],
        json={"scheduled_at": (SOON + timedelta(days=1)).isoformat(), "reason": WHY},
        headers={"If-Match": first.headers["etag"]},
    )

    again = await record.client.post("/v1/visits", json=sent, headers=key)
    other = await record.client.post("/v1/visits", json=sent | {"kind": "complaint"}, headers=key)

    assert (again.status_code, again.json()["reason"]) == (200, WHY)
    assert other.status_code == 422


async def test_a_change_made_from_an_old_reading_is_refused(record):
    visit = await planned(record, await record.place())
    change = {"announced": True, "reason": WHY}
    await record.client.patch(visit["path"], json=change, headers=visit["etag"])

    stale = await record.client.patch(visit["path"], json=change, headers=visit["etag"])
    blind = await record.client.patch(visit["path"], json=change)

    assert (stale.status_code, blind.status_code) == (412, 428)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"scheduled_end_at": SOON.isoformat(), "reason": WHY}, "/scheduled_end_at"),
        ({"scheduled_at": SOON.isoformat()}, "/reason"),
        ({"reason": WHY, "state": "done"}, "/state"),
        ({"reason": WHY, "scheduled_at": "2101-01-01T00:00:00Z"}, "/scheduled_at"),
    ],
)
async def test_a_bad_change_of_a_visit_is_refused_naming_its_field(record, change, pointer):
    visit = await planned(record, await record.place())

    answer = await record.client.patch(visit["path"], json=change, headers=visit["etag"])

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_visit_goes_en_route_turns_back_and_is_done_by_its_inspection(record):
    place = await record.place()
    visit = await planned(record, place)
    steps = f"{visit['path']}/transitions"
    left_at = datetime.now(UTC).replace(microsecond=0)

    away = await record.client.post(steps, json={"to": "en_route", "at": left_at.isoformat()})
    again = await record.client.post(steps, json={"to": "en_route"})
    back = await record.client.post(steps, json={"to": "planned"})
    await record.client.post(steps, json={"to": "en_route"})
    await record.inspect(place, ("leak", 1), visit_id=visit["id"], rooms_seen=4)
    done = (await record.client.get(visit["path"])).json()
    late = await record.client.post(steps, json={"to": "cancelled", "reason": WHY})

    assert away.json()["state"] == "en_route"
    assert datetime.fromisoformat(away.json()["en_route_at"]) == left_at
    assert again.json() == away.json()
    assert (back.json()["state"], back.json()["en_route_at"]) == ("planned", None)
    assert (done["state"], done["rooms_seen"], done["allowed_actions"]) == ("done", 4, ["times"])
    assert late.status_code == 409


async def test_a_cancelled_visit_needs_a_reason_and_frees_its_place(record):
    place = await record.place()
    visit = await planned(record, place)
    steps = f"{visit['path']}/transitions"
    day = {"starts_on": SOON.date().isoformat(), "days": 2}

    async def candidates() -> int:
        answer = await record.client.get("/v1/candidates", params=day)
        return len(answer.json()["items"])

    silent = await record.client.post(steps, json={"to": "cancelled"})
    assert (silent.status_code, await candidates()) == (409, 0)
    await record.client.post(steps, json={"to": "en_route"})
    assert await candidates() == 0

    answer = await record.client.post(steps, json={"to": "cancelled", "reason": WHY})

    assert (answer.json()["state"], answer.json()["reason"]) == ("cancelled", WHY)
    assert await candidates() == 1


async def test_an_inspector_leaves_for_a_visit_but_cannot_cancel_it(record):
    visit = await planned(record, await record.place())
    steps, inspector = f"{visit['path']}/transitions", record.headers("inspector")

    left = await record.client.post(steps, json={"to": "en_route"}, headers=inspector)
    cancelled = await record.client.post(
        steps, json={"to": "cancelled", "reason": WHY}, headers=inspector
    )

    assert (left.status_code, cancelled.status_code) == (200, 403)


async def test_nothing_tells_of_an_unannounced_visit_before_it_took_place(record):
    place = await record.place()
    secret = await planned(record, place, origin="audit")
    await record.client.patch(
        secret["path"],
        json={"scheduled_at": (SOON + timedelta(hours=2)).isoformat(), "reason": WHY},
        headers=secret["etag"],
    )
    called_off = await planned(record, place)
    await record.client.post(
        f"{called_off['path']}/transitions", json={"to": "cancelled", "reason": WHY}
    )
    open_one = await planned(record, place, announced=True)
    reader = record.headers("reader")

    async def seen(path: str) -> str:
        return (await record.client.get(path, headers=reader)).text

    for path in ("/v1/visits", f"/v1/accommodations/{place}/history"):
        text = await seen(path)
        assert open_one["id"] in text
        assert secret["id"] not in text
        assert called_off["id"] not in text
    assert (await record.client.get(secret["path"], headers=reader)).status_code == 404
    calendar = await record.client.get(f"/v1/accommodations/{place}/announced-visits")
    assert [set(it) for it in calendar.json()["items"]] == [
        {"id", "accommodation_id", "scheduled_at", "scheduled_end_at", "state"}
    ]
    assert [subject for _, subject in await told(record)] == [open_one["id"]]

    await record.inspect(place, ("leak", 1), visit_id=secret["id"])
    assert secret["id"] in await seen("/v1/visits")


async def test_an_announced_visit_is_told_moved_and_called_off_but_never_taken_back(record):
    visit = await planned(record, await record.place())
    announce = await record.client.patch(
        visit["path"], json={"announced": True, "reason": WHY}, headers=visit["etag"]
    )
    etag = {"If-Match": announce.headers["etag"]}

    hushed = await record.client.patch(
        visit["path"], json={"announced": False, "reason": WHY}, headers=etag
    )
    await record.client.patch(
        visit["path"],
        json={"scheduled_at": (SOON + timedelta(days=1)).isoformat(), "reason": WHY},
        headers=etag,
    )
    await record.client.post(
        f"{visit['path']}/transitions", json={"to": "cancelled", "reason": WHY}
    )

    assert hushed.status_code == 409
    kinds = ["visit.announced", "visit.moved", "visit.cancelled"]
    assert await told(record) == [(kind, visit["id"]) for kind in kinds]


async def test_visits_that_were_timed_change_what_the_next_ones_are_planned_with(record):
    place = await record.place()
    for n in range(30):
        began = BEGAN + timedelta(days=n)
        rooms = 2 + n % 8
        await record.inspect(
            place,
            ("leak", 0),
            instance_id=str(uuid4()),
            occurred_at=began.isoformat(),
            inspector_ids=[str(uuid4()), str(uuid4())],
            rooms_seen=rooms,
            started_at=began.isoformat(),
            ended_at=(began + timedelta(minutes=12 + 10 * rooms / 2)).isoformat(),
        )

    answer = await record.client.get("/v1/candidates", params={"starts_on": "2026-06-01"})

    (candidate,) = answer.json()["items"]
    assert 12 < candidate["fixed_min"] < 25
    assert 7 * 6 < candidate["person_min"] < 7 * 10


async def test_the_times_of_a_visit_can_be_told_after_its_inspection_and_put_right(record):
    place = await record.place()
    visit = await planned(record, place)
    await record.inspect(place, ("leak", 0), visit_id=visit["id"])
    times = {"started_at": BEGAN.isoformat(), "ended_at": (BEGAN + timedelta(hours=1)).isoformat()}

    first = await record.client.put(f"{visit['path']}/times", json=times)
    again = await record.client.put(f"{visit['path']}/times", json=times)

    assert first.status_code == 200, first.text
    assert datetime.fromisoformat(first.json()["ended_at"]) == BEGAN + timedelta(hours=1)
    assert again.json() == first.json()


@pytest.mark.parametrize(
    ("times", "pointer"),
    [
        ({"started_at": (SOON + timedelta(days=9)).isoformat()}, "/started_at"),
        ({"started_at": BEGAN.isoformat(), "ended_at": BEGAN.isoformat()}, "/ended_at"),
        ({"ended_at": BEGAN.isoformat()}, "/started_at"),
    ],
)
async def test_times_no_visit_can_have_are_refused_in_visits_and_in_forms(record, times, pointer):
    place = await record.place()
    visit = await planned(record, place)

    put = await record.client.put(f"{visit['path']}/times", json=times)
    form = await record.client.post(
        "/v1/inspections", json=record.form(place, ("leak", 1), **times)
    )

    for answer in (put, form):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert record.count("inspection") == 0


async def test_a_step_in_the_future_and_times_of_a_cancelled_visit_are_refused(record):
    visit = await planned(record, await record.place())
    steps = f"{visit['path']}/transitions"

    early = await record.client.post(steps, json={"to": "en_route", "at": SOON.isoformat()})
    await record.client.post(steps, json={"to": "cancelled", "reason": WHY})
    times = await record.client.put(
        f"{visit['path']}/times", json={"started_at": BEGAN.isoformat()}
    )
    change = await record.client.patch(
        visit["path"], json={"announced": True, "reason": WHY}, headers={"If-Match": '"2"'}
    )

    assert (early.status_code, early.json()["errors"][0]["pointer"]) == (422, "/at")
    assert (times.status_code, change.status_code) == (409, 409)


async def test_another_organisation_cannot_touch_our_visit(record):
    visit = await planned(record, await record.place())
    theirs = bearer(organisation=THEIRS)

    answers = [
        await record.client.patch(
            visit["path"], json={"reason": WHY}, headers=theirs | visit["etag"]
        ),
        await record.client.post(
            f"{visit['path']}/transitions", json={"to": "en_route"}, headers=theirs
        ),
        await record.client.put(
            f"{visit['path']}/times", json={"started_at": BEGAN.isoformat()}, headers=theirs
        ),
        await record.client.get(
            f"/v1/accommodations/{visit['accommodation_id']}/announced-visits", headers=theirs
        ),
    ]

    assert [it.status_code for it in answers] == [404] * 4


async def test_times_planned_and_taken_are_told_by_kind_and_team_with_their_drift(record):
    place, team = await record.place(), [str(uuid4()), str(uuid4())]
    minutes = {True: [80, 90, 100, 95, 85] * 2, False: [60, 55, 65, 58, 62] * 2}
    today = datetime.now(UTC).replace(hour=9, minute=0, second=0, microsecond=0)
    for is_recent, taken in minutes.items():
        for number, length in enumerate(taken):
            began = today - timedelta(days=(7 if is_recent else 200) + number)
            visit = await planned(
                record,
                place,
                scheduled_at=began.isoformat(),
                scheduled_end_at=(began + timedelta(hours=1)).isoformat(),
                inspector_ids=team,
            )
            await record.inspect(place, ("leak", 0), visit_id=visit["id"])
            times = {"started_at": began, "ended_at": began + timedelta(minutes=length)}
            body = {name: it.isoformat() for name, it in times.items()}
            assert (await record.client.put(f"{visit['path']}/times", json=body)).is_success
    path = "/v1/history/visit-times"

    (told,) = (await record.client.get(path)).json()["items"]

    ratios = {it: [math.log(length / 60) for length in taken] for it, taken in minutes.items()}
    change = mean(ratios[True]) - mean(ratios[False])
    error = math.sqrt(sum(variance(it) / len(it) for it in ratios.values()))
    assert (told["kind"], told["team_size"], told["visits"]) == ("routine", 2, 20)
    assert (told["planned_min"], told["actual_min"]) == (60, 75)
    assert told["ratio"] == pytest.approx(math.exp(mean([*ratios[True], *ratios[False]])), abs=1e-3)
    assert told["late_tenth_min"] == pytest.approx(35.5, abs=0.6)
    assert told["drift"]["ratio"] == pytest.approx(math.exp(change), abs=1e-3)
    assert told["drift"]["low"] == pytest.approx(math.exp(change - 1.96 * error), abs=1e-3)
    assert told["drift"]["is_certain"] is True
    (lately,) = (await record.client.get(path, params={"days": 30})).json()["items"]
    assert (lately["visits"], lately["drift"]) == (10, None)
    theirs = bearer("planner", organisation=THEIRS)
    assert (await record.client.get(path, headers=theirs)).json()["items"] == []
    assert (await record.client.get(path, headers=bearer("inspector"))).status_code == 403
