"""What has happened by now, and what people were told, shapes what is left to plan."""

from datetime import datetime
from uuid import uuid5

import numpy as np
import pytest
from plan_answers import TUESDAY, TWO, answer, solved, stop_of
from plan_requests import MONDAY, NAMESPACE, at, candidate, place_id, plan_request, scattered, team

from routing.use_cases.request_plan import refuse_impossible
from shared.contracts.routing.plans import PlanRequest
from shared.problems import Problem


def test_done_without_now_is_refused() -> None:
    done = {
        "accommodation_id": place_id(0),
        "team_id": "nord",
        "position": {"lon": 2.36, "lat": 48.88},
        "ended_at": at(MONDAY, 10),
    }
    with pytest.raises(Problem, match="/now"):
        refuse_impossible(PlanRequest.model_validate(plan_request(done=[done])), ())


def _done(number: int, hour: float, **change: object) -> dict[str, object]:
    return {
        "accommodation_id": place_id(number),
        "team_id": "nord",
        "position": {"lon": 2.40, "lat": 48.90},
        "ended_at": at(MONDAY, hour),
        **change,
    }


def test_a_team_goes_on_from_its_last_visit_and_nothing_done_comes_again() -> None:
    places = [candidate(number, 2.40, 48.90, person_min=20) for number in range(4)]
    plan = answer(
        candidates=places,
        days=1,
        now=at(MONDAY, 11),
        done=[_done(0, 10), _done(1, 11.25, travel_s=900)],
    )
    (round_,) = plan.rounds
    assert {str(stop.accommodation_id) for stop in round_.stops} == {place_id(2), place_id(3)}
    assert round_.leaves_at >= datetime.fromisoformat(at(MONDAY, 11.25))
    # The places left are where the team is.
    assert round_.stops[0].travel_s == 0
    assert plan.unvisited == []


def test_the_day_behind_counts_for_the_limit_of_travel_and_for_lunch() -> None:
    it = solved(
        days=1,
        teams=[team(max_travel_min=30)],
        now=at(MONDAY, 14.5),
        done=[_done(9, 12, travel_s=1000)],
    )
    (van,) = it.problem.vehicles
    assert van.max_travel_s == 800
    assert van.lunch is not None
    # Its hours are over: at once.
    assert van.lunch.earliest_s == van.lunch.latest_s == van.start_s
    eaten = solved(days=1, teams=[team(lunch_taken=True)], now=at(MONDAY, 14.5))
    assert eaten.problem.vehicles[0].lunch is None
    late = solved(days=1, now=at(MONDAY, 17.25))
    assert late.problem.vehicles[0].lunch is None
    over = solved(days=1, now=at(MONDAY, 18))
    assert over.problem.vehicles == ()


def test_appointments_of_a_team_are_kept_and_are_no_visits() -> None:
    meeting = {
        "title": "Réunion de service",
        "starts_at": at(MONDAY, 14),
        "ends_at": at(MONDAY, 15),
        "position": {"lon": 2.33, "lat": 48.85},
    }
    plan = answer(days=1, teams=[team(appointments=[meeting])])
    (round_,) = plan.rounds
    (kept,) = round_.engagements
    assert (kept.title, kept.starts_at) == (
        meeting["title"],
        datetime.fromisoformat(at(MONDAY, 14)),
    )
    taken = [(stop.starts_at, stop.ends_at) for stop in round_.stops]
    assert all(end <= kept.starts_at or start >= kept.ends_at for start, end in taken)
    assert plan.totals.visits == len(round_.stops) > 0
    assert plan.totals.missed_engagements == []
    for yardstick in plan.baselines:
        assert yardstick.visits > 0


def test_an_appointment_under_way_is_where_the_team_is() -> None:
    meeting = {
        "title": "Réunion",
        "starts_at": at(MONDAY, 10),
        "ends_at": at(MONDAY, 11),
        "position": {"lon": 2.40, "lat": 48.90},
    }
    it = solved(days=1, teams=[team(appointments=[meeting])], now=at(MONDAY, 10.5))
    (van,) = it.problem.vehicles
    assert (van.start_s, it.problem.size) == (11 * 3600, 4)


