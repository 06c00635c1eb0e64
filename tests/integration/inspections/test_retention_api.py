"""What is of people is forgotten by rule, or when it is asked for, and no copy brings it back."""

import logging
from datetime import UTC, datetime, timedelta

from restored import backed_up, dropped, restored, told

from inspections.jobs.tend_record import Tending, tend
from inspections.use_cases.search_record import index_changed
from shared.db import Database

NAME, PHONE, MAIL = "Zoé Quatrepommes", "06 98 76 54 32", "zoe.q@exemple.org"
# Somebody else, who must not be taken for who is purged: tests share a database.
OTHER = {"text": "Froid la nuit", "contact": {"name": "Inès Autrement"}}
TRACES = ("quatrepom", "98 76 54 32", "zoe.q@")


def age(record, table, column, days):
    with record.database.administer() as connection:
        connection.execute(
            f"update {table} set {column} = now() - make_interval(days => %s) "
            "where organisation = %s",
            [days, record.organisation],
        )


def as_admin(record):
    return record.headers("admin", "manager")


async def complaint(record, **values):
    place = await record.place("H1")
    sent = {
        "accommodation_id": place,
        "source": "family",
        "text": f"Froid la nuit, dit {NAME.upper()}, joignable au {PHONE}",
        "contact": {"name": NAME, "phone": PHONE, "email": MAIL},
    } | values
    answer = await record.client.post("/v1/complaints", json=sent)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def test_the_rules_forget_what_is_old_and_a_dry_run_only_tells(record, tmp_path):
    id = await complaint(record, **OTHER)
    await record.client.put(f"/v1/inspection-drafts/{id}", json={"half": True})
    file = await record.client.post("/v1/import-files", content=b"a;b\n1;2\n")
    age(record, "complaint_contact", "created_at", 800)
    age(record, "import_file", "created_at", 40)
    age(record, "inspection_draft", "saved_at", 40)
    headers = as_admin(record)
    blobs = tmp_path / "blobs"
    before = {it for it in blobs.rglob("*") if it.is_file()}

    dry = await record.client.post("/v1/retention-runs", json={"dry_run": True}, headers=headers)
    assert (record.count("complaint_contact"), record.count("inspection_draft")) == (1, 1)
    assert {it for it in blobs.rglob("*") if it.is_file()} == before
    days = await record.client.put(
        "/v1/retention-rules/inspection_draft", json={"days": 30}, headers=headers
    )
    done = await record.client.post("/v1/retention-runs", json={"dry_run": False}, headers=headers)

    assert dry.json()["counts"] == {
        "complaint_contact": 1,
        "complaint_text": 0,
        "mail": 0,
        "import_file": 1,
        "inspection_draft": 0,
    }
    assert {it["kind"]: it["days"] for it in days.json()}["inspection_draft"] == 30
    assert done.json()["counts"] == dry.json()["counts"] | {"inspection_draft": 1}
    assert (record.count("complaint_contact"), record.count("inspection_draft")) == (0, 0)
    assert len({it for it in blobs.rglob("*") if it.is_file()}) == len(before) - 1
    gone = await record.client.get(f"/v1/import-files/{file.json()['id']}")
    assert gone.status_code == 404
    audit = (await record.client.get("/v1/retention-runs")).json()
    assert [it["dry_run"] for it in audit] == [False, True]
    planner = record.headers("planner")
    refused = await record.client.post("/v1/retention-runs", json={}, headers=planner)
    assert refused.status_code == 403


async def test_the_worker_runs_the_rules_once_a_day(record, tmp_path):
    id = await complaint(record, **OTHER)
    closing = await record.client.get(f"/v1/complaints/{id}")
    closed = await record.client.patch(
        f"/v1/complaints/{id}",
        json={"close": True, "reason": "fini"},
        headers={"If-Match": closing.headers["etag"]},
    )
    assert closed.status_code == 200, closed.text
    age(record, "complaint", "updated_at", 800)
    database = Database(record.database.url, record.database.system_url)
    tending = Tending(files_url=f"file://{tmp_path}/blobs")
    now = datetime.now(UTC)

    for at in (now, now, now + timedelta(days=1, minutes=1)):
        await tend(database, at, tending)
    await database.dispose()

    audit = (await record.client.get("/v1/retention-runs")).json()
    assert [it["started_by"] for it in audit] == ["worker"] * 2
    assert [it["counts"]["complaint_text"] for it in audit] == [0, 1]
    assert (await record.client.get(f"/v1/complaints/{id}")).json()["text"] == "[effacé]"


async def test_a_purged_author_is_found_nowhere_nor_after_a_restore(record, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    id = await complaint(record)
    table = f"remarque\nvu avec {NAME}\n".encode()
    await record.client.post("/v1/import-files", content=table)
    database = Database(record.database.url, record.database.system_url)
    async with database.session(record.organisation) as session:
        await index_changed(session, record.organisation)
    held = await record.client.post(
        "/v1/person-data", json={"words": "zoe quatrepommes"}, headers=as_admin(record)
    )
    assert {(it["kind"], it["field"]) for it in held.json()} >= {
        ("complaint_contact", "name"),
        ("complaint", "text"),
    }
    backup = backed_up(record.database)

    purged = await record.client.post(
        f"/v1/complaints/{id}/author-purge",
        json={"reason": "asked for it"},
        headers=as_admin(record),
    )

    assert purged.status_code == 200, purged.text
    assert purged.json()["counts"]["import_file"] == 1
    assert traces_in(told(record.database)) == []
    files = [it for it in (tmp_path / "blobs").rglob("*") if it.is_file()]
    assert len(files) >= 1, "the ledger of purges"
    assert all(traces_in(it.read_bytes().decode("utf-8", "ignore")) == [] for it in files)
    text = (await record.client.get(f"/v1/complaints/{id}")).json()["text"]
    assert text == "Froid la nuit, dit [effacé], joignable au [effacé]"
    await database.dispose()
    chain = await record.client.get("/v1/revision-chain")
    assert (chain.status_code, chain.json()["whole"]) == (200, True), chain.text

    other = restored(backup, record.database)
    try:
        assert traces_in(told(other)) != []
        again = Database(other.url, other.system_url)
        await tend(again, datetime.now(UTC), Tending(files_url=f"file://{tmp_path}/blobs"))
        await again.dispose()
        assert traces_in(told(other)) == []
    finally:
        dropped(other, record.database)
    assert traces_in(caplog.text) == []


def traces_in(text):
    """Give the lines that tell of the person; in a dump they say of which row."""
    lines = text.casefold().splitlines()
    return [line[:300] for line in lines if any(it in line for it in TRACES)]


async def test_who_writes_is_warned_of_what_may_name_people(record):
    answer = await record.client.post(
        "/v1/free-text-scans", json={"text": "Mme Diallo, 06 12 34 56 78, a froid"}
    )

    assert [(it["kind"], it["text"]) for it in answer.json()] == [
        ("name", "Mme Diallo"),
        ("phone", "06 12 34 56 78"),
    ]
    rules = (await record.client.get("/v1/retention-rules")).json()
    assert {it["kind"]: it["days"] for it in rules}["complaint_contact"] == 730
