"""What looks wrong waits for a reviewer; what is sent back or voided counts nowhere any more."""

import io
import json
from uuid import uuid4

from PIL import Image

from shared.testing import bearer

ITEMS = ("mould", "leak", "heating", "wires", "noise", "alarm", "waste", "kitchen", "rules", "area")


async def reviewed(record, id, state, reason="wrong hotel", *, status=200):
    answer = await record.client.post(
        f"/v1/inspection-reviews/{id}", json={"state": state, "reason": reason}
    )
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_forms_that_look_wrong_wait_for_a_reviewer_and_sound_ones_do_not(record):
    place, other = await record.place("H1", rooms=3), await record.place("H2")
    who = str(uuid4())
    times = {"started_at": "2026-03-02T09:00:00Z", "ended_at": "2026-03-02T09:02:00Z"}
    odd = [(item, n % 2) for n, item in enumerate(ITEMS)]
    sound = await record.inspect(place, *odd)
    copied = await record.inspect(place, *odd, occurred_at="2026-03-03T10:00:00Z")
    hurried = await record.inspect(
        other, *((it, 0) for it in ITEMS), rooms_seen=40, inspector_ids=[who], **times
    )
    twice = await record.inspect(place, ("leak", 1), inspector_ids=[who], **times)
    for at in (sound, twice):
        picture = io.BytesIO()
        Image.new("RGB", (9, 9), "red").save(picture, format="PNG")
        kept = await record.client.post(
            "/v1/photos", params={"inspection_id": at["id"]}, content=picture.getvalue()
        )
        assert kept.status_code == 201, kept.text

    queue = await record.items("/v1/inspection-reviews", limit=2)

    flags = {it["id"]: {flag["code"] for flag in it["flags"]} for it in queue}
    assert flags == {
        sound["id"]: {"out_of_range"},
        copied["id"]: {"out_of_range", "copy_of_last"},
        hurried["id"]: {"all_good", "impossible_times", "out_of_range"},
        twice["id"]: {"out_of_range", "impossible_times", "two_places_at_once", "doubled_photo"},
    }
    await reviewed(record, copied["id"], "approved", "")
    assert len(await record.items("/v1/inspection-reviews")) == 3
    told = (await record.client.get(f"/v1/inspection-reviews/{copied['id']}")).json()
    assert (told["state"], told["decisions"][0]["state"]) == ("approved", "approved")
    elsewhere = await record.client.get(
        f"/v1/inspection-reviews/{copied['id']}", headers=bearer("manager")
    )
    assert elsewhere.status_code == 404


async def test_what_is_voided_is_out_of_grades_anomalies_lists_and_exports(record):
    place = await record.place()
    await record.inspect(place, ("leak", 2), ("alarm", 1), occurred_at="2026-02-01T10:00:00Z")
    grade = (await record.client.get(f"/v1/accommodations/{place}/grade")).json()
    before = await record.items("/v1/anomalies", accommodation_id=place)
    wrong = await record.inspect(
        place, ("leak", 4), ("alarm", 0), ("gas_co", 4), occurred_at="2026-03-01T10:00:00Z"
    )

    await reviewed(record, wrong["id"], "voided", "", status=422)
    review = await reviewed(record, wrong["id"], "voided")
    again = await reviewed(record, wrong["id"], "voided")

    assert (review["state"], again) == ("voided", review)
    await reviewed(record, wrong["id"], "approved", status=409)
    assert (await record.client.get(f"/v1/inspections/{wrong['id']}")).status_code == 404
    assert len(await record.items("/v1/inspections")) == 1
    assert {it["item"] for it in await record.items("/v1/findings")} == {"leak", "alarm"}
    after = {it["item"]: it for it in await record.items("/v1/anomalies", accommodation_id=place)}
    names = ("state", "severity", "critical", "first_seen_at", "last_seen_at", "sightings")
    for it in before:
        assert {n: after[it["item"]].get(n) for n in names} == {n: it.get(n) for n in names}
    assert after["gas_co"]["state"] == "verified"
    exported = await record.client.get("/v1/exports/findings.csv")
    assert "gas_co" not in exported.text
    now = (await record.client.get(f"/v1/accommodations/{place}/grade")).json()
    assert now["grade"] == grade["grade"]
    assert (await record.events())[-1]["data"]["counts"] is False
    chain = (await record.client.get("/v1/revision-chain")).json()
    assert (chain["whole"], chain["faults"]) == (True, [])
    # Seen again, it is no repeat of what never was; and the voided form does not come back.
    fresh = await record.inspect(place, ("gas_co", 2), occurred_at="2026-03-05T10:00:00Z")
    assert fresh["findings"][0]["repeat"] is False
    newest = await record.items("/v1/anomalies", accommodation_id=place)
    assert [it["repeat_of"] for it in newest if it["last_seen_at"][:10] == "2026-03-05"] == [None]


async def test_a_form_sent_back_opens_its_visit_for_another_and_never_comes_back_itself(record):
    place = await record.place()
    visit = {"accommodation_id": place, "scheduled_at": "2026-03-02T09:00:00Z"}
    visit_id = (await record.client.post("/v1/visits", json=visit)).json()["id"]
    form = record.form(place, ("leak", 2), visit_id=visit_id)
    wrong = (await record.client.post("/v1/inspections", json=form)).json()

    await reviewed(record, wrong["id"], "sent_back", "the wrong room")

    reopened = (await record.client.get(f"/v1/visits/{visit_id}")).json()
    assert (reopened["state"], reopened["reason"]) == ("planned", "inspection withdrawn")
    same = await record.client.post("/v1/inspections/bulk", json={"items": [form]})
    assert (same.json()["created"], same.json()["unchanged"]) == (0, 1)
    right = await record.inspect(place, ("leak", 1), visit_id=visit_id)
    assert right["visit_id"] == visit_id
    assert (await record.client.get(f"/v1/visits/{visit_id}")).json()["state"] == "done"
    assert [it["id"] for it in await record.items("/v1/inspections")] == [right["id"]]


async def test_a_draft_too_deep_to_be_shown_again_is_not_kept(record):
    deep = {"answers": json.loads("[" * 500 + "]" * 500)}

    kept = await record.client.put(f"/v1/inspection-drafts/{uuid4()}", json=deep)

    assert kept.status_code == 422, kept.text
    assert (await record.client.get("/v1/inspection-drafts")).json() == []


async def test_a_form_not_finished_counts_nowhere_and_ends_when_it_is_recorded(record):
    place = await record.place()
    form = record.form(place, ("leak", 2))
    path = f"/v1/inspection-drafts/{form['instance_id']}"

    kept = await record.client.put(path, json={"answers": "half"})
    await record.client.put(path, json=form)
    (draft,) = (await record.client.get("/v1/inspection-drafts")).json()

    assert (kept.status_code, draft["form"]) == (200, form)
    assert record.count("inspection") == 0
    await record.client.post("/v1/inspections", json=form)
    assert (await record.client.get("/v1/inspection-drafts")).json() == []
    await record.client.put(path, json=form)
    assert (await record.client.delete(path)).status_code == 204
    assert (await record.client.delete(path)).status_code == 404
