"""Who keeps a copy of the record misses no change, and is answered 304 while there is none."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from shared.db import Database
from shared.testing import THEIRS, bearer

FIRST_RUN = "2000-01-01T00:00:00Z"
SLOW_CHANGE = text("update accommodation set name = 'Late', updated_at = now() where id = :id")
COPIED = (
    "accommodations",
    "anomalies",
    "complaints",
    "findings",
    "inspections",
    "notices",
    "operators",
    "rooms",
    "sanctions",
    "visits",
)


async def run(record, path, since=FIRST_RUN, **parameters):
    """Read the changes of a list to the end: its rows, what is removed, and the next moment."""
    rows, removed = [], []
    parameters |= {"updated_since": since}
    while True:
        answer = await record.client.get(f"/v1/{path}", params=parameters)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        rows += page["items"]
        removed += page["removed"]
        if page["next_cursor"] is None:
            return rows, removed, page["next_updated_since"]
        parameters["cursor"] = page["next_cursor"]


async def rename(record, place, name):
    read = await record.client.get(f"/v1/accommodations/{place}")
    kept = {"external_id", "kind", "postcode", "city", "rooms", "position", "contract_state"}
    body = {k: v for k, v in read.json().items() if k in kept} | {"name": name}
    answer = await record.client.put(
        f"/v1/accommodations/{place}", json=body, headers={"If-Match": read.headers["etag"]}
    )
    assert answer.status_code == 200, answer.text


async def everything(record):
    """Have a row in every list that is copied; return the place of them all."""
    place = await record.place(operator="Société des Lilas")
    await record.inspect(place, ("leak", 3), occurred_at=datetime.now(UTC).isoformat())
    labels = {"items": [{"label": "1"}, {"label": "2"}]}
    await record.client.put(f"/v1/accommodations/{place}/rooms", json=labels)
    for path, body in (
        ("complaints", {"external_id": "c", "accommodation_external_id": "H1", "severity": 2}),
        ("notices", {"accommodation_id": place, "sender": "A", "signatory": "B"}),
        ("sanctions", {"accommodation_id": place, "step": "reminder", "grounds": "Late."}),
    ):
        if path == "complaints":
            body |= {"source": "social_worker", "category": "pests", "text": "Bed bugs."}
            body |= {"occurred_at": datetime.now(UTC).isoformat()}
        answer = await record.client.post(f"/v1/{path}", json=body)
        assert answer.status_code == 201, answer.text
    return place


async def test_each_list_is_read_whole_then_only_what_changed(record):
    await everything(record)

    for path in COPIED:
        first, removed, since = await run(record, path, limit=1)
        again, nothing, then = await run(record, path, since)

        assert first, path
        assert first == await in_any_order(record, path, like=first), path
        assert (removed, again, nothing) == ([], [], []), path
        assert then == since, path


async def in_any_order(record, path, like):
    rows = {it["id"]: it for it in await record.items(f"/v1/{path}")}
    assert len(rows) == len(like)
    return [rows[it["id"]] for it in like]


async def test_a_transaction_that_commits_late_is_not_missed(record):
    early, late = await record.place("A"), await record.place("B")
    _, _, since = await run(record, "accommodations")
    settings = record.database.settings()
    database = Database(settings["database_url"], settings["system_url"])
    begun, finish = asyncio.Event(), asyncio.Event()

    async def change_slowly():
        async with database.session(record.organisation) as session:
            await session.execute(SLOW_CHANGE, {"id": late})
            begun.set()
            await finish.wait()

    slow = asyncio.create_task(change_slowly())
    await begun.wait()
    await rename(record, early, "Renamed meanwhile")

    seen, _, then = await run(record, "accommodations", since)
    finish.set()
    await slow
    await database.dispose()
    missed, _, _ = await run(record, "accommodations", then)

    assert [it["id"] for it in seen] == [early]
    assert [it["id"] for it in missed] == [late]
    assert missed[0]["updated_at"] < seen[0]["updated_at"], "or nothing was tried"


async def test_what_changes_while_pages_are_read_comes_at_the_end(record):
    places = [await record.place(it, name=it) for it in "ABCD"]
    page = await record.client.get(
        "/v1/accommodations", params={"updated_since": FIRST_RUN, "limit": 2}
    )

    await rename(record, places[0], "changed meanwhile")
    rest = await record.items(
        "/v1/accommodations", updated_since=FIRST_RUN, cursor=page.json()["next_cursor"]
    )

    assert [it["id"] for it in page.json()["items"]] == places[:2]
    assert [it["id"] for it in rest] == [*places[2:], places[0]]


async def test_a_place_merged_away_is_told_with_the_one_that_stands(record):
    kept, gone = await record.place("A"), await record.place("B")
    _, _, since = await run(record, "accommodations")

    await record.client.post(
        f"/v1/accommodations/{kept}/merges", json={"duplicate_id": gone, "reason": "Twice."}
    )
    told, removed, _ = await run(record, "accommodations", since)

    # Of the one that stands nothing changed: what happened at the other is listed as its own.
    assert {it["id"]: it["merged_into"] for it in told} == {gone: kept}
    assert removed == []
    assert [it["id"] for it in await record.items("/v1/accommodations")] == [kept]


async def test_an_inspection_that_is_voided_is_told_as_removed(record):
    place = await record.place()
    form = record.form(place, ("leak", 3))
    recorded = await record.client.post("/v1/inspections", json=form)
    finding = recorded.json()["findings"][0]["id"]
    _, _, since = await run(record, "inspections")

    answer = await record.client.post(
        f"/v1/inspection-reviews/{recorded.json()['id']}",
        json={"state": "voided", "reason": "Another hotel."},
    )
    assert answer.status_code == 200, answer.text

    assert (await run(record, "inspections", since))[:2] == ([], [recorded.json()["id"]])
    assert (await run(record, "findings", since))[:2] == ([], [finding])


async def test_occupancy_and_steps_of_a_notice_are_changes_of_what_shows_them(record):
    place = await everything(record)
    (notice,) = await record.items("/v1/notices")
    _, _, since = await run(record, "notices")

    counted = {"external_id": "H1", "day": "2026-03-01", "rooms_booked": 3, "people": 7}
    await record.client.post("/v1/occupancy-snapshots", json={"items": [counted]})
    receipt = {"received_at": datetime.now(UTC).isoformat(), "means": "hand"}
    answer = await record.client.post(f"/v1/notices/{notice['id']}/receipt", json=receipt)
    assert answer.status_code in {200, 201}, answer.text

    places, _, _ = await run(record, "accommodations", since)
    notices, _, _ = await run(record, "notices", since)
    assert [(it["id"], it["occupancy"]["people"]) for it in places] == [(place, 7)]
    assert [it["id"] for it in notices] == [notice["id"]]
    assert len(notices[0]["steps"]) > len(notice["steps"])


async def test_a_place_that_left_the_callers_territories_is_removed_for_them_alone(record):
    place = await record.place("A", postcode="93200", position=None)
    await record.place("B", postcode="75011", position=None)
    theirs = record.headers("reader", territories=["93"])
    parameters = {"updated_since": FIRST_RUN}
    before = await record.client.get("/v1/accommodations", params=parameters, headers=theirs)

    read = await record.client.get(f"/v1/accommodations/{place}")
    moved = {"external_id": "A", "name": "A", "postcode": "75011", "city": "Paris", "rooms": 20}
    await record.client.put(
        f"/v1/accommodations/{place}", json=moved, headers={"If-Match": read.headers["etag"]}
    )
    parameters = {"updated_since": before.json()["next_updated_since"]}
    after = await record.client.get("/v1/accommodations", params=parameters, headers=theirs)
    everywhere, removed, _ = await run(record, "accommodations", parameters["updated_since"])

    assert [it["id"] for it in before.json()["items"]] == [place]
    assert (after.json()["items"], after.json()["removed"]) == ([], [place])
    assert ([it["id"] for it in everywhere], removed) == ([place], [])


@pytest.mark.parametrize("path", COPIED)
async def test_a_list_is_answered_304_until_something_changes(record, path):
    await everything(record)
    first = await record.client.get(f"/v1/{path}")
    known = {"If-None-Match": first.headers["etag"]}

    same = await record.client.get(f"/v1/{path}", headers=known)
    other = await record.client.get(f"/v1/{path}", params={"limit": 7}, headers=known)
    await record.place("H2")
    changed = await record.client.get(f"/v1/{path}", headers=known)

    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["etag"] == first.headers["etag"]
    assert same.headers["vary"] == "Authorization"
    assert (other.status_code, changed.status_code) == (200, 200)
    assert changed.headers["etag"] != first.headers["etag"]


async def test_the_name_of_a_runs_last_page_tells_that_nothing_changed_since(record):
    for it in "ABC":
        await record.place(it)
    path = "/v1/accommodations"
    first = await record.client.get(path, params={"updated_since": FIRST_RUN, "limit": 2})
    known = {"If-None-Match": first.headers["etag"]}
    cursor = {"cursor": first.json()["next_cursor"], "limit": 2}

    last = await record.client.get(
        path, params={"updated_since": FIRST_RUN} | cursor, headers=known
    )
    following = {"updated_since": last.json()["next_updated_since"], "limit": 2}
    known = {"If-None-Match": last.headers["etag"]}
    nothing = await record.client.get(path, params=following, headers=known)
    await record.place("D")
    something = await record.client.get(path, params=following, headers=known)

    assert len(last.json()["items"]) == 1, "a page that goes on is always given"
    assert nothing.status_code == 304
    assert len(something.json()["items"]) == 1


async def test_who_sees_other_things_gets_another_name(record):
    await everything(record)
    names = set()
    callers = (
        record.headers("reader"),
        record.headers("reader", "keeper"),
        record.headers("reader", territories=["75"]),
        record.headers("reader", territories=["93"]),
        bearer("reader", organisation=THEIRS),
    )

    for headers in callers:
        answer = await record.client.get("/v1/visits", headers=headers)
        names.add(answer.headers["etag"])

    assert len(names) == len(callers)


async def test_a_deadline_that_passes_gives_the_list_of_anomalies_another_name(record):
    place = await record.place()
    long_ago = datetime.now(UTC) - timedelta(days=3)
    await record.inspect(place, ("leak", 3), occurred_at=long_ago.isoformat())
    first = await record.client.get("/v1/anomalies")

    with record.database.administer() as connection:
        connection.execute(
            "update anomaly set due_at = now() - interval '1 second' where organisation = %s",
            [record.organisation],
        )
    later = await record.client.get(
        "/v1/anomalies", headers={"If-None-Match": first.headers["etag"]}
    )

    assert later.status_code == 200
    assert later.json()["items"][0]["overdue"]


@pytest.mark.parametrize("path", COPIED)
async def test_a_cursor_of_another_list_is_refused(record, path):
    parameters = {"updated_since": FIRST_RUN, "cursor": "WyJhIiwiYiJd"}
    answer = await record.client.get(f"/v1/{path}", params=parameters)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "query: cursor"
