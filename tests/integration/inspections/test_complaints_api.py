import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from inspections.store.complaints import purge_contacts
from shared.db import Database
from shared.testing import THEIRS, bearer

BUGS = {
    "accommodation_external_id": "H1",
    "source": "social_worker",
    "category": "pests",
    "item": "pest_bedbugs",
    "room": "12",
    "severity": 3,
    "text": "Bed bugs on the first floor since Sunday",
}
AUTHOR = {"name": "Claude Martin", "phone": "06 00 00 00 00", "email": "claude@example.org"}


async def complain(record, **values: object) -> dict[str, object]:
    answer = await record.client.post("/v1/complaints", json=BUGS | values)
    assert answer.status_code == 201, answer.text
    return answer.json() | {"path": answer.headers["location"]}


async def triage(record, complaint: dict[str, object], **values: object):
    read = await record.client.get(complaint["path"])
    return await record.client.patch(
        complaint["path"], json=values, headers={"If-Match": read.headers["etag"]}
    )


async def told(record) -> list[tuple[str, bool]]:
    return [
        (it["subject_id"], it["data"]["verified"])
        for it in await record.events()
        if it["kind"] == "complaint.recorded"
    ]


async def test_a_partner_that_may_only_report_gets_a_receipt_and_reads_nothing(record):
    await record.place()
    partner = record.headers("reporter")

    answer = await record.client.post("/v1/complaints", json=BUGS, headers=partner)

    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "state", "received_at"}
    for path in ("/v1/complaints", answer.headers["location"], "/v1/accommodations"):
        assert (await record.client.get(path, headers=partner)).status_code == 403


@pytest.mark.parametrize("way", ["id", "key"])
async def test_a_complaint_sent_many_times_at_once_is_one(record, way):
    await record.place()
    sent = BUGS | ({"external_id": "115-1"} if way == "id" else {})
    headers = {"Idempotency-Key": "k1"} if way == "key" else {}

    answers = await asyncio.gather(
        *(record.client.post("/v1/complaints", json=sent, headers=headers) for _ in range(8))
    )
    other = await record.client.post(
        "/v1/complaints", json=sent | {"text": "Something else"}, headers=headers
    )

    assert sorted(it.status_code for it in answers) == [200] * 7 + [201]
    assert len({it.json()["id"] for it in answers}) == 1
    assert other.status_code == (409 if way == "id" else 422)
    assert len(await told(record)) == record.count("complaint") == 1


async def test_who_complained_lies_apart_and_is_shown_to_managers_only(record):
    await record.place()
    complaint = await complain(record, contact=AUTHOR)
    path = f"{complaint['path']}/contact"

    by_manager = await record.client.get(path, headers=record.headers("manager"))
    by_planner = await record.client.get(path, headers=record.headers("planner"))

    assert by_manager.json() == AUTHOR
    assert by_planner.status_code == 403
    for other in ("/v1/complaints", complaint["path"], "/v1/inspections/events"):
        text = (await record.client.get(other)).text
        assert "Martin" not in text
        assert "claude@" not in text


async def test_a_contact_is_purged_when_its_day_has_come_and_sooner_once_closed(record):
    await record.place()
    complaint = await complain(record, contact=AUTHOR)
    today = datetime.now(UTC).date()
    path = f"{complaint['path']}/contact"

    async def purged_on(day: date) -> int:
        database = Database(record.database.url, record.database.system_url)
        async with database.session(record.organisation) as session:
            done = await purge_contacts(session, day)
        await database.dispose()
        return done

    assert await purged_on(today + timedelta(days=179)) == 0
    await triage(record, complaint, close=True, reason="Treated and seen")
    assert await purged_on(today + timedelta(days=29)) == 0
    assert (await record.client.get(path)).status_code == 200
    assert await purged_on(today + timedelta(days=31)) == 1
    assert (await record.client.get(path)).status_code == 404
    kept = (await record.client.get(complaint["path"])).json()
    assert (kept["text"], kept["state"]) == (BUGS["text"], "closed")


