"""S6: somebody is absent, a hotel is shut, a road is jammed; the day is planned around it all."""

import time
from datetime import datetime

import httpx
import record
from organisation import Organisation, items, told
from weeks import accepted, await_scores, local, next_monday, revised, solved, stops, team, where

PLACES = 26
TEAMS = ("Nord", "Sud", "Est")


def test_s06_the_day_is_planned_again_around_what_happens(organisation: Organisation):
    coordinator = organisation.person("coordination")
    declared(coordinator)
    monday = next_monday()
    plan = solved(coordinator, [team(it, [monday]) for it in TEAMS])
    accepted(coordinator, plan["id"])
    pinned = tour_of(plan, "Sud")["stops"][-1]
    pin = [{"kind": "pin", "accommodation_id": pinned["accommodation_id"]}]
    revised(coordinator, plan["id"], 0, "An appointment with the manager", edits=pin)

    absent = {"now": local(monday, 9).isoformat(), "absent": ["est"]}
    first = replanned(coordinator, plan["id"], 1, reason="The pair of Est is ill", day=absent)
    assert tour_of(first, "Est") is None
    assert kept_at_its_hour(first, pinned)
    left_out_says_why(first, plan)

    done = tour_of(first, "Nord")["stops"][0]
    shut = next(
        it
        for it in tour_of(first, "Sud")["stops"]
        if it["stop_id"] != pinned["stop_id"] and starts(it) > local(monday, 10.5)
    )

    report = {
        "now": local(monday, 10.5).isoformat(),
        "done": [{"accommodation_id": done["accommodation_id"], "ended_at": done["ends_at"]}],
        "absent": ["est"],
        "closed": [shut["accommodation_id"]],
        "late": [{"team_id": "nord", "until": local(monday, 11.25).isoformat()}],
    }
    second = replanned(coordinator, plan["id"], 2, reason="A hotel is shut", day=report)
    assert done["accommodation_id"] in second["done"]
    assert tour_of(second, "Nord")["stops"][0]["starts_at"] == done["starts_at"]
    assert pinned["accommodation_id"] in {
        it["accommodation_id"] for it in tour_of(second, "Sud")["stops"]
    }
    assert second["pinned"] == [pinned["accommodation_id"]]
    assert shut["accommodation_id"] not in where(second)
    nobody_of_north_moves_before(second, done, local(monday, 11.25))
    assert shut["accommodation_id"] in {it["accommodation_id"] for it in second["fell_out"]}
    left_out_says_why(second, first)
    visits_follow(coordinator, plan, second)


def declared(client: httpx.Client) -> None:
    places = [
        told(client.post("/v1/accommodations", json=record.accommodation(it)), 201)["id"]
        for it in range(PLACES)
    ]
    await_scores(client, places)


def tour_of(plan: dict, name: str) -> dict | None:
    return next((it for it in plan["rounds"] if it["team_id"] == name.lower()), None)


def starts(stop: dict) -> datetime:
    return datetime.fromisoformat(stop["starts_at"])


def replanned(client: httpx.Client, plan: str, based_on: int, *, reason: str, day: dict) -> dict:
    began = time.perf_counter()
    revision = revised(client, plan, based_on, reason, day=day)
    print(f"S6: planned again in {time.perf_counter() - began:.2f} s: {reason}")
    return revision


def kept_at_its_hour(plan: dict, stop: dict) -> bool:
    return stop["accommodation_id"] in {
        it["accommodation_id"] for it in tour_of(plan, "Sud")["stops"]
    }


def left_out_says_why(plan: dict, before: dict) -> None:
    """See that what fell out is listed with a reason, and that nothing else did."""
    fell = {it["accommodation_id"]: it for it in plan["fell_out"]}
    gone = where(before).keys() - where(plan).keys()
    assert fell.keys() == gone != set()
    for it in fell.values():
        assert it["code"], it
        assert it["text"]["fr"], it
        assert it["text"]["en"], it


def nobody_of_north_moves_before(plan: dict, done: dict, jam_ends: datetime) -> None:
    """See that what the jammed team has before it begins after the jam, unless it was under way."""
    under_way = set(plan["done"])
    for stop in tour_of(plan, "Nord")["stops"]:
        if stop["accommodation_id"] not in under_way:
            assert starts(stop) >= jam_ends, (stop, done)


def visits_follow(client: httpx.Client, plan: dict, revision: dict) -> None:
    """See that the visits are those of the changed day once it is accepted."""
    accepted(client, plan["id"], revision["number"])
    planned = items(client, "/v1/visits", plan_id=plan["id"], state="planned")
    assert {it["accommodation_id"] for it in planned} == {
        it["accommodation_id"] for it in stops(revision)
    }
