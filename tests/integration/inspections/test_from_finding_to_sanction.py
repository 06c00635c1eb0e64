"""A place's story, from five findings to a suspension by two people, and back."""

from uuid import uuid4

import pytest
from place_story import FIVE, Story, notify, sanction

from shared.contracts.inspections.register import AccommodationInput
from shared.testing import token


async def test_from_five_findings_to_a_suspension_and_back(story):
    # A first visit finds mould; it is put right, and seen to be so.
    await story.inspect(("mould", 2, "12"))
    await story.days_pass(10)
    await story.inspect(("mould", 0, "12"))

    # Three weeks later there are five findings. The mould is back: a repeat.
    await story.days_pass(21)
    await story.inspect(*FIVE)
    found = await story.anomalies(state="open")
    assert sorted(found) == sorted(item for item, _, _ in FIVE)
    assert [it["item"] for it in found.values() if it["repeats"]] == ["mould"]

    # The operator is notified, receives the notice, and claims one thing to be fixed.
    notice = await notify(story)
    await story.days_pass(1)
    received = story.now.isoformat()
    path = f"/v1/notices/{notice['id']}"
    await story.post(f"{path}/receipt", 200, received_at=received, means="hand")
    await story.days_pass(4)
    claim = {"anomaly_id": found["drains"]["id"], "proofs": [{"kind": "invoice"}]}
    answered = story.now.isoformat()
    told = {"answered_at": answered, "means": "email", "text": "Drains done.", "claims": [claim]}
    await story.post(f"{path}/answer", 200, **told)

    # Fourteen days after the visit the others are overdue, and a re-inspection is proposed.
    await story.days_pass(9)
    assert await story.anomalies(overdue=True) == {}
    await story.days_pass(1)
    overdue = await story.anomalies(overdue=True)
    (again,) = (await story.get("/v1/reinspections"))["items"]
    assert sorted(overdue) == ["bedding", "mould", "pest_bedbugs", "waste"]
    assert {it["cause"] for it in again["reasons"]} == {"overdue"}
    assert len(await story.told("reinspection.proposed")) == 1
    (candidate,) = (await story.get("/v1/candidates", starts_on=again["see_by"]))["items"]
    assert (candidate["visit_kind"], candidate["must_visit"]) == ("reinspection", True)
    assert candidate["must_reason"]["fr"].startswith("Contre-visite à faire au plus tard")

    # The re-inspection sees the drains still blocked: a false claim.
    await story.days_pass(2)
    await story.inspect(*FIVE)
    drains = (await story.anomalies(category="heating_water"))["drains"]
    assert (drains["state"], drains["false_claims"]) == ("reopened", 1)
    assert (await story.get("/v1/reinspections"))["items"] == []

    await suspended_by_two_people_after_a_reply(story)
    await reinstated_after_a_clean_visit(story)
    steps = [it["step"] for it in (await story.get("/v1/sanctions"))["items"]]
    assert steps == ["reinstatement", "suspension", "formal_notice", "reminder"]
    statuses = [it["status"] for it in await story.told("booking_status.changed")]
    assert statuses == ["suspended", "open"]


async def suspended_by_two_people_after_a_reply(story: Story) -> None:
    # The ladder begins at its foot.
    await story.post(
        "/v1/sanctions", 409, accommodation_id=story.place, step="suspension", grounds="At once."
    )
    reminder = await sanction(story, "reminder")
    await story.days_pass(1)
    formal = await sanction(story, "formal_notice")
    assert (reminder["state"], formal["state"]) == ("decided", "proposed")
    decided = {"state": "decided", "reason": "No answer in eight days."}
    await story.post(f"/v1/sanctions/{formal['id']}/decision", 409, by="omar", **decided)
    await story.days_pass(8.1)
    await story.post(f"/v1/sanctions/{formal['id']}/decision", 200, by="omar", **decided)

    suspension = await sanction(story, "suspension")
    path = f"/v1/sanctions/{suspension['id']}"
    decided = {"state": "decided", "reason": "Works promised before."}
    # Not before the operator is heard, and not by who proposed it.
    await story.post(f"{path}/decision", 409, by="omar", **decided)
    await story.days_pass(1)
    reply = {"replied_at": story.now.isoformat(), "text": "Works begin on Monday."}
    await story.post(f"{path}/reply", 200, **reply)
    await story.post(f"{path}/decision", 409, by="claire", **decided)
    assert await story.status() == "active"
    assert await register(story, "withdrawn") == 409
    await story.post(f"{path}/decision", 200, by="omar", **decided)
    assert await story.status() == "suspended"
    assert await register(story, "active") == 409


