"""Timetables over HTTP: taken in in the background, served, asked for journeys."""

import asyncio
import contextlib
import shutil
from datetime import date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from made_feeds import write_feed

from routing.main import create_app, run_worker
from routing.settings import Settings
from shared.testing import bearer, in_process

HEIDELBERG = Path(__file__).parents[4] / "shared/data/osm/heidelberg_vrn_gtfs_cut.zip"
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# Two streets, 3 km apart, joined by a tramway, and by a road of 12 km.
HERE, THERE = (2.3601, 48.8601), (2.4001, 48.8601)
WEDNESDAY = date(2026, 12, 2)


def streets() -> bytes:
    nodes, ways = "", ""
    for number, (lon, lat) in enumerate((HERE, THERE)):
        first = 10 * number + 1
        for n in range(3):
            nodes += f'<node id="{first + n}" lon="{lon + n / 2000:.6f}" lat="{lat}"/>'
        refs = "".join(f'<nd ref="{first + n}"/>' for n in range(3))
        ways += f'<way id="{number + 1}">{refs}<tag k="highway" v="residential"/></way>'
    for n, (lon, _) in enumerate((HERE, THERE)):
        nodes += f'<node id="{30 + n}" lon="{lon}" lat="48.90"/>'
    refs = "".join(f'<nd ref="{n}"/>' for n in (1, 30, 31, 11))
    ways += f'<way id="3">{refs}<tag k="highway" v="residential"/></way>'
    return f'<osm version="0.6">{nodes}{ways}</osm>'.encode()


def tramway(path: Path, **changes: object) -> Path:
    """Write a feed of one tram every ten minutes, from 6 to 23 o'clock, Monday to Friday."""
    stops = [
        {"stop_id": "a", "stop_name": "Lac", "stop_lat": 48.8602, "stop_lon": 2.3606},
        {"stop_id": "m", "stop_name": "Pont", "stop_lat": 48.8700, "stop_lon": 2.3800},
        {"stop_id": "b", "stop_name": "Forêt", "stop_lat": 48.8602, "stop_lon": 2.4006},
        {"stop_id": "far", "stop_name": "Nulle part", "stop_lat": 48.0, "stop_lon": 2.0},
    ]
    trips, times = [], []
    for number in range(6 * 17):
        start = 6 * 3600 + number * 600
        trips.append({"trip_id": number, "route_id": "T", "service_id": "w", "trip_headsign": "F"})
        for place, (stop, after) in enumerate((("a", 0), ("m", 300), ("b", 660))):
            at = str(timedelta(seconds=start + after))
            row = {"trip_id": number, "stop_id": stop, "stop_sequence": place}
            times.append(row | {"arrival_time": at, "departure_time": at})
    calendar = dict.fromkeys(DAYS[:5], 1) | dict.fromkeys(DAYS[5:], 0)
    calendar |= {"service_id": "w", "start_date": "20261130", "end_date": "20261231"}
    tables = {
        "agency": [{"agency_name": "A", "agency_url": "x", "agency_timezone": "Europe/Paris"}],
        "stops": stops,
        "routes": [{"route_id": "T", "route_short_name": "T9", "route_type": 0}],
        "trips": trips,
        "stop_times": times,
        "calendar": [calendar],
    }
    return write_feed(path, tables | changes)


@pytest.fixture
async def routing(database, tmp_path):
    """Run the service and its worker; both share a folder of imports and of blobs."""
    db = database("routing")
    (tmp_path / "import").mkdir()
    settings = Settings(
        **db.settings(), import_dir=tmp_path / "import", blobs_url=f"file://{tmp_path}/blobs"
    )
    app = create_app(settings)
    async with in_process(app) as client:
        client.headers.update(bearer())
        work = asyncio.create_task(run_worker(settings))
        try:
            yield SimpleNamespace(client=client, folder=tmp_path / "import")
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work


async def ended(routing, answer):
    assert answer.status_code == 202, answer.text
    for _ in range(600):
        job = (await routing.client.get(answer.headers["location"])).json()
        if job["state"] not in {"queued", "running"}:
            return job
        await asyncio.sleep(0.1)
    pytest.fail(f"the job does not end: {job}")


async def with_streets(routing):
    headers = {"Content-Type": "application/octet-stream"}
    answer = await routing.client.post("/v1/graphs", content=streets(), headers=headers)
    assert (await ended(routing, answer))["state"] == "done"


async def taken_in(routing, path: Path):
    content = await asyncio.to_thread(path.read_bytes)
    answer = await routing.client.post(
        "/v1/timetables",
        content=content,
        headers={"Content-Type": "application/zip"},
        params={"name": "Tramway"},
    )
    return await ended(routing, answer)


def question(day: date, at: str, **changes: object) -> dict[str, object]:
    origin, target = ({"lon": lon, "lat": lat} for lon, lat in (HERE, THERE))
    moment = f"{day.isoformat()}T{at}:00+01:00"
    return {"origin": origin, "target": target, "departs_at": moment} | changes


