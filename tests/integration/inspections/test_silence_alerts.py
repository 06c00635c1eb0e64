"""A visit nobody has heard of: who is on call is paged until somebody answers."""

from uuid import uuid4

from danger_evening import MINUTE

from shared.testing import token


async def test_a_visit_nobody_has_heard_of_pages_who_is_on_call_until_somebody_answers(evening):
    await evening.on_call(1, "astreinte@example.org")
    await evening.on_call(2, "chef@example.org")
    seen_at = evening.now - 40 * MINUTE
    silence = {
        "id": str(uuid4()),
        "accommodation_id": evening.place,
        "opened_at": (seen_at - 10 * MINUTE).isoformat(),
        "seen_at": seen_at.isoformat(),
    }
    raised = await evening.post("/v1/alerts", **silence)
    assert await evening.post("/v1/alerts", **silence) == raised
    await evening.pass_time(0)
    assert evening.mailbox.recipients() == ["astreinte@example.org"]
    text = evening.mailbox.mails[0].get_content()
    assert "nobody has heard of" in text
    assert f"{seen_at:%d/%m/%Y %H:%M}" in text
    second = {"external_id": "H2", "name": "H2", "postcode": "93200", "city": "Saint-Denis"}
    other = await evening.post("/v1/accommodations", rooms=9, **second)
    await evening.post("/v1/alerts", 409, **silence | {"accommodation_id": other["id"]})
    await evening.pass_time(30)
    assert evening.mailbox.recipients()[1:] == ["chef@example.org"]
    await evening.post(f"/v1/alerts/{raised['id']}/acknowledgement", 200, note="All is well.")
    await evening.pass_time(60)
    assert len(evening.mailbox.mails) == 2
    (told, *_) = await evening.told()
    assert (told["data"]["source"], told["data"]["dangers"]) == ("silence", [])


async def test_a_silence_that_cannot_be_is_refused(evening):
    good = {
        "id": str(uuid4()),
        "accommodation_id": evening.place,
        "opened_at": (evening.now - 60 * MINUTE).isoformat(),
        "seen_at": (evening.now - 50 * MINUTE).isoformat(),
    }
    wrong = {
        "seen_at": (evening.now + MINUTE).isoformat(),
        "opened_at": evening.now.isoformat(),
        "accommodation_id": str(uuid4()),
    }
    found = {}
    for name, value in wrong.items():
        answer = await evening.client.post("/v1/alerts", json=good | {name: value})
        found[name] = answer.status_code
    assert found == {"seen_at": 422, "opened_at": 422, "accommodation_id": 404}
    reader = {"Authorization": f"Bearer {token('inspector', organisation=evening.organisation)}"}
    refused = await evening.client.post("/v1/alerts", json=good, headers=reader)
    assert refused.status_code == 403
    assert await evening.alerts() == []
