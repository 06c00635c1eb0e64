"""Anomalies over HTTP: continued by inspections, moved by people, told to the feed."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from inspections.jobs.tend_record import Tending, tend
from shared.db import Database

NOW = datetime.now(UTC)


def days_ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat()


async def seen(record, place: str, days: float, *answers: tuple[str, object, str | None]):
    """Record what an inspection of so many days ago saw of items and rooms."""
    written = [{"item": item, "value": value, "room": room} for item, value, room in answers]
    return await record.inspect(place, occurred_at=days_ago(days), answers=written)


async def anomalies(record, **parameters: object):
    return await record.items("/v1/anomalies", **parameters)


async def move(record, anomaly: str, headers: dict[str, str] | None = None, **body: object):
    return await record.client.post(f"/v1/anomalies/{anomaly}/moves", json=body, headers=headers)


async def test_one_anomaly_continues_across_visits_until_it_is_seen_to_be_right(record):
    place = await record.place()
    first = await seen(record, place, 30, ("leak", 2, "12"), ("leak", 1, "14"))
    await seen(record, place, 20, ("leak", 3, "12"), ("leak", "not_seen", "14"))
    await seen(record, place, 10, ("leak", 0, "12"))

    twelve, fourteen = sorted(await anomalies(record), key=lambda it: it["room"])
    account = (await record.client.get(f"/v1/anomalies/{twelve['id']}")).json()

    assert (twelve["state"], twelve["sightings"], twelve["severity"]) == ("verified", 2, 3)
    assert (fourteen["state"], fourteen["sightings"]) == ("open", 1)
    assert fourteen["overdue"] is True
    assert [it["severity"] for it in account["findings"]] == [2, 3]
    assert [it["kind"] for it in account["steps"]] == ["open", "verified"]
    assert {it["anomaly_id"] for it in first["findings"]} == {twelve["id"], fourteen["id"]}


async def test_what_comes_back_within_the_year_is_a_repeat_of_what_it_was(record):
    place = await record.place()
    await seen(record, place, 90, ("mould", 2, "1"))
    await seen(record, place, 60, ("mould", 0, "1"))
    await seen(record, place, 5, ("mould", 2, "1"))

    back, before = await anomalies(record)

    assert (back["repeat_of"], back["repeats"]) == (before["id"], 1)
    assert await anomalies(record, repeat=True) == [back]


async def test_an_older_visit_sent_late_opens_nothing_that_a_later_one_saw_to_be_right(record):
    place = await record.place()
    await seen(record, place, 10, ("leak", 0, "3"), ("mould", 0, "4"))
    await seen(record, place, 30, ("leak", 2, "3"), ("mould", 1, None))

    leak, mould = sorted(await anomalies(record), key=lambda it: it["item"])

    assert (leak["state"], leak["state_since"][:10]) == ("verified", days_ago(10)[:10])
    assert mould["state"] == "open"


async def test_moves_lead_through_the_life_of_an_anomaly_and_are_told(record):
    place = await record.place()
    await seen(record, place, 20, ("leak", 2, "12"))
    (it,) = await anomalies(record)
    proof = {"kind": "invoice", "note": "Plumber, 12 March"}

    claimed = await move(record, it["id"], move="claim_fixed", proofs=[proof])
    reopened = await move(record, it["id"], move="reopen", reason="It drips again.")
    accepted = await move(
        record,
        it["id"],
        move="accept_risk",
        reason="Works in spring",
        review_on=(NOW + timedelta(days=60)).date().isoformat(),
    )
    account = (await record.client.get(f"/v1/anomalies/{it['id']}")).json()
    events = [it for it in await record.events() if it["kind"] == "anomalies.changed"]

    assert it["overdue"] is True
    assert (claimed.json()["state"], claimed.json()["overdue"]) == ("claimed_fixed", False)
    assert (reopened.json()["state"], reopened.json()["false_claims"]) == ("reopened", 1)
    assert accepted.json()["allowed_moves"] == ["verify", "reopen", "assign"]
    assert [step["kind"] for step in account["steps"]] == [
        "open",
        "claimed_fixed",
        "reopened",
        "accepted_risk",
    ]
    assert account["steps"][1]["proofs"] == [proof | {"sha256": None}]
    assert account["steps"][1]["done_by"] == "tester"
    assert [it["data"]["cause"] for it in events] == ["inspection", "move", "move", "move"]
    assert [it["data"]["anomalies"][0]["state"] for it in events[1:]] == [
        "claimed_fixed",
        "reopened",
        "accepted_risk",
    ]


async def test_a_move_sent_again_with_its_key_is_made_once(record):
    place = await record.place()
    await seen(record, place, 20, ("leak", 2, None))
    (it,) = await anomalies(record)
    key = {"Idempotency-Key": "claim-1"}

    first = await move(record, it["id"], key, move="claim_fixed", reason="Done")
    again = await move(record, it["id"], key, move="claim_fixed", reason="Done")
    other = await move(record, it["id"], key, move="claim_fixed", reason="Done twice")

    assert (first.status_code, again.status_code, other.status_code) == (200, 200, 422)
    assert first.json() == again.json()
    assert other.json()["type"].endswith("idempotency-key-reused")
    assert record.count("anomaly_step") == 2


@pytest.mark.parametrize(
    ("value", "body", "refusal"),
    [
        (2, {"move": "reopen", "reason": "x"}, (409, "/move")),
        (4, {"move": "accept_risk", "reason": "x", "review_on": "2026-12-31"}, (409, "/move")),
        (3, {"move": "verify", "proofs": [{"kind": "photo"}]}, (409, "/move")),
        (2, {"move": "verify"}, (422, "/proofs")),
        (2, {"move": "accept_risk", "reason": "x"}, (422, "/review_on")),
        (2, {"move": "claim_fixed", "occurred_at": "2001-01-01T00:00:00Z"}, (422, "/occurred_at")),
        (2, {"move": "claim_fixed", "occurred_at": "2100-01-01T00:00:00Z"}, (422, "/occurred_at")),
        (2, {"move": "claim_fixed", "proofs": [{"kind": "photo", "sha256": "x"}]}, (422, "sha256")),
        (2, {"move": "notify"}, (422, "/move")),
        (2, {"move": "assign"}, (422, "responsibility")),
        (2, {"move": "assign", "responsibility": "household"}, (422, "reason")),
        (2, {"move": "claim_fixed", "responsibility": "household"}, (422, "responsibility")),
        (2, {"move": "claim_fixed", "by": "me"}, (422, "/by")),
    ],
)
async def test_a_move_that_cannot_be_is_refused_by_name_and_changes_nothing(
    record, value, body, refusal
):
    place = await record.place()
    await seen(record, place, 2, ("leak", value, None))
    (it,) = await anomalies(record)

    answer = await move(record, it["id"], **body)

    status, pointer = refusal
    assert answer.status_code == status, answer.text
    assert pointer in answer.text
    assert await anomalies(record) == [it]
    assert record.count("anomaly_step") == 1


async def test_a_responsibility_is_assigned_with_its_reason(record):
    place = await record.place()
    await seen(record, place, 2, ("clean_room", 2, "4"), ("conduct", 2, None))
    found = {it["item"]: it for it in await anomalies(record)}

    answer = await move(
        record,
        found["clean_room"]["id"],
        move="assign",
        responsibility="household",
        reason="Agreed with the family's social worker",
    )

    assert found["clean_room"]["responsibility"] == "operator"
    assert found["conduct"]["responsibility"] == "unknown"
    assert (answer.json()["responsibility"], answer.json()["state"]) == ("household", "open")
    assert len(await anomalies(record, responsibility="household")) == 1


async def test_what_is_over_has_no_moves_left(record):
    place = await record.place()
    await seen(record, place, 2, ("leak", 2, None))
    (it,) = await anomalies(record)

    done = await move(record, it["id"], move="verify", proofs=[{"kind": "photo"}])
    again = await move(record, it["id"], move="claim_fixed")
    assigned = await move(
        record, it["id"], move="assign", responsibility="household", reason="late"
    )

    assert (done.json()["state"], done.json()["allowed_moves"]) == ("verified", [])
    assert (again.status_code, assigned.status_code) == (409, 409)


async def test_decisions_need_a_manager_and_other_territories_know_nothing(record):
    place = await record.place()
    await seen(record, place, 2, ("leak", 2, None))
    (it,) = await anomalies(record)
    elsewhere = record.headers(territories=["93"])

    refused = await move(
        record, it["id"], record.headers("inspector"), move="accept_risk", reason="x"
    )
    unseen = await move(record, it["id"], elsewhere, move="claim_fixed")
    read = await record.client.get(f"/v1/anomalies/{it['id']}", headers=elsewhere)
    listed = await record.client.get("/v1/anomalies", headers=elsewhere)
    absent = await record.client.get(f"/v1/anomalies/{uuid4()}")

    assert (refused.status_code, unseen.status_code, read.status_code) == (403, 404, 404)
    assert (listed.json()["items"], absent.status_code) == ([], 404)


async def test_overdue_ones_are_listed_the_longest_overdue_first_page_by_page(record):
    place = await record.place()
    for days in (40, 5, 30, 20):
        await seen(record, place, days, ("leak", 2, str(days)))

    overdue = await anomalies(record, overdue=True, limit=1)
    everything = await anomalies(record, limit=3, state="open", severity_min=2)

    assert [it["room"] for it in overdue] == ["40", "30", "20"]
    assert [it["room"] for it in everything] == ["5", "20", "30", "40"]


async def test_a_chosen_policy_rules_what_is_found_from_then_on(record):
    place = await record.place()
    await seen(record, place, 3, ("leak", 1, "1"))
    unknown = await record.client.put("/v1/deadline-policies/chosen", json={"policy": "soon"})
    chosen = await record.client.put(
        "/v1/deadline-policies/chosen", json={"policy": "new_york_hpd"}
    )
    again = await record.client.put("/v1/deadline-policies/chosen", json={"policy": "new_york_hpd"})
    await seen(record, place, 2, ("leak", 1, "2"))
    listed = (await record.client.get("/v1/deadline-policies")).json()["items"]
    found = {it["room"]: it for it in await anomalies(record)}

    def allowed(room: str) -> timedelta:
        it = found[room]
        due_at, seen_at = (datetime.fromisoformat(it[n]) for n in ("due_at", "first_seen_at"))
        return due_at - seen_at

    assert (unknown.status_code, chosen.status_code) == (422, 200)
    assert chosen.json() == again.json() == {"items": listed}
    assert record.count("deadline_choice") == 1
    assert [it["name"] for it in listed if it["in_use"]] == ["new_york_hpd"]
    assert timedelta(days=14) <= allowed("1") <= timedelta(days=15, hours=1)
    assert timedelta(days=90) <= allowed("2") <= timedelta(days=91, hours=1)


async def test_findings_and_re_inspections_are_due_as_the_policy_chosen_says(record):
    await record.client.put("/v1/deadline-policies/chosen", json={"policy": "by_severity"})
    place = await record.place()
    friday, tuesday = "2026-03-06T09:00:00Z", "2026-03-10T09:00:00Z"
    first = await record.inspect(place, ("leak", 3), ("drains", 2), occurred_at=friday)
    again = await record.inspect(place, ("leak", 3), ("wires", 4), occurred_at=tuesday)

    due = [{it["item"]: it["due_on"] for it in told["findings"]} for told in (first, again)]
    # Five working days; thirty days, to the Monday after; what is seen again keeps its day.
    assert due[0] == {"leak": "2026-03-13", "drains": "2026-04-07"}
    assert due[1] == {"leak": "2026-03-13", "wires": "2026-03-11"}
    for it in await anomalies(record):
        found = [day[it["item"]] for day in due if it["item"] in day]
        assert set(found) == {it["due_at"][:10]}
    events = [it["data"] for it in await record.events() if it["kind"] == "inspection.recorded"]
    assert events[1]["next_due_on"] == "2026-03-11"


async def test_findings_of_before_there_were_anomalies_get_theirs(record):
    place = await record.place()
    await seen(record, place, 40, ("leak", 2, "1"), ("mould", 1, "2"))
    await seen(record, place, 30, ("leak", 1, "1"))
    await seen(record, place, 20, ("leak", 0, "1"))
    wanted = await anomalies(record)
    forget_anomalies(record)
    assert await anomalies(record) == []

    database = Database(record.database.url, record.database.system_url)
    await tend(database, NOW, Tending())
    await tend(database, NOW, Tending())
    await database.dispose()
    linked = await anomalies(record)

    names = wanted[0].keys() - {"id", "repeat_of"}
    assert [[it[n] for n in names] for it in linked] == [[it[n] for n in names] for it in wanted]
    assert record.count("anomaly") == 2


def forget_anomalies(record) -> None:
    """Leave the record as code that knew no anomalies would have."""
    ours = [record.organisation]
    with record.database.administer() as connection:
        connection.execute("update finding set anomaly_id = null where organisation = %s", ours)
        connection.execute("delete from anomaly_past where organisation = %s", ours)
        connection.execute("delete from anomaly_step where organisation = %s", ours)
        connection.execute("delete from anomaly where organisation = %s", ours)
