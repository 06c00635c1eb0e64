"""Judge a week's plan from the raw instance file alone: nothing of the planner is used."""

import json
from pathlib import Path

import numpy as np


def faults_and_cost(instance: Path, plan: dict[str, object]) -> tuple[list[str], int]:
    """List what is wrong with a plan in the benchmark's form, and price it."""
    case = json.loads(instance.read_text())
    travel = np.load(instance.with_suffix(".npz"))["travel_s"].astype(int)
    visits = {visit["id"]: visit for visit in case["visits"]}
    inspectors = {inspector["id"]: inspector for inspector in case["inspectors"]}
    faults, cost, seen, days = [], 0, [], set()
    for route in plan["routes"]:
        who = inspectors[route["inspector"]]
        shifts = {shift["day"]: shift for shift in who["shifts"]}
        if (route["inspector"], route["day"]) in days or route["day"] not in shifts:
            faults.append("day")
            continue
        days.add((route["inspector"], route["day"]))
        found, driven = _route(travel, visits, who=who, shift=shifts[route["day"]], route=route)
        faults += found
        cost += driven
        seen += [visit["id"] for visit in route["visits"]]
    out = [left["id"] for left in plan["unvisited"]]
    if sorted(seen + out) != sorted(visits):
        faults.append("partition")
    if not all(left["reason"] for left in plan["unvisited"]):
        faults.append("reason")
    weights = case["weights"]
    for left in out:
        must = visits[left]["must"]
        value = visits[left]["score"] * weights["travel_s_per_point"]
        cost += weights["must_penalty_s"] if must else value
    if cost != plan["objective"]:
        faults.append("objective")
    return faults, cost


def _route(travel, visits, *, who, shift, route) -> tuple[list[str], int]:
    faults, driven = [], 0
    here, free, pause = who["start"], route["start_s"], route["break"]
    if route["start_s"] < shift["start_s"] or route["end_s"] > shift["end_s"]:
        faults.append("shift")
    due = shift["break"]
    if (pause is None) != (due is None):
        faults.append("break")
    elif pause is not None:
        long_enough = pause["end_s"] - pause["start_s"] >= due["duration_s"]
        timely = due["earliest_s"] <= pause["start_s"] <= due["latest_s"]
        inside = route["start_s"] <= pause["start_s"] and pause["end_s"] <= route["end_s"]
        if not (long_enough and timely and inside):
            faults.append("break")
    for stop in route["visits"]:
        place = visits[stop["id"]]
        leg = int(travel[here, place["node"]])
        faults += _gap(free, stop["arrive_s"], leg, pause)
        faults += _stop(place, stop, day=route["day"], who=who, pause=pause)
        driven += leg
        here, free = place["node"], stop["end_s"]
    leg = int(travel[here, who["end"]])
    faults += _gap(free, route["end_s"], leg, pause)
    driven += leg
    if who["max_travel_s"] is not None and driven > who["max_travel_s"]:
        faults.append("max travel")
    return faults, driven


def _gap(free, arrive, leg, pause) -> list[str]:
    eaten = 0
    if pause is not None and free <= pause["start_s"] and pause["end_s"] <= arrive:
        eaten = pause["end_s"] - pause["start_s"]
    return [] if free + leg + eaten <= arrive else ["travel"]


def _stop(place, stop, *, day, who, pause) -> list[str]:
    faults = []
    if stop["start_s"] < stop["arrive_s"] or stop["end_s"] - stop["start_s"] < place["service_s"]:
        faults.append("service")
    inside = any(
        window["day"] == day
        and window["open_s"] <= stop["start_s"]
        and stop["end_s"] <= window["close_s"]
        for window in place["windows"]
    )
    if not inside:
        faults.append("window")
    if place["deadline_day"] is not None and day > place["deadline_day"]:
        faults.append("deadline")
    if not set(place["skills"]) <= set(who["skills"]):
        faults.append("skills")
    if pause is not None and pause["start_s"] < stop["end_s"] and stop["start_s"] < pause["end_s"]:
        faults.append("break overlaps")
    return faults
