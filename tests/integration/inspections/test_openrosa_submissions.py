"""What a field app sends: the inspection that REST would make, each form and photo once."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from field_device import Device, device_of, filled_in, picture, planned

from shared.testing import THEIRS, token

ROOM = {"room_label": "12", "room_outcome": "seen", "a_mould": 3, "n_mould": "Au plafond"}
BUILDING = {"a_alarm": 0, "a_gas_co": "not_seen", "a_kitchen": "not_applicable"}


@pytest.fixture
def device(record) -> Device:
    return device_of(record)


async def inspections_of(record, place):
    return await record.items("/v1/inspections", accommodation_id=place)


async def photos_of(record, place):
    return await record.items("/v1/photos", accommodation_id=place)


async def held(record):
    return await record.items("/v1/field-submissions", state="held")


async def test_a_submission_becomes_the_inspection_that_rest_would_make(record, device):
    place, other = await record.place("A"), await record.place("B")
    visit = await planned(record, place, device)

    answer = await device.send(
        filled_in(visit, building=BUILDING, rooms=[ROOM | {"p_mould": "a.jpg"}]),
        a_jpg=picture(),
    )

    assert answer.status_code == 201, answer.text
    assert answer.headers["x-openrosa-version"] == "1.0"
    assert int(answer.headers["x-openrosa-accept-content-length"]) > 1_000_000
    assert "http://openrosa.org/http/response" in answer.text
    (made,) = await inspections_of(record, place)
    same = await record.inspect(
        other,
        answers=[
            {"item": "alarm", "value": 0},
            {"item": "gas_co", "value": "not_seen"},
            {"item": "kitchen", "value": "not_applicable"},
            {"item": "mould", "value": 3, "room": "12", "note": "Au plafond"},
        ],
        rooms=[{"room": "12"}],
        rooms_seen=0,
    )
    for name in ("grade", "insalubrity_index", "coverage", "rooms_seen", "rooms_worst_index"):
        assert made[name] == same[name], name
    assert made["visit_id"] == visit
    assert made["inspector_ids"] == [str(device.inspector)]
    (finding,) = made["findings"]
    assert (finding["item"], finding["room"], finding["note"]) == ("mould", "12", "Au plafond")
    (photo,) = await photos_of(record, place)
    assert (photo["inspection_id"], photo["item"], photo["room"]) == (made["id"], "mould", "12")


async def test_the_same_form_again_is_one_inspection_and_each_photo_once(record, device):
    place = await record.place()
    visit = await planned(record, place, device)
    xml = filled_in(
        visit, rooms=[ROOM | {"p_mould": "a.jpg"}, {"room_label": "7", "p_leak": "b.jpg"}]
    )

    first = await device.send(xml)
    second = await device.send(xml, a_jpg=picture())
    third = await device.send(xml, a_jpg=picture(), b_jpg=picture("blue"))
    last = await device.send(xml.replace("><", ">\n  <"), b_jpg=picture("blue"))

    assert [it.status_code for it in (first, second, third, last)] == [201] * 4
    assert len(await inspections_of(record, place)) == 1
    assert sorted(it["item"] for it in await photos_of(record, place)) == ["leak", "mould"]
    assert record.count("field_submission") == 1


async def test_many_equal_sendings_at_once_are_one(record, device):
    place = await record.place()
    visit = await planned(record, place, device)
    xml = filled_in(visit, rooms=[ROOM | {"p_mould": "a.jpg"}])

    answers = await asyncio.gather(*(device.send(xml, a_jpg=picture()) for _ in range(8)))

    assert {it.status_code for it in answers} == {201}
    assert len(await inspections_of(record, place)) == 1
    assert len(await photos_of(record, place)) == 1


async def test_an_absent_answer_is_not_zero(record, device):
    place = await record.place()
    visit = await planned(record, place, device)

    await device.send(filled_in(visit, building={"a_alarm": 0}))

    (made,) = await inspections_of(record, place)
    assert 0 < made["coverage"] < 0.1
    assert made["insalubrity_index"] == 0


async def test_names_are_read_with_and_without_their_namespace(record, device):
    place = await record.place()
    for n, namespaced in enumerate((True, False)):
        visit = await planned(record, place, device, external_id=str(n))
        xml = filled_in(visit, building=BUILDING, namespaced=namespaced)
        assert (await device.send(xml)).status_code == 201

    assert len(await inspections_of(record, place)) == 2


async def test_what_is_still_there_and_what_is_fixed_goes_on_with_its_finding(record, device):
    place = await record.place()
    await record.inspect(
        place,
        answers=[
            {"item": "mould", "value": 3, "room": "12"},
            {"item": "leak", "value": 2, "room": "9"},
            {"item": "alarm", "value": 2},
        ],
        occurred_at=(datetime.now(UTC) - timedelta(days=30)).isoformat(),
    )
    visit = await planned(record, place, device)
    still = [
        {"open_item": "mould", "open_room": "12", "now": 2, "now_photo": "a.jpg"},
        {"open_item": "leak", "open_room": "9", "now": 0},
        {"open_item": "alarm", "open_room": "", "now": "not_seen"},
    ]

    answer = await device.send(filled_in(visit, still=still), a_jpg=picture())

    assert answer.status_code == 201, answer.text
    stand = {
        it["item"]: (it["state"], it["severity"])
        for it in await record.items("/v1/anomalies", accommodation_id=place)
    }
    assert stand["mould"] == ("open", 2)
    assert stand["leak"][0] == "verified"
    assert stand["alarm"] == ("open", 2)
    (photo,) = await photos_of(record, place)
    assert (photo["item"], photo["room"]) == ("mould", "12")


async def test_of_two_answers_to_one_question_the_worst_counts(record, device):
    place = await record.place()
    visit = await planned(record, place, device)
    still = [{"open_item": "mould", "open_room": "12", "now": 0}]

    await device.send(filled_in(visit, still=still, rooms=[ROOM, {"room_label": "12"}]))

    (made,) = await inspections_of(record, place)
    assert [it["severity"] for it in made["findings"]] == [3]
    assert made["rooms_seen"] == 1


async def test_a_room_that_was_not_drawn_needs_no_reason_of_the_device(record, device):
    place = await record.place(rooms=6)
    await record.inspect(place, answers=[{"item": "leak", "value": 2, "room": "9"}])
    visit = await planned(record, place, device)
    await record.client.post(f"/v1/visits/{visit}/room-draw")

    answer = await device.send(filled_in(visit, rooms=[ROOM | {"room_label": "99"}]))

    assert answer.status_code == 201, answer.text
    newest = (await inspections_of(record, place))[0]
    form = (await record.client.get(f"/v1/inspections/{newest['id']}/form")).json()
    assert [(it["room"], it["reason"]) for it in form["rooms"]] == [("99", "other")]


async def test_a_visit_that_did_not_take_place_says_so(record, device):
    place = await record.place()
    visit = await planned(record, place, device)

    assert (await device.send(filled_in(visit, outcome="refused"))).status_code == 201

    assert (await record.client.get(f"/v1/visits/{visit}")).json()["state"] == "refused"


async def test_a_changed_form_under_a_known_id_is_kept_for_somebody_to_decide(record, device):
    place = await record.place()
    visit = await planned(record, place, device)
    instance = f"uuid:{uuid4()}"
    await device.send(filled_in(visit, building={"a_alarm": 1}, instance=instance))
    changed = filled_in(visit, building={"a_alarm": 3, "p_alarm": "a.jpg"}, instance=instance)

    answers = [await device.send(changed, a_jpg=picture()) for _ in range(2)]

    assert [it.status_code for it in answers] == [202, 202]
    (made,) = await inspections_of(record, place)
    assert [it["severity"] for it in made["findings"]] == [1], "the record stays as it was"
    (waiting,) = await record.items("/v1/form-conflicts", state="open")
    said = (await record.client.get(f"/v1/form-conflicts/{waiting['id']}")).json()
    assert [(it["what"], it["recorded"], it["sent"]) for it in said["differences"]] == [
        ("alarm", 1, 3)
    ]
    assert len(await photos_of(record, place)) == 1, "its photo is kept with the place"


async def test_an_edit_names_the_form_it_takes_the_place_of(record, device):
    place = await record.place()
    visit = await planned(record, place, device)
    first, second, third = (f"uuid:{uuid4()}" for _ in range(3))
    await device.send(filled_in(visit, building={"a_alarm": 1}, instance=first))

    edit = filled_in(visit, building={"a_alarm": 2}, instance=second, edits=first)
    edited = [await device.send(edit) for _ in range(2)]
    stale = await device.send(
        filled_in(visit, building={"a_alarm": 4}, instance=third, edits=first)
    )
    unknown = await device.send(filled_in(visit, edits=f"uuid:{uuid4()}"))

    assert [it.status_code for it in edited] == [202, 202], "the visit is over: to be decided"
    assert (stale.status_code, unknown.status_code) == (409, 409)
    assert "edited meanwhile" in stale.json()["detail"]


async def test_an_edit_of_what_was_sent_back_is_the_new_inspection(record, device):
    place = await record.place()
    visit = await planned(record, place, device)
    first = f"uuid:{uuid4()}"
    await device.send(filled_in(visit, building={"a_alarm": 1}, instance=first))
    (made,) = await inspections_of(record, place)
    sent_back = {"state": "sent_back", "reason": "The alarm was not tried"}
    await record.client.post(f"/v1/inspection-reviews/{made['id']}", json=sent_back)

    answer = await device.send(filled_in(visit, building={"a_alarm": 3}, edits=first))

    assert answer.status_code == 201, answer.text
    (newer,) = await inspections_of(record, place)
    assert [it["severity"] for it in newer["findings"]] == [3]


async def test_a_form_that_cannot_be_recorded_is_kept_and_recorded_later(record, device):
    place = await record.place()
    xml = filled_in(str(uuid4()), rooms=[ROOM | {"p_mould": "a.jpg"}])

    answers = [await device.send(xml), await device.send(xml, a_jpg=picture())]

    assert [it.status_code for it in answers] == [202, 202]
    (waiting,) = await held(record)
    assert "no such visit" in waiting["problem"]
    path = f"/v1/field-submissions/{waiting['id']}"
    detail = (await record.client.get(path)).json()
    assert detail["xml"] == xml
    assert [it["state"] for it in detail["photos"]] == ["held"]
    visit = await planned(record, place, device)
    decision = {"decision": "record", "visit_id": visit, "reason": "It is this visit"}
    decided = await record.client.post(f"{path}/resolution", json=decision)
    assert decided.status_code == 200, decided.text
    assert decided.json()["state"] == "recorded"
    assert decided.json()["xml"] is None
    assert [it["state"] for it in decided.json()["photos"]] == ["kept"]
    assert len(await photos_of(record, place)) == 1
    assert len(await inspections_of(record, place)) == 1
    assert (await device.send(xml, a_jpg=picture())).status_code == 201
    again = await record.client.post(f"{path}/resolution", json=decision)
    assert again.json() == decided.json()
    other = decision | {"decision": "dismiss", "visit_id": None}
    assert (await record.client.post(f"{path}/resolution", json=other)).status_code == 409


async def test_a_form_that_was_given_up_leaves_nothing_but_the_decision(record, device):
    xml = filled_in("nowhere", rooms=[ROOM | {"p_mould": "a.jpg"}])
    await device.send(xml, a_jpg=picture())
    (waiting,) = await held(record)
    path = f"/v1/field-submissions/{waiting['id']}"
    still = {"decision": "record", "reason": "Perhaps it works now"}
    refused = await record.client.post(f"{path}/resolution", json=still)

    given_up = await record.client.post(
        f"{path}/resolution", json={"decision": "dismiss", "reason": "A trial"}
    )

    assert refused.status_code == 422
    assert "still cannot be recorded" in refused.json()["detail"]
    assert given_up.json()["state"] == "dismissed"
    assert given_up.json()["photos"] == []
    assert await held(record) == []
    assert (await device.send(xml)).status_code == 202


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<outcome>done", "<outcome>finished"),
        ("a_alarm>", "a_unknown>"),
        ('version="1-1"', 'version="77-1"'),
        ("<started>2", "<started>9"),
    ],
)
async def test_what_the_record_refuses_is_kept_with_the_reason(record, device, old, new):
    place = await record.place()
    visit = await planned(record, place, device)
    xml = filled_in(visit, building={"a_alarm": 0}).replace(old, new)

    answer = await device.send(xml)

    assert answer.status_code == 202, answer.text
    (waiting,) = await held(record)
    assert waiting["problem"]
    assert await inspections_of(record, place) == []


@pytest.mark.parametrize(
    "xml",
    [
        "",
        "no xml",
        "<data/>",
        '<data id="ronde-default"><meta/></data>',
        '<!DOCTYPE d [<!ENTITY a "b">]><data id="ronde-default">&a;</data>',
        '<data id="x"><meta><instanceID>1</instanceID></meta><seen><a_b>7</a_b></seen></data>',
        "<a>" * 100_000,
        "<a>" * 50_000 + "</a>" * 50_000,
        b"\xff\xfe<data/>",
    ],
)
async def test_what_is_no_form_is_refused_with_the_reason(record, device, xml):
    answer = await device.send(xml)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == "/xml_submission_file"
    assert record.count("field_submission") == 0


async def test_a_file_that_is_no_photo_is_told_and_not_asked_for_again(record, device):
    place = await record.place()
    visit = await planned(record, place, device)
    xml = filled_in(visit, rooms=[ROOM | {"p_mould": "a.jpg"}])

    answers = [await device.send(xml, a_jpg=it) for it in (b"no picture", picture())]

    assert [it.status_code for it in answers] == [201, 201]
    (sent,) = await record.items("/v1/field-submissions")
    detail = (await record.client.get(f"/v1/field-submissions/{sent['id']}")).json()
    assert [it["state"] for it in detail["photos"]] == ["refused"]
    assert detail["photos"][0]["problem"]


async def test_a_submission_without_its_form_names_the_part(device):
    answer = await device.client.post(
        "/openrosa/submission", files={"a.jpg": ("a.jpg", picture())}, headers=device.headers
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/xml_submission_file"


async def test_a_device_asks_first_how_much_it_may_send(device):
    answer = await device.client.head("/openrosa/submission", headers=device.headers)

    assert answer.status_code == 204
    assert answer.headers["x-openrosa-version"] == "1.0"
    assert int(answer.headers["x-openrosa-accept-content-length"]) > 1_000_000


async def test_nobody_sends_for_another_organisation(record, device):
    place = await record.place()
    visit = await planned(record, place, device)
    theirs = token("inspector", organisation=THEIRS, inspector=device.inspector)
    stranger = Device(record.client, {"Authorization": f"Bearer {theirs}"}, device.inspector)

    answer = await stranger.send(filled_in(visit, building=BUILDING))

    assert answer.status_code == 202, "kept, in their own organisation"
    assert await inspections_of(record, place) == []
    assert await held(record) == []
    reader = record.headers("reader")
    refused = await record.client.post("/openrosa/submission", headers=reader)
    assert refused.status_code == 403


async def test_a_form_cut_in_the_middle_of_a_photo_is_not_taken(record, device):
    place = await record.place()
    visit = await planned(record, place, device)
    form = filled_in(visit, rooms=[ROOM | {"p_mould": "a.jpg"}]).encode()
    part = b'--edge\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n%s'
    parts = [
        part % (b"xml_submission_file", b"form.xml", form),
        part % (b"a.jpg", b"a.jpg", picture()),
    ]
    whole = b"\r\n".join([*parts, b"--edge--\r\n"])
    headers = device.headers | {"Content-Type": "multipart/form-data; boundary=edge"}

    for length in (len(whole) - 200, len(whole) - 6):
        path = f"{device.root}/submission"
        cut = await device.client.post(path, content=whole[:length], headers=headers)
        assert (cut.status_code, "ends before" in cut.text) == (422, True)
    assert await inspections_of(record, place) == []
    sent = await device.client.post(f"{device.root}/submission", content=whole, headers=headers)
    assert sent.status_code == 201, sent.text
    assert len(await photos_of(record, place)) == 1