async def register(story: Story, contract_state: str) -> int:
    path = f"/v1/accommodations/{story.place}"
    read = await story.client.get(path)
    place = {k: v for k, v in read.json().items() if k in AccommodationInput.model_fields}
    answer = await story.client.put(
        path,
        json=place | {"contract_state": contract_state},
        headers={"If-Match": read.headers["etag"]},
    )
    return answer.status_code


async def reinstated_after_a_clean_visit(story: Story) -> None:
    await story.post(
        "/v1/sanctions", 409, accommodation_id=story.place, step="reinstatement", grounds="Please."
    )
    await story.days_pass(10)
    clean = await story.inspect(*((item, 0, room) for item, _, room in FIVE))
    assert clean["grade"] == "A"
    assert await story.anomalies(state="notified") == {}
    back = await sanction(story, "reinstatement")
    decided = {"state": "decided", "reason": "All five are right."}
    path = f"/v1/sanctions/{back['id']}/decision"
    await story.post(path, 409, by="claire", **decided)
    await story.post(path, 200, by="omar", **decided)
    assert await story.status() == "active"


async def test_a_serious_claim_proposes_a_visit_and_a_risk_is_looked_at_on_its_day(story):
    await story.inspect(("mould", 3, "12"), ("noise", 2, "7"))
    found = await story.anomalies()
    await story.post(f"/v1/anomalies/{found['mould']['id']}/moves", 200, move="claim_fixed")
    await story.post(
        f"/v1/anomalies/{found['noise']['id']}/moves",
        200,
        move="accept_risk",
        reason="Street works",
        review_on="2026-04-01",
    )
    (again,) = (await story.get("/v1/reinspections"))["items"]
    await story.days_pass(31)
    noise = (await story.anomalies())["noise"]
    (later,) = (await story.get("/v1/reinspections", limit=1))["items"]

    assert [it["cause"] for it in again["reasons"]] == ["claimed_fixed"]
    assert (noise["state"], noise["review_on"]) == ("reopened", None)
    assert [it["cause"] for it in later["reasons"]] == ["claimed_fixed", "review"]


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"step": "formal_notice", "reply_by": "2026-03-02T11:00:00+01:00"}, (422, "/reply_by")),
        ({"step": "relocation"}, (409, "/step")),
        ({"step": "reinstatement"}, (409, "/step")),
        ({"step": "reminder", "anomaly_ids": [str(uuid4())]}, (422, "/anomaly_ids/0")),
        ({"step": "reminder", "notice_id": str(uuid4())}, (422, "/notice_id")),
        ({"step": "reminder", "grounds": ""}, (422, "/grounds")),
        ({"step": "fine"}, (422, "/step")),
        ({"step": "reminder", "accommodation_id": str(uuid4())}, (404, "accommodation")),
    ],
)
async def test_a_step_that_may_not_be_taken_is_refused_by_name(story, body, refusal):
    asked = {"accommodation_id": story.place, "grounds": "x"} | body
    answer = await story.client.post("/v1/sanctions", json=asked)

    assert answer.status_code == refusal[0], answer.text
    assert refusal[1] in answer.text
    assert (await story.get("/v1/sanctions"))["items"] == []


async def test_a_proposal_is_made_once_dropped_once_and_told(story):
    body = {"accommodation_id": story.place, "step": "formal_notice", "grounds": "x"}
    headers = {"Idempotency-Key": "s-1"}
    first = await story.client.post("/v1/sanctions", json=body, headers=headers)
    again = await story.client.post("/v1/sanctions", json=body, headers=headers)
    other = await story.client.post("/v1/sanctions", json=body | {"grounds": "y"}, headers=headers)
    twice = await story.client.post("/v1/sanctions", json=body)
    path = f"/v1/sanctions/{first.json()['id']}"
    await story.post(f"{path}/decision", 422, by="omar", state="proposed", reason="x")
    await story.post(f"{path}/reply", 422, replied_at="2026-03-01T10:00:00Z", text="x")
    dropped = await story.post(f"{path}/decision", 200, by="omar", state="dropped", reason="x")
    await story.post(f"{path}/decision", 409, by="omar", state="decided", reason="x")
    await story.post(f"{path}/reply", 409, replied_at="2026-03-02T10:00:00Z", text="x")

    assert [it.status_code for it in (first, again, other, twice)] == [201, 200, 422, 409]
    assert (await story.get(path))["state"] == dropped["state"] == "dropped"
    assert len(await story.told("sanction.proposed")) == len(await story.told("sanction.dropped"))
    program = {"Authorization": f"Bearer {token('service', organisation=story.organisation)}"}
    alone = await story.client.post("/v1/sanctions", json=body, headers=program)
    assert alone.status_code == 403