async def test_a_feed_is_taken_in_and_asked_for_journeys(routing, tmp_path):
    asked = await routing.client.post("/v1/journeys", json=question(WEDNESDAY, "09:03"))
    assert (asked.status_code, "No timetable" in asked.json()["detail"]) == (409, True)
    await with_streets(routing)
    job = await taken_in(routing, tramway(tmp_path / "tram.zip"))
    assert job["state"] == "done", job
    (told,) = (await routing.client.get("/v1/timetables")).json()["items"]
    assert told["id"] == job["result"]["timetable_id"]
    assert (told["name"], told["state"], told["timezone"]) == ("Tramway", "active", "Europe/Paris")
    assert (told["first_day"], told["last_day"]) == ("2026-11-30", "2026-12-31")
    assert (told["stops"], told["lines"], told["trips"], told["lone_stops"]) == (4, 1, 102, 2)
    ready = (await routing.client.get("/readyz")).json()
    assert ready["timetable"]["last_day"] == "2026-12-31"

    found = (await routing.client.post("/v1/journeys", json=question(WEDNESDAY, "09:03"))).json()
    (journey,) = found["journeys"]
    assert found["walk_s"] > 2 * 3600
    walk, ride, last = journey["legs"]
    assert (walk["kind"], walk["origin"], walk["target"]) == ("walk", None, "Lac")
    assert (ride["line"], ride["manner"], ride["headsign"], ride["halts"]) == ("T9", "tram", "F", 2)
    assert ride["departs_at"] == "2026-12-02T09:10:00+01:00"
    assert ride["arrives_at"] == "2026-12-02T09:21:00+01:00"
    assert walk["arrives_at"] == ride["departs_at"], "one leaves when the tram comes"
    assert last["arrives_at"] == journey["arrives_at"]
    assert len(ride["positions"]) == 3
    assert journey["vehicles"] == 1
    short = question(WEDNESDAY, "09:03", most_min=15)
    assert (await routing.client.post("/v1/journeys", json=short)).json()["journeys"] == []


async def test_what_a_timetable_does_not_tell_is_said(routing, tmp_path):
    await with_streets(routing)
    assert (await taken_in(routing, tramway(tmp_path / "tram.zip")))["state"] == "done"
    for day, detail in [(date(2027, 1, 4), "holds from 2026-11-30 to 2026-12-31")]:
        late = await routing.client.post("/v1/journeys", json=question(day, "09:00"))
        assert (late.status_code, detail in late.json()["detail"]) == (409, True)
    sunday = await routing.client.post("/v1/journeys", json=question(date(2026, 12, 6), "09:00"))
    assert sunday.json()["journeys"] == []
    night = await routing.client.post("/v1/journeys", json=question(WEDNESDAY, "23:30"))
    assert night.json()["journeys"] == []
    nowhere = question(WEDNESDAY, "09:00", target={"lon": 2.0, "lat": 48.0})
    assert (await routing.client.post("/v1/journeys", json=nowhere)).json()["journeys"] == []


async def test_a_feed_that_is_wrong_leaves_the_one_before(routing, tmp_path):
    await with_streets(routing)
    first = await taken_in(routing, tramway(tmp_path / "tram.zip"))
    wrong = tramway(tmp_path / "wrong.zip", calendar=[{"service_id": "w", "start_date": "soon"}])
    job = await taken_in(routing, wrong)
    assert job["state"] == "failed"
    assert "calendar.txt, line 2, start_date" in job["message"]
    never = dict.fromkeys(DAYS, 0) | {"service_id": "w"}
    never |= {"start_date": "20261130", "end_date": "20261231"}
    empty = await taken_in(routing, tramway(tmp_path / "never.zip", calendar=[never]))
    assert (empty["state"], "no trip runs on any day" in empty["message"]) == ("failed", True)
    answer = await routing.client.get(f"/v1/timetables/{first['result']['timetable_id']}")
    assert answer.json()["state"] == "active"


async def test_an_earlier_timetable_serves_again(routing, tmp_path):
    await with_streets(routing)
    first, second = [await taken_in(routing, tramway(tmp_path / "tram.zip")) for _ in range(2)]
    listed = (await routing.client.get("/v1/timetables", params={"limit": 1})).json()
    assert listed["items"][0]["id"] == second["result"]["timetable_id"]
    more = {"limit": 1, "cursor": listed["next_cursor"]}
    older = (await routing.client.get("/v1/timetables", params=more)).json()["items"][0]
    assert (older["id"], older["state"]) == (first["result"]["timetable_id"], "retired")
    again = await routing.client.post(f"/v1/timetables/{older['id']}/activation")
    assert again.json()["state"] == "active"
    found = await routing.client.post("/v1/journeys", json=question(WEDNESDAY, "09:03"))
    assert found.json()["timetable_id"] == older["id"]


