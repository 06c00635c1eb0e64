"""Revisions of plans over HTTP, checked by a worker, against a real database."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from plan_requests import candidate, place_id
from planning_service import Planning, planning_service

from shared.testing import THEIRS, TestDatabase, bearer, token


@pytest.fixture
async def planning(
    database: Callable[[str], TestDatabase], tmp_path: Path
) -> AsyncIterator[Planning]:
    async with planning_service(database("routing"), tmp_path) as service:
        yield service


def drop(number: int) -> dict[str, object]:
    return {"kind": "drop", "accommodation_id": place_id(number)}


def starts(plan: dict[str, object]) -> list[tuple[str, str]]:
    return [(it["stop_id"], it["starts_at"]) for round_ in plan["rounds"] for it in round_["stops"]]


async def test_a_plan_is_revised_restored_and_compared(planning: Planning) -> None:
    planning.path = path = await planning.solve()
    solved = await planning.get(path)
    # Of two people who edit at once, the second has to look again.
    both = await asyncio.gather(planning.edit(0, drop(1), key="1"), planning.edit(0, drop(1)))
    assert sorted(it.status_code for it in both) in ([201, 409], [201, 422])
    (first,) = (it for it in both if it.status_code == 201)
    assert first.headers["Location"] == f"{path}/revisions/1"
    made = first.json()
    assert (made["number"], made["author"], made["reason"]) == (1, "tester", "The manager is away")
    assert [it["accommodation_id"] for it in made["diff"]["lost"]] == [place_id(1)]
    if first is both[0]:
        assert (await planning.edit(0, drop(1), key="1")).json() == made
    late = await planning.edit(0, drop(2))
    assert "revision 1 by now, not 0" in late.json()["detail"]

    shown = await planning.get(path)
    assert (shown["revision"], shown["rounds"]) == (1, made["rounds"])
    assert len((await planning.get(f"{path}/geojson"))["features"]) == 1 + 3
    (told,) = await planning.told("plan.overridden")
    assert (told["change"], told["reason"]) == ("dropped", "The manager is away")
    assert (told["accommodation_id"], told["origin"]) == (place_id(1), "targeted")

    undone = await planning.edit(1, {"kind": "restore", "revision": 0})
    assert undone.status_code == 201, undone.text
    times = [
        [it["starts_at"] for it in whole["rounds"][0]["stops"]] for whole in (solved, undone.json())
    ]
    assert times[0] == times[1]
    same = await planning.get(f"{path}/revisions/2/diff", since=0)
    assert (same["gained"], same["lost"], same["moved"], same["points"]) == ([], [], [], 0)
    back = await planning.get(f"{path}/revisions/0/diff", since=1)
    assert [it["accommodation_id"] for it in back["gained"]] == [place_id(1)]
    listed = await planning.get(f"{path}/revisions", limit=2)
    assert [it["number"] for it in listed["items"]] == [2, 1]
    rest = await planning.get(f"{path}/revisions", cursor=listed["next_cursor"])
    assert [(it["number"], it["based_on"]) for it in rest["items"]] == [(0, None)]
    await planning.get(f"{path}/revisions", 422, cursor="WyJhIl0")

    found = await planning.get(f"{path}/comparison", other=path.rsplit("/", 1)[1])
    assert {it["baseline"]["name"] for it in found["baselines"]} == {"score_order", "nearest_first"}
    assert all(it["points"] == 0 for it in found["baselines"])
    assert (found["other"]["gained"], found["other"]["points"]) == ([], 0)


async def test_a_revision_is_accepted_in_the_place_of_an_older_one(planning: Planning) -> None:
    planning.path = path = await planning.solve()
    made = (await planning.edit(0, drop(1))).json()
    await planning.edit(1, {"kind": "restore", "revision": 0})
    accepted = await planning.accept(revision=1)
    assert accepted.status_code == 200, accepted.text
    assert (accepted.json()["rounds"], accepted.json()["accepted_revision"]) == (made["rounds"], 1)
    (outcome,) = await planning.told("plan.accepted")
    assert (outcome["revision"], outcome["left_out"]) == (1, {place_id(1): "DROPPED"})
    assert (await planning.accept()).json()["rounds"] == made["rounds"]
    assert (await planning.get(f"{path}/revisions/1"))["accepted"] is True
    newer = await planning.accept(revision=2)
    assert (newer.status_code, newer.json()["accepted_revision"]) == (200, 2)
    assert [it["revision"] for it in await planning.told("plan.accepted")] == [1, 2]
    shown = {number: await planning.get(f"{path}/revisions/{number}") for number in (1, 2)}
    assert [shown[number]["accepted"] for number in (1, 2)] == [False, True]
    # Calendars never go back: neither now nor when the acceptance is taken back.
    assert (await planning.accept(revision=1)).status_code == 409
    await planning.http.delete(f"{path}/acceptance", headers=bearer("planner"))
    assert (await planning.get(path))["accepted_revision"] is None
    older = await planning.accept(revision=0)
    assert (older.status_code, "restore revision 0" in older.json()["detail"]) == (409, True)
    assert (await planning.accept()).json()["accepted_revision"] == 2
    await planning.get(f"{path}/revisions/9", 404)


async def test_rounds_are_read_as_files_and_in_a_calendar(planning: Planning) -> None:
    path = planning.path = await planning.solve()
    (round_,) = (await planning.get(path))["rounds"]
    for end, start in (("csv", "\ufeffround_id,"), ("gpx", "<?xml")):
        file = await planning.file(f"{path}/{end}?round_id={round_['round_id']}")
        assert file.content.decode().startswith(start)
        assert file.text.count(round_["stops"][0]["name"]) > 0
        await planning.get(f"{path}/{end}", 404, round_id="none")
    calendar = f"/v1/inspectors/{round_['inspector_ids'][0]}/calendar"
    assert "BEGIN:VEVENT" not in (await planning.file(f"{calendar}?since=2026-03-01")).text
    await planning.accept()
    file = await planning.file(f"{calendar}?since=2026-03-01")
    assert file.headers["content-type"] == "text/calendar; charset=utf-8"
    assert file.text.count("BEGIN:VEVENT") == 4
    assert round_["stops"][0]["name"] not in file.text
    assert "BEGIN:VEVENT" not in (await planning.file(f"{calendar}?since=2026-03-03")).text
    theirs = bearer("planner", organisation=THEIRS)
    unseen = await planning.http.get(f"{calendar}?since=2026-03-01", headers=theirs)
    assert "BEGIN:VEVENT" not in unseen.text


async def test_what_happens_on_the_day_is_planned_around(planning: Planning) -> None:
    path = planning.path = await planning.solve()
    (round_,) = (await planning.get(path))["rounds"]
    first, second = round_["stops"][:2]
    done = [{"accommodation_id": first["accommodation_id"], "ended_at": first["ends_at"]}]
    closed = [second["accommodation_id"]]
    told = {"now": first["ends_at"], "done": done, "closed": closed, "iteration_limit": 100}
    new = candidate(600, 2.361, 48.871, territory="75")
    urgent = {"kind": "add", "accommodation_id": place_id(600), "candidate": new}
    answer = await planning.edit(0, urgent, day=told)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert [it["accommodation_id"] for it in made["fell_out"]] == closed
    assert made["fell_out"][0]["code"] == "CLOSED_OR_DEADLINE"
    assert made["done"] == [first["accommodation_id"]]
    assert starts(made)[0] == starts({"rounds": [round_]})[0]
    assert made["day"]["closed"] == closed
    assert place_id(600) in {it["accommodation_id"] for it in made["diff"]["gained"]}
    # The plan now has a place that not everybody may see.
    for territories, status in ((["93"], 404), (["75", "93"], 200)):
        headers = {"Authorization": f"Bearer {token('planner', territories=territories)}"}
        assert (await planning.http.get(path, headers=headers)).status_code == status
    # Going back does not undo what has happened: the place is closed all the same.
    back = await planning.edit(1, {"kind": "restore", "revision": 0})
    assert back.status_code == 422
    assert "breaks R11" in back.json()["detail"]


async def test_a_pin_holds_through_all_that_the_day_brings(planning: Planning) -> None:
    path = planning.path = await planning.solve()
    (round_,) = (await planning.get(path))["rounds"]
    first, second, *_, last = round_["stops"]
    place = last["accommodation_id"]
    await planning.edit(0, {"kind": "pin", "accommodation_id": place})
    now = {"now": round_["leaves_at"], "iteration_limit": 100}
    late = {"late": [{"team_id": round_["team_id"], "until": first["ends_at"]}]}
    for number, what in enumerate(({"closed": [second["accommodation_id"]]}, late), 1):
        made = (await planning.edit(number, day=now | what)).json()
        assert made["pinned"] == [place]
        assert place in {it["accommodation_id"] for it in made["rounds"][0]["stops"]}


async def test_what_does_not_hold_or_is_not_ones_own_changes_nothing(planning: Planning) -> None:
    planning.path = path = await planning.solve()
    stop = {"kind": "move", "accommodation_id": place_id(0), "day": "2026-03-05"}
    refused = await planning.edit(0, drop(1), stop)
    assert refused.status_code == 422, refused.text
    assert refused.json()["errors"][0]["pointer"] == "/edits/1/team_id"
    pin = {"kind": "pin", "accommodation_id": place_id(0), "starts_at": "2026-03-02T03:00:00+01:00"}
    closed = await planning.edit(0, pin)
    assert closed.status_code == 422
    assert "Hôtel 0, round of Équipe Nord on 2026-03-02, breaks R" in closed.json()["detail"]
    assert (await planning.get(path))["revision"] == 0
    assert await planning.told("plan.overridden") == []
    restored = await planning.edit(0, {"kind": "restore", "revision": 0})
    assert restored.json()["errors"][0]["pointer"] == "/edits/0/revision"

    theirs = bearer("planner", organisation=THEIRS)
    body = {"based_on": 0, "reason": "Ours now", "edits": [drop(1)]}
    for headers, status in ((theirs, 404), (bearer("reader"), 403)):
        asked = await planning.http.post(f"{path}/revisions", json=body, headers=headers)
        assert asked.status_code == status
    for headers, status in ((theirs, 404), (bearer("inspector"), 403)):
        for end in ("revisions", "revisions/0", "revisions/0/diff", "comparison", "csv"):
            answer = await planning.http.get(f"{path}/{end}", headers=headers)
            assert answer.status_code == status, end


async def test_other_means_are_tried_without_a_change_of_the_plan(planning: Planning) -> None:
    path = planning.path = await planning.solve()
    plan = await planning.get(path)
    body = {"another_like": "nord", "iteration_limit": 50}
    trials = f"{path}/trials"
    answer = await planning.http.post(trials, json=body, headers=bearer("planner"))
    assert answer.status_code == 202, answer.text
    made, where = answer.json(), answer.headers["Location"]
    for _ in range(100):
        if made["trial"] is not None:
            break
        await asyncio.sleep(0.2)
        made = await planning.get(where)
    assert made["trial"]["before"] == plan["totals"]
    assert (made["trial"]["revision"], made["trial"]["impossible"]) == (0, [])
    assert await planning.get(path) == plan
    theirs = bearer("planner", organisation=THEIRS)
    assert (await planning.http.get(where, headers=theirs)).status_code == 404
    asked = await planning.http.post(trials, json=body, headers=theirs)
    assert asked.status_code == 404
    assert (await planning.http.get(where, headers=bearer("inspector"))).status_code == 403
    nothing = await planning.http.post(trials, json={}, headers=bearer("planner"))
    assert nothing.status_code == 422

    place = {"accommodation_id": place_id(1), "due_on": "2026-03-03", "interval_days": 90}
    weeks = {
        "starts_on": "2026-03-02",
        "places": [{**place, "visit_min": 60}],
        "minutes_by_weekday": [0, 0, 0, 60, 0, 0, 0],
    }
    told = await planning.http.post("/v1/coverage-forecasts", json=weeks, headers=bearer("reader"))
    (late,) = told.json()["late"]
    assert (late["late_on"], late["visited_on"]) == ("2026-03-04", "2026-03-05")
    assert len(told.json()["weeks"]) == 26
