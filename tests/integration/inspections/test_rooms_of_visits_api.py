import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from inspections.domain.room_draw import Room, RoomPast, ordered
from shared.testing import THEIRS, bearer

TODAY = datetime.now(UTC)


async def planned(record, place, *, at=TODAY):
    answer = await record.client.post(
        "/v1/visits", json={"accommodation_id": place, "scheduled_at": at.isoformat()}
    )
    return answer.json()["id"]


async def drawn(record, visit):
    answer = await record.client.post(f"/v1/visits/{visit}/room-draw")
    assert answer.status_code in {200, 201}, answer.text
    return answer.json()


async def visit_with_draw(record, **values):
    place = await record.place(rooms=6, **values)
    await record.inspect(
        place,
        answers=[
            {"item": "leak", "value": 2, "room": "12"},
            {"item": "leak", "value": 0, "room": "7"},
            {"item": "mould", "value": 3, "room": "9"},
        ],
    )
    visit = await planned(record, place)
    return place, visit, await drawn(record, visit)


def room(label, **values):
    return {"room": label} | values


async def sent(record, place, visit, rooms, *answers, **values):
    form = record.form(
        place, *answers, visit_id=visit, occurred_at=TODAY.isoformat(), rooms=rooms, rooms_seen=0
    )
    return await record.client.post("/v1/inspections", json=form | values)


async def test_rooms_are_drawn_by_the_system_wrong_ones_first_then_those_never_seen(record):
    _, visit, draw = await visit_with_draw(record)

    assert (draw["rooms_total"], draw["size"]) == (6, 4)
    assert draw["size_source"]["en"].startswith("1.5 × the square root")
    assert draw["chance_of_a_bad_one"] == pytest.approx(14 / 15, abs=1e-4)
    rooms = draw["rooms"]
    assert [it["number"] for it in rooms] == [1, 2, 3, 4, 5, 6]
    assert [it["to_see"] for it in rooms] == [True] * 4 + [False] * 2
    assert [it["room"] for it in rooms] == ["9", "12", None, None, None, "7"]
    assert sorted(it["ordinal"] for it in rooms[2:5]) == [1, 2, 3]
    assert [it["why"] for it in rooms] == [
        *["open_finding"] * 2,
        *["never_seen"] * 3,
        "at_random",
    ]
    assert (rooms[5]["last_seen_on"], rooms[2]["last_seen_on"]) == ("2026-03-02", None)
    read = await record.client.get(f"/v1/visits/{visit}/room-draw")
    assert read.json() == draw


async def test_declared_rooms_are_drawn_by_their_labels(record):
    place = await record.place(rooms=4)
    declared = {"items": [{"label": label} for label in ("1", "2", "3")]}
    await record.client.put(f"/v1/accommodations/{place}/rooms", json=declared)

    draw = await drawn(record, await planned(record, place))

    assert sorted(it["room"] or "" for it in draw["rooms"]) == ["", "1", "2", "3"]
    assert draw["rooms_total"] == 4


async def test_a_draw_can_be_repeated_from_its_seed(record):
    place = await record.place(rooms=12)
    draw = await drawn(record, await planned(record, place))

    rooms = [Room(None, ordinal, RoomPast()) for ordinal in range(1, 13)]

    assert draw["method"] == "room-draw-1"
    by_hand = [it.ordinal for it in ordered(rooms, draw["seed"])]
    assert [it["ordinal"] for it in draw["rooms"]] == by_hand


async def test_rooms_drawn_many_times_at_once_are_drawn_once(record):
    visit = await planned(record, await record.place())

    answers = await asyncio.gather(
        *(record.client.post(f"/v1/visits/{visit}/room-draw") for _ in range(8))
    )

    assert sorted(it.status_code for it in answers) == [200] * 7 + [201]
    assert len({it.text for it in answers}) == 1
    assert record.count("room_draw") == 1


async def test_rooms_are_drawn_neither_before_the_day_of_the_visit_nor_after_its_end(record):
    place = await record.place()
    early = await planned(record, place, at=TODAY + timedelta(days=2))
    over = (await record.inspect(place, ("leak", 0)))["visit_id"]

    async def refused(visit):
        answer = await record.client.post(f"/v1/visits/{visit}/room-draw")
        return answer.status_code, answer.json()["detail"]

    status, detail = await refused(early)
    assert (status, "on the day of the visit" in detail) == (409, True)
    status, detail = await refused(over)
    assert (status, "before they are seen" in detail) == (409, True)
    assert (await refused(uuid4()))[0] == 404
    none = await record.client.get(f"/v1/visits/{early}/room-draw")
    assert (none.status_code, record.count("room_draw")) == (404, 0)


async def test_a_draw_is_made_by_who_visits_and_seen_within_the_territories(record):
    visit = await planned(record, await record.place())
    path = f"/v1/visits/{visit}/room-draw"

    async def made(headers):
        return (await record.client.post(path, headers=headers)).status_code

    assert await made(record.headers("reader")) == 403
    assert await made(record.headers("inspector", territories=["93"])) == 404
    assert await made(bearer(organisation=THEIRS)) == 404
    assert await made(record.headers("inspector", territories=["75"])) == 201
    outsider = record.headers("reader")
    assert (await record.client.get(path, headers=outsider)).status_code == 404


