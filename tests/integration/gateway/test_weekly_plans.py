"""A week is planned and accepted in the background, with all services real and one away."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from record import accommodation, inspection
from whole import Whole, whole

from routing.jobs.watch_signs import alert_of_silence
from routing.store import visit_signs
from shared.testing import OURS, THEIRS

MONDAY = date.today() + timedelta(days=7 - date.today().weekday())  # noqa: DTZ011


def week(**changes: object) -> dict[str, object]:
    shift = {"starts_at": f"{MONDAY}T08:00:00Z", "ends_at": f"{MONDAY}T16:00:00Z"}
    team = {
        "id": "nord",
        "name": "Nord",
        "start": {"lon": 2.35, "lat": 48.85},
        "shifts": [shift],
    }
    return {"starts_on": str(MONDAY), "days": 1, "teams": [team], "time_limit_s": 0.5} | changes


async def declare(client: httpx.AsyncClient, *numbers: int) -> list[str]:
    """Enter places that were visited so long ago that they must be visited."""
    long_ago = (datetime.now(UTC) - timedelta(days=300)).isoformat()
    ids = []
    for number in numbers:
        made = await client.post("/v1/accommodations", json=accommodation(number))
        assert made.status_code == 201, made.text
        ids.append(made.json()["id"])
        form = inspection(ids[-1], occurred_at=long_ago, known_at=long_ago)
        (await client.post("/v1/inspections", json=form)).raise_for_status()
    return ids


async def solved(client: httpx.AsyncClient, path: str) -> dict[str, object]:
    for _ in range(300):
        plan = (await client.get(path)).raise_for_status().json()
        if plan["state"] not in {"queued", "running"}:
            assert plan["state"] == "done", plan["job"]
            return plan
        await asyncio.sleep(0.1)
    raise AssertionError("the plan was not solved in half a minute")


async def until(
    client: httpx.AsyncClient, path: str, told: Callable[[dict[str, object]], object]
) -> dict[str, object]:
    """Read a plan until it tells something."""
    for _ in range(300):
        plan = (await client.get(path)).raise_for_status().json()
        if told(plan):
            return plan
        await asyncio.sleep(0.1)
    raise AssertionError(f"it does not tell in half a minute: {plan['job']}")


async def planned(client: httpx.AsyncClient) -> dict[str, object]:
    created = await client.post("/v1/weekly-plans", json=week())
    assert created.status_code == 202, created.text
    return await solved(client, created.headers["location"])


@pytest.fixture
async def ronde(database, tmp_path):
    async with whole(database, tmp_path) as running:
        yield running


async def test_twenty_equal_requests_at_once_are_one_plan_and_one_answer(ronde: Whole):
    client = ronde.client()
    await declare(client, 1, 2)
    key = {"Idempotency-Key": "monday"}
    answers = await asyncio.gather(
        *(client.post("/v1/weekly-plans", json=week(), headers=key) for _ in range(20))
    )
    assert {it.status_code for it in answers} == {202}, answers[0].text
    assert len({it.content for it in answers}) == 1
    assert answers[0].json()["candidates"] == 2
    later = await client.post("/v1/weekly-plans", json=week(), headers=key)
    assert later.content == answers[0].content, "a replay is answered as the first time"
    other = await client.post("/v1/weekly-plans", json=week(seed=2), headers=key)
    assert (other.status_code, other.json()["type"][-22:]) == (422, "idempotency-key-reused")
    plans = (await client.get("/v1/plans")).json()["items"]
    weeks = (await client.get("/v1/weekly-plans")).json()["items"]
    assert [it["id"] for it in plans] == [it["id"] for it in weeks] == [answers[0].json()["id"]]


async def test_twenty_acceptances_at_once_make_each_visit_once(ronde: Whole):
    client = ronde.client()
    await declare(client, 1, 2)
    plan = await planned(client)
    assert plan["allowed_actions"] == ["accept"]
    path = f"/v1/weekly-plans/{plan['id']}/acceptance"
    answers = await asyncio.gather(*(client.post(path) for _ in range(20)))
    assert {it.status_code for it in answers} == {200}, answers[0].text
    assert len({it.content for it in answers}) == 1
    stops = [stop["stop_id"] for tour in plan["rounds"] for stop in tour["stops"]]
    visits = (await client.get("/v1/visits", params={"plan_id": plan["id"]})).json()["items"]
    assert len(stops) == 2
    assert sorted(it["stop_id"] for it in visits) == sorted(stops)
    assert sorted(answers[0].json()["ids"]) == sorted(it["id"] for it in visits)
    read = (await client.get(f"/v1/weekly-plans/{plan['id']}")).json()
    assert (read["step"], read["allowed_actions"]) == ("accepted", [])
    told = (await client.get("/v1/gateway/events")).json()["items"]
    assert [(it["kind"], it["subject_id"]) for it in told] == [("weekly_plan.accepted", plan["id"])]
    assert told[0]["data"]["visits"] == 2


async def test_a_plan_revised_after_its_acceptance_moves_its_visits(ronde: Whole):
    client = ronde.client()
    ids = await declare(client, 1, 2)
    plan = await planned(client)
    path = f"/v1/weekly-plans/{plan['id']}/acceptance"
    first = (await client.post(path)).json()
    assert (first["created"], first["revision"]) == (2, 0)
    revised = await client.post(
        f"/v1/plans/{plan['id']}/revisions",
        json={
            "based_on": 0,
            "reason": "Closed for works",
            "edits": [{"kind": "drop", "accommodation_id": ids[0]}],
        },
        headers={"Idempotency-Key": "drop"},
    )
    assert revised.status_code == 201, revised.text
    answers = [await client.post(path, params={"revision": 1}) for _ in range(2)]
    assert [it.status_code for it in answers] == [200, 200], answers[0].text
    assert answers[0].content == answers[1].content
    assert (answers[0].json()["revision"], len(answers[0].json()["ids"])) == (1, 1)
    visits = (await client.get("/v1/visits", params={"plan_id": plan["id"]})).json()["items"]
    states = {it["accommodation_id"]: (it["state"], it["reason"]) for it in visits}
    assert states == {ids[0]: ("cancelled", "plan revised"), ids[1]: ("planned", None)}
    assert (await client.get(f"/v1/plans/{plan['id']}")).json()["accepted_revision"] == 1
    refused = await client.post(path, params={"revision": 0})
    assert (refused.status_code, "newer" in refused.json()["detail"]) == (409, True)
    told = (await client.get("/v1/gateway/events")).json()["items"]
    assert [it["data"]["revision"] for it in told] == [0, 1]


async def test_what_the_record_refuses_for_good_is_undone_as_a_whole(ronde: Whole):
    client = ronde.client()
    ids = await declare(client, 1, 2)
    plan = await planned(client)
    # A stop that another visit has already taken: the record refuses this one for good.
    stop = next(
        it for tour in plan["rounds"] for it in tour["stops"] if it["accommodation_id"] == ids[0]
    )
    taken = {
        "accommodation_id": ids[1],
        "scheduled_at": f"{MONDAY}T09:00:00Z",
        "plan_id": plan["id"],
        "stop_id": stop["stop_id"],
    }
    made = await client.post("/v1/visits", json=taken)
    assert made.status_code == 201, made.text
    path = f"/v1/weekly-plans/{plan['id']}"
    for _ in range(2):
        refused = await client.post(f"{path}/acceptance")
        assert refused.status_code == 409, refused.text
        assert "cancelled" in refused.json()["detail"]
    read = (await client.get(path)).json()
    assert (read["step"], read["accepted_at"], read["allowed_actions"]) == ("withdrawn", None, [])
    assert "another accommodation" in read["withdrawn_because"]
    visits = (await client.get("/v1/visits", params={"plan_id": plan["id"]})).json()["items"]
    assert [it["state"] for it in visits] == ["cancelled"]
    kinds = [it["kind"] for it in (await client.get("/v1/gateway/events")).json()["items"]]
    assert kinds == ["weekly_plan.withdrawn"]
    told = (await client.get("/v1/routing/events")).json()["items"]
    assert [it["kind"] for it in told] == ["plan.accepted", "plan.withdrawn"]


async def test_what_routing_refuses_is_refused_in_its_words_and_stays_refused(ronde: Whole):
    client = ronde.client()
    await declare(client, 1)
    wrong = week()
    wrong["teams"] = [*wrong["teams"], *wrong["teams"]]
    key = {"Idempotency-Key": "twice"}
    for _ in range(2):
        refused = await client.post("/v1/weekly-plans", json=wrong, headers=key)
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["pointer"] == "/teams/0/id"
    (kept,) = (await client.get("/v1/weekly-plans")).json()["items"]
    assert kept["step"] == "refused"
    read = (await client.get(f"/v1/weekly-plans/{kept['id']}")).json()
    assert (read["state"], read["allowed_actions"]) == ("failed", [])
    assert "twice" in read["job"]["message"]
    accepted = await client.post(f"/v1/weekly-plans/{kept['id']}/acceptance")
    assert accepted.status_code == 409


async def test_a_plan_is_followed_to_its_end(ronde: Whole):
    client = ronde.client()
    await declare(client, 1)
    created = await client.post("/v1/weekly-plans", json=week())
    async with client.stream("GET", f"{created.headers['location']}/progress") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = [line async for line in stream.aiter_lines()]
    events = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert events[-1] == "end"
    missing = await client.get(f"/v1/weekly-plans/{uuid4()}/progress")
    assert missing.status_code == 404


async def test_a_week_of_some_territories_is_seen_by_those_who_may_see_all_of_it(ronde: Whole):
    client = ronde.client()
    await declare(client, 1)
    plan = await planned(client)
    within = {"Ronde-Organisation": str(OURS)}
    service = ronde.client("service")
    paths = ("", "/geojson", "/progress")
    for territories, status in (("75", 200), ("93", 404)):
        headers = within | {"Ronde-Territories": territories}
        for path in paths[:1] if status == 200 else paths:
            got = await service.get(f"/v1/weekly-plans/{plan['id']}{path}", headers=headers)
            assert got.status_code == status, (territories, path)
        listed = (await service.get("/v1/weekly-plans", headers=headers)).json()["items"]
        assert [it["id"] for it in listed] == ([plan["id"]] if status == 200 else [])
    theirs = ronde.client(organisation=THEIRS)
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/acceptance")):
        got = await theirs.request(method, f"/v1/weekly-plans/{plan['id']}{path}")
        assert got.status_code == 404, (method, path)


async def test_a_week_is_cancelled_while_it_is_solved(ronde: Whole):
    client = ronde.client()
    await declare(client, 1)
    created = await client.post("/v1/weekly-plans", json=week(time_limit_s=60))
    path = created.headers["location"]
    assert (await client.get(path)).json()["allowed_actions"] == ["cancel"]
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).json()["state"] == "cancelled"
    assert (await client.post(f"{path}/acceptance")).status_code == 409
    reader = ronde.client("reader")
    assert (await reader.get(path)).json()["allowed_actions"] == []


async def test_without_scoring_a_week_rests_on_the_last_scores_and_says_so(database, tmp_path):
    made = {name: database(name) for name in ("inspections", "scoring", "routing", "gateway")}
    async with whole(made.__getitem__, tmp_path, away=("scoring",)) as ronde:
        client = ronde.client()
        await declare(client, 1)
        created = await client.post("/v1/weekly-plans", json=week())
        # Away for good, scoring is asked again for a while: the answer may come before that ends.
        gathered = await until(client, created.headers["location"], lambda it: it["notices"])
        assert [it["code"] for it in gathered["notices"]] == ["no_scores"]
    async with whole(made.__getitem__, tmp_path) as ronde:
        plan = await planned(ronde.client())
        assert (plan["candidates"], plan["notices"]) == (1, [])
    async with whole(made.__getitem__, tmp_path, away=("scoring",)) as ronde:
        client = ronde.client()
        created = await client.post("/v1/weekly-plans", json=week())
        gathered = await until(client, created.headers["location"], lambda it: it["notices"])
        (notice,) = gathered["notices"]
        assert notice["code"] == "stale_scores"
        plan = await solved(client, created.headers["location"])
        assert plan["notices"] == [notice]


async def test_without_routing_the_history_still_answers(database, tmp_path, monkeypatch):
    monkeypatch.setattr("gateway.api.weekly_plans.CREATION_WAIT_S", 1.0)
    async with whole(database, tmp_path, away=("routing",)) as ronde:
        client = ronde.client()
        (place,) = await declare(client, 1)
        created = await client.post("/v1/weekly-plans", json=week())
        assert (created.status_code, created.json()["candidates"]) == (202, None)
        waiting = await until(client, created.headers["location"], lambda it: it["job"]["message"])
        assert (waiting["state"], waiting["step"]) == ("running", "gathering")
        assert "cannot be reached" in waiting["job"]["message"]
        history = await client.get(f"/v1/accommodations/{place}/history")
        assert history.status_code == 200
        plans = await client.get("/v1/plans")
        assert plans.status_code == 503


async def test_the_overview_and_the_search_bring_services_together_and_name_who_is_away(
    database, tmp_path
):
    made = {name: database(name) for name in ("inspections", "scoring", "routing", "gateway")}
    async with whole(made.__getitem__, tmp_path) as ronde:
        client = ronde.client()
        (place,) = await declare(client, 1)
        seen = (await client.get("/v1/overview")).json()
        assert (seen["places_due"], seen["must_visits"], seen["visits_ahead"]) == (1, 1, 0)
        assert (seen["latest_weeks"], seen["missing"]) == ([], [])
        plan = await planned(client)
        seen = (await client.get("/v1/overview")).json()
        assert [it["id"] for it in seen["latest_weeks"]] == [plan["id"]]
        await ronde.index()
        found = (await client.get("/v1/search", params={"q": "essai 1"})).json()
        assert [(it["kind"], it["id"]) for it in found["items"]] == [("accommodation", place)]
        found = (await client.get("/v1/search", params={"q": str(MONDAY)})).json()
        assert [(it["kind"], it["id"]) for it in found["items"]] == [("weekly_plan", plan["id"])]
        theirs = ronde.client(organisation=THEIRS)
        assert (await theirs.get("/v1/search", params={"q": "essai"})).json()["items"] == []
        assert (await ronde.client("reader").get("/v1/overview")).status_code == 403
    async with whole(made.__getitem__, tmp_path, away=("scoring", "inspections")) as ronde:
        client = ronde.client()
        seen = (await client.get("/v1/overview")).json()
        assert seen["missing"] == ["inspections", "scoring"]
        assert (seen["places_due"], seen["visits_ahead"]) == (None, None)
        assert seen["scores_told_at"] is not None
        found = (await client.get("/v1/search", params={"q": "essai"})).json()
        assert (found["items"], found["missing"]) == ([], ["inspections"])


async def test_each_silence_on_a_visit_is_an_alert_to_who_is_on_call(ronde: Whole):
    client = ronde.client()
    (place,) = await declare(client, 1)
    plan = await planned(client)
    routing = ronde.apps["routing"].state.database
    patience, now = timedelta(minutes=30), datetime.now(UTC)

    async def silent_since(moment: datetime) -> None:
        async with routing.session(OURS) as session:
            await visit_signs.sign(session, OURS, UUID(plan["id"]), UUID(place), now=moment)
        assert await alert_of_silence(routing, patience, moment + 2 * patience) == 1

    async def raised(number: int) -> list[dict[str, object]]:
        for _ in range(200):
            found = (await client.get("/v1/alerts")).raise_for_status().json()["items"]
            if len(found) == number:
                return found
            await asyncio.sleep(0.1)
        raise AssertionError("no alert in 20 s")

    await silent_since(now - timedelta(hours=3))
    (alert,) = await raised(1)
    assert (alert["source"], alert["accommodation_id"]) == ("silence", place)
    # Heard of again, and silent again.
    await silent_since(now - timedelta(hours=1))
    assert len({it["id"] for it in await raised(2)}) == 2


async def test_the_weeks_to_come_are_foreseen_from_the_record_s_duties(ronde: Whole):
    client = ronde.client()
    places = await declare(client, 1, 2, 3)
    five_days = [480] * 5 + [0, 0]
    asked = {"starts_on": str(MONDAY), "weeks": 40, "minutes_by_weekday": five_days}
    told = (await client.post("/v1/coverage-outlooks", json=asked)).raise_for_status().json()
    # All are late by now and seen on the first day; then, as there is time, at half an interval.
    assert [it["late_places"] for it in told["weeks"]] == [0] * 40
    assert {(it["accommodation_id"], it["visited_on"]) for it in told["late"]} == {
        (it, str(MONDAY)) for it in places
    }
    assert sum(it["visits"] for it in told["weeks"]) == 3 * 4
    nobody = asked | {"minutes_by_weekday": [0] * 7}
    told = (await client.post("/v1/coverage-outlooks", json=nobody)).raise_for_status().json()
    assert told["weeks"][-1]["late_places"] == 3
    inspector = ronde.client("inspector")
    assert (await inspector.post("/v1/coverage-outlooks", json=asked)).status_code == 403
