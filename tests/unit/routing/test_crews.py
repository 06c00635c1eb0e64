"""Crews of the register: who works when, what they can, and nothing of where they live."""

import json
import random
from uuid import UUID

import pytest
from home_scan import metres, nearest_m
from plan_answers import PLAN, STRAIGHT
from plan_edits import EditedPlan
from plan_requests import place_id, plan_request, scattered, team
from pydantic import ValidationError

from routing.domain.blurred import blurred
from routing.use_cases.compose_crews import Member, composed, wrong
from routing.use_cases.describe_plan import describe, draw
from routing.use_cases.solve_plan import solve_request
from shared.contracts.message import Position
from shared.contracts.routing.inspectors import InspectorFacts
from shared.contracts.routing.plans import Crew, PlanRequest

HOME = (2.4571, 48.8049)
ONE, TWO, THREE = (UUID(place_id(number)) for number in (901, 902, 903))
WEEK = [{"weekday": day, "starts_min": 540, "ends_min": 1050} for day in range(1, 6)]


def member(home: tuple[float, float] | None = None, **change: object) -> Member:
    facts = {"working_days": WEEK, "office": {"lon": 2.36, "lat": 48.87}, **change}
    place = None if home is None else Position(lon=home[0], lat=home[1])
    return Member(InspectorFacts.model_validate(facts), place)


def request(**change: object) -> PlanRequest:
    return PlanRequest.model_validate(plan_request(**{"days": 5, **change}))


def crew(*ids: UUID) -> Crew:
    return Crew(id="est", name="Équipe Est", inspector_ids=list(ids))


def test_a_crew_works_when_all_of_it_do() -> None:
    part_time = [{"weekday": day, "starts_min": 480, "ends_min": 780} for day in (1, 2, 4)]
    away = [{"starts_on": "2026-03-03", "ends_on": "2026-03-03"}]
    known = {ONE: member(absences=away), TWO: member(working_days=part_time)}
    made = composed(crew(ONE, TWO), request(), known)
    assert made is not None
    hours = [(it.starts_at.isoformat(), it.ends_at.isoformat()) for it in made.shifts]
    assert hours == [
        ("2026-03-02T09:00:00+01:00", "2026-03-02T13:00:00+01:00"),
        ("2026-03-05T09:00:00+01:00", "2026-03-05T13:00:00+01:00"),
    ]
    long = [{"starts_on": "2026-02-01", "ends_on": "2026-04-01"}]
    assert composed(crew(ONE), request(), {ONE: member(absences=long)}) is None


def test_a_crew_can_what_any_of_it_can_and_goes_where_all_of_it_may() -> None:
    known = {
        ONE: member(skills=["feu"], languages=["fr"], sectors=["Nord", "Est"], travels_by="walk"),
        TWO: member(skills=["gaz"], languages=["ar"], sectors=["Nord"], travels_by="drive"),
        THREE: member(sectors=["Sud"], travels_by="bike"),
    }
    made = composed(crew(ONE, TWO), request(), known)
    assert made is not None
    assert (made.skills, made.languages, made.sectors) == (["feu", "gaz"], ["ar", "fr"], ["Nord"])
    assert (made.size, made.profile, made.at_home) == (2, "drive", False)
    alone = composed(crew(THREE), request(), known)
    assert alone is not None
    assert alone.profile == "bike"
    nowhere = composed(crew(TWO, THREE), request(), known)
    assert nowhere is not None
    # No sector is everywhere, so that no sector in common is not.
    assert nowhere.sectors == ["—"]


def test_who_never_visits_alone_is_unknown_or_twice_there_is_refused() -> None:
    known = {ONE: member(never_alone=True), TWO: member(is_active=False)}
    pointers = [
        [it.pointer for it in wrong(crew(*ids), 3, known)]
        for ids in ((ONE,), (ONE, TWO), (ONE, THREE), (ONE, ONE))
    ]
    first, second = "/crews/3/inspector_ids/0", "/crews/3/inspector_ids/1"
    assert pointers == [[first], [second], [second], [second]]


@pytest.mark.parametrize(
    "change",
    [
        {"working_days": [{"weekday": 1, "starts_min": 600, "ends_min": 600}]},
        {"working_days": [WEEK[0], WEEK[0]]},
        {"absences": [{"starts_on": "2026-03-03", "ends_on": "2026-03-02"}]},
    ],
)
def test_facts_that_contradict_themselves_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        member(**change)


def test_a_home_is_known_to_its_square_kilometre_and_no_better() -> None:
    rng = random.Random(3)
    for _ in range(300):
        home = rng.uniform(-5, 9), rng.uniform(42, 51)
        middle = blurred(*home)
        assert metres(home, middle) < 710
        near = [(middle[0] + rng.uniform(-0.0055, 0.0055), middle[1] + rng.uniform(-0.004, 0.004))]
        assert {blurred(*it) for it in near} == {middle}


def test_a_round_from_home_is_told_from_its_first_stop_to_its_last() -> None:
    places = scattered(14, fixed_min=40)
    known = {ONE: member(blurred(*HOME), starts_at="home", ends_at="home")}
    asked = request(candidates=places, days=2, iteration_limit=200)
    made = composed(crew(ONE), asked, known)
    assert made is not None
    assert made.at_home
    asked = asked.model_copy(update={"teams": [made]})
    solved = solve_request(asked, STRAIGHT, PLAN)
    answer = describe(solved)
    assert answer.rounds
    real = {it.vehicle: it for it in solved.solution.tours}
    for round_, tour in zip(answer.rounds, real.values(), strict=True):
        assert round_.leaves_at == round_.stops[0].starts_at
        assert round_.returns_at == round_.stops[-1].ends_at
        assert round_.stops[0].travel_s == round_.stops[0].wait_s == 0
        assert round_.travel_s == sum(it.travel_s for it in round_.stops) < tour.travel_s
    figures = answer.totals
    exact = sum(it.travel_s for it in real.values())
    assert 0 <= figures.travel_s - exact < 900
    assert {it % 900 for it in (figures.travel_s, figures.objective_s)} == {0}
    assert [it.work_s % 900 for it in figures.work] == [0]
    for text in (answer.model_dump_json(), json.dumps(draw(answer.rounds, STRAIGHT))):
        assert nearest_m(text, HOME) > 300


def test_an_appointment_at_a_home_is_told_without_its_place() -> None:
    meeting = {
        "title": "Appel",
        "starts_at": "2026-03-02T11:00:00+01:00",
        "ends_at": "2026-03-02T11:30:00+01:00",
    }
    start = {"lon": HOME[0], "lat": HOME[1]}
    at_home = team("Nord", start=start, at_home=True, appointments=[meeting])
    plan = EditedPlan(candidates=scattered(4), teams=[at_home], days=1)
    (kept,) = plan.revisions[0].answer.rounds[0].engagements
    assert kept.position is None
    assert nearest_m(plan.revisions[0].answer.model_dump_json(), HOME) > 300


def test_the_days_of_a_crew_follow_the_local_clock() -> None:
    asked = request(starts_on="2026-03-28", days=3)
    every = [{"weekday": day, "starts_min": 540, "ends_min": 1050} for day in range(1, 8)]
    made = composed(crew(ONE), asked, {ONE: member(working_days=every)})
    assert made is not None
    assert [it.starts_at.isoformat() for it in made.shifts] == [
        "2026-03-28T09:00:00+01:00",
        "2026-03-29T09:00:00+02:00",
        "2026-03-30T09:00:00+02:00",
    ]