@pytest.mark.parametrize(
    ("content", "kind", "expected"),
    [
        (b"", "application/zip", (422, "empty")),
        (b"{}", "application/json", (422, "/path")),
        (b'{"path": "../feed.zip"}', "application/json", (422, "inside the import folder")),
        (b'{"path": "feed.zip"}', "application/json", (422, "no such file")),
        (b"x", "text/plain", (415, "application/zip")),
    ],
)
async def test_what_is_sent_wrong_is_said(routing, content, kind, expected):
    status, said = expected
    headers = {"Content-Type": kind}
    answer = await routing.client.post("/v1/timetables", content=content, headers=headers)
    assert (answer.status_code, said in answer.text) == (status, True)
    lower = bearer("planner") | headers
    answer = await routing.client.post("/v1/timetables", content=b"x", headers=lower)
    assert answer.status_code == 403


async def test_a_real_feed_answers_between_real_places(routing):
    if not HEIDELBERG.is_file():
        pytest.skip(f"no feed at {HEIDELBERG}")
    shutil.copy(HEIDELBERG, routing.folder / "vrn.zip")
    # Without streets one walks as the crow flies.
    answer = await routing.client.post("/v1/timetables", json={"path": "vrn.zip", "name": "VRN"})
    job = await ended(routing, answer)
    assert job["state"] == "done", job
    asked = {
        "origin": {"lon": 8.6756, "lat": 49.4037},  # the main station
        "target": {"lon": 8.6903, "lat": 49.3800},  # Rohrbach, 3 km south
        "departs_at": "2022-06-14T09:00:00+02:00",
    }
    found = (await routing.client.post("/v1/journeys", json=asked)).json()
    assert found["journeys"], found
    best = found["journeys"][-1]
    spent = datetime.fromisoformat(best["arrives_at"]) - datetime.fromisoformat(asked["departs_at"])
    assert spent < timedelta(minutes=45)
    assert found["walk_s"] > spent.total_seconds()


def weekly_plan(**changes: object) -> dict[str, object]:
    """Ask for a day of visits by tram: one place on each bank."""
    day = {"opens_at": f"{WEDNESDAY}T09:00:00+01:00", "closes_at": f"{WEDNESDAY}T17:00:00+01:00"}
    shift = {"starts_at": day["opens_at"], "ends_at": day["closes_at"]}
    places = [
        {
            "accommodation_id": f"00000000-0000-4000-8000-00000000000{number}",
            "name": f"Hôtel {number}",
            "position": {"lon": lon, "lat": lat},
            "priority_points": 50,
            "fixed_min": 60,
            "person_min": 0,
            "windows": [day],
            "announced": True,
        }
        for number, (lon, lat) in enumerate((HERE, THERE))
    ]
    rider = {
        "id": "tram",
        "name": "Équipe Tram",
        "inspector_ids": ["00000000-0000-4000-8000-0000000000aa"],
        "profile": "transit",
        "start": {"lon": HERE[0] + 0.0005, "lat": HERE[1]},
        "end": {"lon": THERE[0] + 0.0005, "lat": THERE[1]},
        "shifts": [shift],
        "lunch": None,
    }
    asked = {"starts_on": f"{WEDNESDAY}", "days": 1, "candidates": places, "teams": [rider]}
    return asked | {"time_limit_s": 1, **changes}


async def solved(routing, path: str):
    for _ in range(600):
        plan = (await routing.client.get(path, headers=bearer("planner"))).json()
        if plan["state"] not in {"queued", "running"}:
            return plan
        await asyncio.sleep(0.1)
    pytest.fail(f"the plan is never solved: {plan['job']}")


async def test_a_team_goes_by_tram_and_takes_its_lines_along(routing, tmp_path):
    planner = bearer("planner")
    await with_streets(routing)
    asked = await routing.client.post("/v1/plans", json=weekly_plan(), headers=planner)
    assert (asked.status_code, "no timetable" in asked.json()["detail"]) == (409, True)
    taken = await taken_in(routing, tramway(tmp_path / "tram.zip"))
    late = weekly_plan(starts_on="2027-01-04")
    late["teams"][0]["shifts"] = [
        {"starts_at": "2027-01-04T09:00:00+01:00", "ends_at": "2027-01-04T17:00:00+01:00"}
    ]
    over = await routing.client.post("/v1/plans", json=late, headers=planner)
    assert (over.status_code, "to 2026-12-31" in over.json()["detail"]) == (409, True)

    asked = await routing.client.post("/v1/plans", json=weekly_plan(), headers=planner)
    assert asked.status_code == 202, asked.text
    plan = await solved(routing, asked.headers["location"])
    assert plan["timetable_id"] == taken["result"]["timetable_id"]
    assert plan["certificate"]["accepted"]
    (round_,) = plan["rounds"]
    assert [it["profile"] for it in plan["rounds"]] == ["transit"]
    rides = [leg for it in round_["stops"] for leg in it["legs"] if leg["kind"] == "ride"]
    assert [it["line"] for it in rides] == ["T9"]
    assert [it["kind"] for it in round_["legs_back"]] == ["walk"]
    said = rides[0]["text"]["fr"]
    assert "Tram T9 direction F : Lac" in said

    path = f"/v1/plans/{plan['id']}"
    sheet = (await routing.client.get(f"{path}/csv")).text
    assert said in sheet
    assert said in (await routing.client.get(f"{path}/gpx")).text