async def test_what_became_of_the_rooms_is_kept_with_their_numbers(record):
    place, visit, _ = await visit_with_draw(record)
    rooms = [
        room("9"),
        room("12", outcome="household_refused"),
        room("7", instead_of=2, reason="household_refused"),
        room("31", drawn=3),
    ]

    answer = await sent(
        record, place, visit, rooms, answers=[{"item": "mould", "value": 0, "room": "9"}]
    )

    recorded = answer.json()
    assert (answer.status_code, recorded["rooms_seen"], recorded["rooms_total"]) == (201, 3, 6)
    form = (await record.client.get(f"/v1/inspections/{recorded['id']}/form")).json()
    assert [(it["room"], it["drawn"], it["outcome"]) for it in form["rooms"]] == [
        ("9", 1, "seen"),
        ("12", 2, "household_refused"),
        ("31", 3, "seen"),
        ("7", 6, "seen"),
    ]
    assert (form["rooms"][3]["instead_of"], form["rooms"][3]["reason"]) == (2, "household_refused")
    assert form["answers"][0]["item"] == "mould"
    closed = await record.client.get(f"/v1/visits/{visit}")
    assert closed.json()["rooms_seen"] == 3
    event = (await record.events())[-1]
    assert event["data"]["rooms_seen"] == 3


async def test_a_refusal_of_a_household_changes_nothing_but_the_rooms_seen(record):
    one, other = await record.place("A"), await record.place("B")
    answers = [{"item": "mould", "value": 2, "room": "1"}, {"item": "noise", "value": 0}]

    open_door = await record.inspect(one, answers=answers, rooms=[room("1")], rooms_seen=0)
    refused = await record.inspect(
        other,
        answers=answers,
        rooms=[room("1"), room("2", outcome="household_refused")],
        rooms_seen=0,
    )

    same = ("grade", "insalubrity_index", "coverage", "rooms_mean_index", "rooms_seen")
    assert [open_door[it] for it in same] == [refused[it] for it in same]
    assert len(refused["findings"]) == 1


async def test_an_inspection_names_its_formulas_and_the_index_of_the_parts(record):
    recorded = await record.inspect(
        await record.place(),
        answers=[
            {"item": "stairs", "value": 1},
            {"item": "leak", "value": 4, "room": "1", "responsibility": "operator"},
            {"item": "leak", "value": 0, "room": "2"},
            {"item": "wires", "value": 4, "room": "2", "responsibility": "household"},
        ],
    )

    assert recorded["grading"] == "insalubrity-1"
    assert recorded["place_index"] == pytest.approx(25)
    assert (recorded["rooms_mean_index"], recorded["rooms_worst_index"]) == (50, 100)
    assert {it["item"]: it["critical"] for it in recorded["findings"]}["wires"] is True
    anomalies = await record.items("/v1/anomalies")
    assert {it["item"]: it["responsibility"] for it in anomalies} == {
        "stairs": "operator",
        "leak": "operator",
        "wires": "household",
    }


@pytest.mark.parametrize(
    ("rooms", "values", "pointer"),
    [
        ([room("1"), room("1")], {}, "/rooms/1/room"),
        ([room("40")], {}, "/rooms/0/reason"),
        ([room("7", instead_of=1)], {}, "/rooms/0/reason"),
        ([room("9", drawn=2)], {}, "/rooms/0/drawn"),
        ([room("9", drawn=77)], {}, "/rooms/0/drawn"),
        ([room("9", drawn=0)], {}, "/rooms/0/drawn"),
        ([room("9", outcome="asleep")], {}, "/rooms/0/outcome"),
        ([room("9", reason="because")], {}, "/rooms/0/reason"),
        ([room("9", name="Mme X")], {}, "/rooms/0/name"),
        ([room("")], {}, "/rooms/0/room"),
        ([room("9")], {"rooms_seen": 2}, "/rooms_seen"),
        (
            [room("9", outcome="household_refused")],
            {"answers": [{"item": "leak", "value": 0, "room": "9"}]},
            "/answers/0/room",
        ),
        (
            [room("9")],
            {"answers": [{"item": "leak", "value": 1, "room": "12"}]},
            "/answers/0/room",
        ),
    ],
)
async def test_bad_rooms_are_refused_naming_the_field_and_nothing_is_kept(
    record, rooms, values, pointer
):
    place, visit, _ = await visit_with_draw(record)

    answer = await sent(record, place, visit, rooms, **values)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert record.count("inspection") == 1
    assert (await record.client.get(f"/v1/visits/{visit}")).json()["state"] == "planned"


async def test_two_forms_that_differ_by_a_refused_room_are_a_conflict(record):
    place = await record.place()
    visit = await planned(record, place)
    await sent(record, place, visit, [room("1")], ("noise", 0))

    held = await sent(
        record, place, visit, [room("1"), room("2", outcome="household_absent")], ("noise", 0)
    )

    assert held.status_code == 202
    read = await record.client.get(held.headers["location"])
    assert read.json()["differences"] == [
        {"what": "room", "room": "2", "recorded": None, "sent": "household_absent"}
    ]


async def test_the_form_of_an_inspection_is_seen_within_the_territories(record):
    recorded = await record.inspect(await record.place(), ("leak", 3))
    path = f"/v1/inspections/{recorded['id']}/form"

    assert (await record.client.get(path)).json()["answers"][0]["value"] == 3
    elsewhere = record.headers("reader", territories=["93"])
    assert (await record.client.get(path, headers=elsewhere)).status_code == 404
