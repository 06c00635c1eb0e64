"""How long the rest of a day takes to plan again, and how much of it stays.

In this process, roads open, straight lines: what a worker adds is a process that starts.
"""

import copy
import time

import pytest
from day_reports import explained, first_stop, kept_share, report
from plan_edits import EditedPlan
from plan_requests import MONDAY, at, candidate, place_id, scattered, team

pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]

NAMES = ("Nord", "Sud", "Est", "Ouest", "Centre", "Port")
MOST_S, LEAST_KEPT = 3.0, 0.8


def test_a_day_is_planned_again_in_three_seconds_and_most_of_it_stays() -> None:
    teams = [team(name) for name in NAMES]
    plan = EditedPlan(candidates=scattered(300, fixed_min=30), teams=teams, days=1)
    stop = first_stop(plan, "est")
    new = candidate(900, 2.34, 48.86, priority_points=100)
    urgent = {"kind": "add", "accommodation_id": place_id(900), "candidate": new}
    cases = {
        "absent team": ([], {"absent": ["nord"]}, {"nord"}),
        "closed place": ([], {"closed": [str(stop.accommodation_id)]}, set()),
        "delay": ([], {"late": [{"team_id": "sud", "until": at(MONDAY, 11)}]}, {"sud"}),
        "urgent visit": ([urgent], {}, set()),
    }
    for name, (edits, what, concerned) in cases.items():
        day = copy.copy(plan)
        day.revisions = list(plan.revisions)
        began = time.monotonic()
        made = report(day, 9, *edits, **{"iteration_limit": None, **what})
        took_s = time.monotonic() - began
        kept = kept_share(day, without=concerned, places=set(what.get("closed", [])))
        print(f"{name}: {took_s:.2f} s, {kept:.0%} of the others stay, {len(made.diff.lost)} lost")
        assert took_s <= MOST_S
        assert kept >= LEAST_KEPT
        assert explained(made)