async def test_who_left_an_address_is_written_to_once_when_the_complaint_is_closed(record):
    place = await record.place()
    complaint = await complain(record, contact=AUTHOR)
    silent = await complain(record, contact={"name": "Inès Autrement"}, external_id="115-2")

    await triage(record, complaint, verdict="unfounded")
    assert await mails(record) == []
    for it in (complaint, silent):
        closed = await triage(record, it, close=True, reason="Treated and seen")
        assert closed.status_code == 200, closed.text
    await triage(record, complaint, close=True, reason="Once more")

    (mail,) = await mails(record)
    assert (mail["recipient"], mail["about"]) == (AUTHOR["email"], complaint["id"])
    assert complaint["id"] in mail["body"]
    where = (await record.client.get(f"/v1/accommodations/{place}")).json()["name"]
    for words in (where, BUGS["text"], "Treated and seen", AUTHOR["name"]):
        assert words not in mail["subject"] + mail["body"]
    elsewhere = record.headers("manager", territories=["69"])
    assert (await record.client.get("/v1/mails", headers=elsewhere)).json() == []


@pytest.mark.parametrize("way", ["day", "rule", "purge"])
async def test_what_was_written_to_an_author_is_forgotten_with_the_address(record, way):
    await record.place()
    complaint = await complain(record, contact=AUTHOR)
    await triage(record, complaint, close=True, reason="Treated and seen")
    assert len(await mails(record)) == 1

    if way == "day":
        database = Database(record.database.url, record.database.system_url)
        async with database.session(record.organisation) as session:
            await purge_contacts(session, datetime.now(UTC).date() + timedelta(days=31))
        await database.dispose()
    elif way == "rule":
        with record.database.administer() as connection:
            connection.execute(
                "update complaint_contact set created_at = now() - interval '800 days' "
                "where organisation = %s",
                [record.organisation],
            )
        run = {"dry_run": False}
        admin = record.headers("admin", "manager")
        await record.client.post("/v1/retention-runs", json=run, headers=admin)
    else:
        path, asked = f"{complaint['path']}/author-purge", {"reason": "asked for it"}
        await record.client.post(path, json=asked, headers=record.headers("admin"))

    assert await mails(record) == []
    assert (await record.client.get(f"{complaint['path']}/contact")).status_code == 404


async def mails(record) -> list[dict[str, object]]:
    return (await record.client.get("/v1/mails")).json()


async def test_a_verified_complaint_is_told_once_more_and_stays_verified(record):
    place = await record.place()
    complaint = await complain(record)
    await record.inspect(place, ("leak", 3))
    (finding,) = await record.items("/v1/findings")

    done = await triage(record, complaint, verdict="verified", finding_id=finding["id"])
    again = await triage(record, complaint, verdict="verified")
    back = await triage(record, complaint, verdict="unfounded")

    assert done.json()["finding_id"] == finding["id"]
    assert (done.json()["state"], done.json()["verdict"]) == ("triaged", "verified")
    assert (again.status_code, back.status_code) == (200, 409)
    assert await told(record) == [(complaint["id"], False), (complaint["id"], True)]
    assert await record.items("/v1/complaints", finding_id=finding["id"], verdict="verified")


async def test_a_complaint_of_a_place_in_words_is_told_once_it_is_placed(record):
    place = await record.place()
    complaint = await complain(
        record, accommodation_external_id=None, place="The hotel by the station", postcode="75011"
    )
    assert await told(record) == []
    assert [it["id"] for it in await record.items("/v1/complaints", unplaced=True)] == [
        complaint["id"]
    ]

    placed = await triage(record, complaint, accommodation_id=place)
    moved = await triage(record, complaint, accommodation_id=await record.place("H2"))

    assert placed.json()["accommodation_id"] == place
    assert moved.status_code == 409
    assert await told(record) == [(complaint["id"], False)]
    assert await record.items("/v1/complaints", unplaced=True) == []


