"""A week is planned through the gateway alone: places, priorities, rounds, visits."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import uuid4

import httpx
import icalendar
import pytest
from system import System

from gateway.demo.city import make_city
from gateway.demo.client import DemoClient
from gateway.demo.history import addressed, make_history
from gateway.demo.places import Place, make_places
from gateway.demo.register import enter
from gateway.demo.size import Size
from gateway.demo.symptoms import Item
from gateway.demo.teams import make_teams, monday_after
from shared.contracts.gateway import WeeklyPlanRequest

SIZE = Size(places=40, years=2, seed=11)


@dataclass
class Loaded:
    client: httpx.Client
    places: list[Place]
    ids: set[str]
    monday: date

    def week(self, days: int = 1) -> dict[str, object]:
        teams = make_teams(self.places, self.monday, riding=False)[:2]
        end = self.monday + timedelta(days=days)
        short = [
            team.model_copy(
                update={"shifts": [it for it in team.shifts if it.starts_at.date() < end]}
            )
            for team in teams
        ]
        week = WeeklyPlanRequest(starts_on=self.monday, days=days, teams=short, time_limit_s=1)
        return week.model_dump(mode="json")

    def solved(self, week: dict[str, object]) -> dict[str, object]:
        created = self.client.post("/v1/weekly-plans", json=week)
        assert created.status_code == 202, created.text
        # A place with a visit planned by an earlier test is none.
        days = {"starts_on": str(self.monday), "days": 1}
        candidates = self.client.get("/v1/candidates", params=days).json()["items"]
        assert created.json()["candidates"] == len(candidates) > SIZE.places / 2
        return self.done(created.headers["location"])

    def wait_for_drops(self, number: int) -> None:
        for _ in range(100):
            told = self.client.get("/v1/field-results").raise_for_status().json()["dropped"]
            if told is not None and told["drops"] == number:
                return
            time.sleep(0.2)
        raise AssertionError("scoring did not hear of it in 20 s")

    def done(self, path: str) -> dict[str, object]:
        for _ in range(300):
            plan = self.client.get(path)
            assert plan.status_code == 200, plan.text
            if plan.json()["state"] not in {"queued", "running"}:
                return plan.json()
            time.sleep(0.2)
        raise AssertionError("the plan was not solved in a minute")


@pytest.fixture(scope="module")
def loaded(ronde: System) -> Iterator[Loaded]:
    """Give a Ronde that knows 40 places and their past, and has scored them."""
    client = ronde.client()
    demo = DemoClient(ronde.running.gateway_url, "coordinator", lambda: None)
    places = make_places(SIZE, make_city(Random(SIZE.seed)))
    ids = enter(demo, places)
    checklist = demo.call("GET", "/v1/checklists/default/versions/1").json()
    items = [Item.of(item) for item in checklist["items"]]
    today = date.today()  # noqa: DTZ011 - the server's calendar
    forms = list(addressed(make_history(places, items, SIZE, today), ids))
    demo.call("POST", "/v1/inspections/bulk", json={"items": forms[:500]})
    wanted = {str(ids[place.external_id]) for place in places}
    demo.wait(lambda: wanted <= _scored(client), "all places are scored", 60)
    yield Loaded(client, places, wanted, monday_after(today))
    demo.close()


def _scored(client: httpx.Client) -> set[str]:
    page = client.get("/v1/priorities").json()
    return {item["accommodation_id"] for item in page["items"]}


def test_a_plan_visits_places_and_says_why(loaded: Loaded):
    plan = loaded.solved(loaded.week())
    assert plan["state"] == "done", plan["job"]
    assert plan["certificate"]["accepted"]
    stops = [stop for tour in plan["rounds"] for stop in tour["stops"]]
    assert len(stops) >= 4
    ours = [stop for stop in stops if stop["accommodation_id"] in loaded.ids]
    assert ours
    assert all(stop["why"] and stop["score_snapshot"] for stop in ours)
    # Who is due, or was drawn for the audit, is visited whatever else there is.
    obliged = {"due", "audit"}
    assert all((stop["origin"] in obliged) == stop["must_visit"] for stop in stops)
    assert {it["name"] for it in plan["baselines"]} == {"score_order", "nearest_first"}


def test_accepting_twice_makes_each_visit_once(loaded: Loaded):
    plan = loaded.solved(loaded.week())
    path = f"/v1/weekly-plans/{plan['id']}/acceptance"
    first, second = loaded.client.post(path), loaded.client.post(path)
    assert first.status_code == 200, first.text
    stops = [stop for tour in plan["rounds"] for stop in tour["stops"]]
    assert (first.json()["created"], first.json()["unchanged"]) == (len(stops), 0)
    assert (second.status_code, second.content) == (200, first.content)
    visits = loaded.client.get("/v1/visits", params={"plan_id": plan["id"]}).json()["items"]
    assert {visit["stop_id"] for visit in visits} == {stop["stop_id"] for stop in stops}
    by_stop = {stop["stop_id"]: (tour, stop) for tour in plan["rounds"] for stop in tour["stops"]}
    for visit in visits:
        tour, stop = by_stop[visit["stop_id"]]
        assert visit["inspector_ids"] == tour["inspector_ids"]
        assert (visit["round_id"], visit["sequence"]) == (tour["round_id"], stop["sequence"])
        assert visit["score_snapshot"] == stop["score_snapshot"]


def test_the_rounds_can_be_drawn(loaded: Loaded):
    plan = loaded.solved(loaded.week())
    shapes = loaded.client.get(f"/v1/weekly-plans/{plan['id']}/geojson")
    assert shapes.headers["content-type"] == "application/geo+json"
    assert shapes.json()["type"] == "FeatureCollection"


def test_the_same_request_with_the_same_key_is_the_same_plan(loaded: Loaded):
    key, week = {"Idempotency-Key": str(uuid4())}, loaded.week()
    answers = [loaded.client.post("/v1/weekly-plans", json=week, headers=key) for _ in range(2)]
    assert [it.status_code for it in answers] == [202, 202], answers[1].text
    assert answers[0].json()["id"] == answers[1].json()["id"]


def test_only_a_planner_plans_and_accepts(loaded: Loaded, ronde: System):
    reader = ronde.client("reader")
    assert reader.post("/v1/weekly-plans", json=loaded.week()).status_code == 403
    assert reader.post(f"/v1/weekly-plans/{uuid4()}/acceptance").status_code == 403
    stranger = httpx.get(f"{ronde.running.gateway_url}/v1/weekly-plans/{uuid4()}", trust_env=False)
    assert stranger.status_code == 401


def test_what_a_service_refuses_is_refused_in_its_words(loaded: Loaded):
    unknown = loaded.client.get(f"/v1/weekly-plans/{uuid4()}")
    assert unknown.status_code == 404
    assert unknown.json()["type"].endswith("/not-found")
    assert loaded.client.post(f"/v1/weekly-plans/{uuid4()}/acceptance").status_code == 404
    week = loaded.week()
    week["teams"].append(week["teams"][0])
    twice = loaded.client.post("/v1/weekly-plans", json=week)
    assert twice.status_code == 422
    assert twice.json()["errors"][0]["pointer"] == "/teams/0/id"


def test_one_page_describes_every_service(loaded: Loaded):
    page = loaded.client.get("/openapi.json").json()
    assert {"/v1/weekly-plans", "/v1/accommodations", "/v1/scores", "/v1/plans"} <= set(
        page["paths"]
    )
    for reference in {str(it["$ref"]) for it in _references(page)}:
        _, part, kind, name = reference.split("/")
        assert name in page[part][kind], reference


def _references(part: object) -> Iterator[dict[str, object]]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part
        for it in part.values():
            yield from _references(it)
    elif isinstance(part, list):
        for it in part:
            yield from _references(it)


def test_every_service_is_well(loaded: Loaded):
    health = loaded.client.get("/health")
    assert health.status_code == 200, health.text
    assert set(health.json()["services"]) == {"inspections", "scoring", "routing"}


def test_a_drop_by_hand_reaches_the_inspector_s_calendar_and_scoring(loaded: Loaded):
    plan = loaded.solved(loaded.week())
    tour = max(plan["rounds"], key=lambda it: len(it["stops"]))
    acceptance = f"/v1/weekly-plans/{plan['id']}/acceptance"
    assert loaded.client.post(acceptance).status_code == 200
    path = f"/v1/inspectors/{tour['inspector_ids'][0]}/calendar"
    until = datetime.now(UTC) + timedelta(days=1)
    wanted = {"name": "phone", "paths": [path], "expires_at": until.isoformat()}
    address = loaded.client.post("/v1/url-tokens", json=wanted).json()["base_url"]

    ours = {f"{stop['stop_id']}@ronde" for stop in tour["stops"]}
    first = _events(address + path, ours)
    assert set(first) == ours
    edits = [{"kind": "drop", "accommodation_id": tour["stops"][0]["accommodation_id"]}]
    revision = {"based_on": 0, "reason": "It is shut this week.", "edits": edits}
    revised = loaded.client.post(f"/v1/plans/{plan['id']}/revisions", json=revision)
    assert revised.status_code == 201, revised.text
    accepted = loaded.client.post(acceptance, params={"revision": 1})
    assert accepted.status_code == 200, accepted.text
    second = _events(address + path, ours)
    assert set(second) == ours - {f"{tour['stops'][0]['stop_id']}@ronde"}
    moved = {uid for uid, it in second.items() if it.start != first[uid].start}
    assert {uid for uid, it in second.items() if it["sequence"] == 1} == moved
    loaded.wait_for_drops(1)
    # Whoever has the address can neither read more nor learn an unannounced place.
    assert httpx.get(f"{address}/v1/plans", trust_env=False).status_code == 403
    names = [stop["name"] for stop in tour["stops"]]
    told = httpx.get(address + path, trust_env=False).text
    assert not [it for it in names if it in told]


def _events(url: str, uids: set[str]) -> dict[str, icalendar.Event]:
    """Read some events of a calendar, as a phone does: without a header."""
    answer = httpx.get(url, trust_env=False)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    calendar = icalendar.Calendar.from_ical(answer.content)
    return {str(it["uid"]): it for it in calendar.walk("VEVENT") if str(it["uid"]) in uids}