def test_an_appointment_nobody_can_reach_is_reported() -> None:
    far = {
        "title": "Salon",
        "starts_at": at(MONDAY, 9.1),
        "ends_at": at(MONDAY, 10),
        "position": {"lon": 4.8, "lat": 45.7},
    }
    plan = answer(days=1, teams=[team(appointments=[far])])
    assert plan.totals.missed_engagements == ["Équipe Nord: Salon"]
    assert plan.unvisited == []


def test_each_team_travels_its_own_way() -> None:
    places = [candidate(n, 2.36 + n / 500, 48.87, skills=[s]) for n, s in ((1, "a"), (2, "b"))]
    teams = [
        team("Auto", skills=["a"]),
        team("Velo", skills=["b"], profile="bike"),
    ]
    plan = answer(candidates=places, teams=teams, days=1)
    travel = {round_.profile: round_.travel_s for round_ in plan.rounds}
    # The bicycle goes twice as far at 14 km/h instead of 25.
    assert travel["bike"] == pytest.approx(2 * travel["drive"] * 25 / 14, rel=0.02)


def test_a_language_nobody_speaks_is_named() -> None:
    places = [candidate(0, 2.36, 48.88, languages=["ps", "fr"]), candidate(1, 2.36, 48.88)]
    plan = answer(candidates=places, teams=[team(languages=["fr"])], days=1)
    (left,) = plan.unvisited
    assert (left.code, left.missing_skills) == ("NO_SKILL", ["ps"])
    assert "langues" in left.text.fr


def test_announced_visits_stay_with_their_day_and_team_and_churn_is_told() -> None:
    places = scattered(8, person_min=40)
    free = answer(candidates=places, teams=TWO)
    told = [
        {
            **place,
            "announced_for": {
                "starts_at": stop_of(free, number)[1].starts_at.isoformat(),
                "team_id": "sud",
            },
        }
        for number, place in enumerate(places)
    ]
    again = answer(candidates=told, teams=TWO, seed=5)
    assert again.totals.churn is not None
    assert again.totals.churn.model_dump() == {"announced": 8, "kept": 8, "moved": 0, "dropped": 0}
    assert free.totals.churn is None
    assert "nord" in {round_.team_id for round_ in free.rounds}
    # Their team is sick: they move to the other.
    sick = answer(candidates=told, teams=[team("Nord", days=2)])
    churn = sick.totals.churn
    assert churn is not None
    assert churn.model_dump() == {"announced": 8, "kept": 0, "moved": 8, "dropped": 0}


def test_moving_an_announced_visit_costs_ten_minutes_of_driving() -> None:
    place = candidate(1, 2.40, 48.87, person_min=20)
    told = {"starts_at": at(TUESDAY, 10), "team_id": "sud"}
    it = solved(candidates=[{**place, "announced_for": told}], teams=TWO)
    assert it.problem.moved_s is not None
    assert it.problem.moved_s.tolist() == [[600, 600, 600, 0]]


def test_the_same_seed_and_steps_give_the_same_plan() -> None:
    asked = {"candidates": scattered(60), "teams": TWO, "time_limit_s": 60}
    plans = [answer(**asked, iteration_limit=300, seed=seed).rounds for seed in (3, 3, 4)]
    assert plans[0] == plans[1]
    assert plans[0] != plans[2]


def test_what_a_plan_finds_is_told_per_hour_beside_the_simple_ways() -> None:
    snapshot = {
        "score_id": str(uuid5(NAMESPACE, "score")),
        "model_id": None,
        "method": "rule",
        "as_of": at(MONDAY, 8),
        "probability": 0.25,
        "priority_points": 40,
        "propensity": None,
    }
    places = [{**place, "score_snapshot": snapshot} for place in scattered(30)]
    plan = answer(candidates=places, days=1)
    hours = (plan.totals.travel_s + plan.totals.service_s) / 3600
    assert plan.totals.expected_critical == pytest.approx(0.25 * plan.totals.visits)
    assert plan.totals.expected_critical_per_hour == pytest.approx(
        plan.totals.expected_critical / hours, rel=1e-3
    )
    assert {it.name for it in plan.baselines} == {"score_order", "nearest_first"}
    assert all(it.expected_critical_per_hour for it in plan.baselines)
    assert np.isfinite(plan.totals.objective_s)