async def test_doubles_are_found_and_grouped_flat(record):
    await record.place()
    first = await complain(record)
    same = await complain(record, text="BEDBUGS first floor, since sunday!", room=None)
    third = await complain(record, item=None, category=None, text="Bed bugs on the first floor")
    await complain(record, item="leak", category="damp_mould", text="Water runs down the wall")
    old = (datetime.now(UTC) - timedelta(days=60)).isoformat()
    await complain(record, occurred_at=old)

    answer = await record.client.get(f"{first['path']}/similar")

    assert [it["complaint"]["id"] for it in answer.json()["items"]] == [same["id"], third["id"]]
    await triage(record, third, duplicate_of=same["id"])
    grouped = await triage(record, same, duplicate_of=first["id"])
    assert grouped.json()["duplicate_of"] == first["id"]
    doubles = await record.items("/v1/complaints", duplicate_of=first["id"])
    assert {it["id"] for it in doubles} == {same["id"], third["id"]}
    circle = await triage(record, first, duplicate_of=third["id"])
    assert circle.status_code == 422


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"source": "nobody"}, "/source"),
        ({"source": "anonymous", "contact": AUTHOR}, "/"),
        ({"severity": 5}, "/severity"),
        ({"text": ""}, "/text"),
        ({"text": "x" * 10_000_000}, "/text"),
        ({"occurred_at": "2099-01-01T00:00:00Z"}, "/occurred_at"),
        ({"accommodation_external_id": "H9"}, "/accommodation_external_id"),
        (
            {"accommodation_external_id": None, "accommodation_id": str(uuid4())},
            "/accommodation_id",
        ),
        ({"accommodation_external_id": None}, "/"),
        ({"accommodation_id": str(uuid4())}, "/"),
        ({"accommodation_external_id": None, "place": "x", "postcode": "00000"}, "/postcode"),
        ({"contact": {"email": "nowhere"}}, "/contact/email"),
    ],
)
async def test_what_cannot_be_a_complaint_is_refused_naming_the_field(record, values, pointer):
    await record.place()

    answer = await record.client.post("/v1/complaints", json=BUGS | values)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert record.count("complaint") == record.count("complaint_contact") == 0


@pytest.mark.parametrize(
    ("values", "pointer"),
    [
        ({"accommodation_id": str(uuid4())}, "/accommodation_id"),
        ({"finding_id": str(uuid4())}, "/finding_id"),
        ({"duplicate_of": str(uuid4())}, "/duplicate_of"),
        ({"verdict": "maybe"}, "/verdict"),
    ],
)
async def test_a_triage_that_cannot_be_is_refused_naming_the_field(record, values, pointer):
    complaint = await complain(record, accommodation_external_id=None, place="Somewhere")

    answer = await triage(record, complaint, **values)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


async def test_a_finding_or_a_double_of_another_place_is_not_linked(record):
    await record.place()
    other = await record.place("H2")
    await record.inspect(other, ("leak", 3))
    (finding,) = await record.items("/v1/findings")
    complaint = await complain(record)
    elsewhere = await complain(record, accommodation_external_id="H2")

    answers = [
        await triage(record, complaint, finding_id=finding["id"]),
        await triage(record, complaint, duplicate_of=elsewhere["id"]),
        await triage(record, complaint, duplicate_of=complaint["id"]),
        await triage(record, complaint, close=True),
    ]

    assert [it.status_code for it in answers] == [422, 422, 422, 409]


async def test_a_triage_made_from_an_old_reading_is_refused(record):
    await record.place()
    complaint = await complain(record)
    await triage(record, complaint, severity=4)

    stale = await record.client.patch(
        complaint["path"], json={"severity": 1}, headers={"If-Match": '"1"'}
    )

    assert stale.status_code == 412
    assert (await record.client.get(complaint["path"])).json()["severity"] == 4


async def test_complaints_stay_within_territory_and_organisation(record):
    await record.place()
    placed = await complain(record)
    unplaced = await complain(
        record, accommodation_external_id=None, place="A hotel", postcode="69001"
    )
    nowhere = await complain(record, accommodation_external_id=None, place="A hotel")

    async def seen(headers: dict[str, str]) -> set[str]:
        answer = await record.client.get("/v1/complaints", headers=headers)
        return {it["id"] for it in answer.json()["items"]}

    assert await seen(record.headers("planner", territories=["75"])) == {placed["id"]}
    assert await seen(record.headers("planner", territories=["69"])) == {unplaced["id"]}
    assert nowhere["id"] in await seen(record.headers("planner"))
    assert await seen(bearer(organisation=THEIRS)) == set()
    hidden = await record.client.get(placed["path"], headers=record.headers(territories=["69"]))
    assert hidden.status_code == 404
