"""Decisions made before a plan are kept by it, or refused as a pair."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from plan_answers import TUESDAY, TWO, answer, solved, stop_of
from plan_requests import MONDAY, at, candidate, place_id, plan_request, scattered, team

from routing.domain.checker import check
from routing.use_cases.describe_plan import PlanAnswer
from routing.use_cases.request_plan import refuse_impossible
from shared.contracts.routing.plans import PlanRequest
from shared.problems import Problem


def _lock(number: int, **lock: object) -> dict[str, object]:
    return {"accommodation_id": place_id(number), **lock}


def _kept_where_free(number: int, lock: dict[str, object], free: PlanAnswer) -> None:
    """Lock a place to where it is not of itself."""
    round_, stop = stop_of(free, number)
    assert (round_.team_id, round_.day, stop.starts_at) != (
        lock.get("team_id", round_.team_id),
        date.fromisoformat(str(lock.get("day", round_.day))),
        datetime.fromisoformat(str(lock.get("starts_at", stop.starts_at.isoformat()))),
    )


def test_locks_of_team_day_and_time_are_kept_where_the_plan_would_do_otherwise() -> None:
    places = scattered(10)
    free = answer(candidates=places, teams=TWO)
    other = {"nord": "sud", "sud": "nord"}
    days = {MONDAY: TUESDAY, TUESDAY: MONDAY}
    team_lock = _lock(3, team_id=other[stop_of(free, 3)[0].team_id])
    day_lock = _lock(4, day=str(days[stop_of(free, 4)[0].day]))
    time_lock = _lock(5, team_id="nord", starts_at=at(TUESDAY, 15.25))
    for number, lock in ((3, team_lock), (4, day_lock), (5, time_lock)):
        _kept_where_free(number, lock, free)
    plan = answer(candidates=places, teams=TWO, locks=[team_lock, day_lock, time_lock])
    assert stop_of(plan, 3)[0].team_id == team_lock["team_id"]
    assert str(stop_of(plan, 4)[0].day) == day_lock["day"]
    round_, stop = stop_of(plan, 5)
    assert (round_.team_id, stop.starts_at) == ("nord", datetime.fromisoformat(at(TUESDAY, 15.25)))


def test_a_locked_order_is_kept_with_other_visits_between() -> None:
    places = [candidate(number, 2.36 + number / 100, 48.87, person_min=10) for number in range(6)]
    order = [4, 1, 3]
    locks = [
        _lock(place, team_id="nord", day=str(MONDAY), order=number)
        for number, place in enumerate(order, 1)
    ]
    (round_,) = answer(candidates=places, days=1, locks=locks).rounds
    sequence = [str(stop.accommodation_id) for stop in round_.stops]
    assert len(sequence) == 6
    assert [it for it in sequence if it in {place_id(n) for n in order}] == [
        place_id(number) for number in order
    ]


def test_a_lock_that_leaves_no_room_is_the_reason() -> None:
    places = [candidate(number, 2.36, 48.88) for number in range(3)]
    locks = [_lock(0, starts_at=at(MONDAY, 20)), _lock(1, team_id="nord", starts_at=at(MONDAY, 10))]
    plan = answer(candidates=places, days=1, locks=locks)
    (left,) = plan.unvisited
    assert (str(left.accommodation_id), left.code) == (place_id(0), "LOCKED_OUT")
    assert left.extra_travel_s is not None
    assert "verrou" in left.text.fr
    assert "lock" in left.text.en


def test_the_checker_refuses_a_visit_against_its_lock() -> None:
    locks = [
        _lock(0, team_id="nord", day=str(MONDAY), starts_at=at(MONDAY, 10)),
        _lock(1, team_id="nord", day=str(MONDAY), order=1),
        _lock(2, team_id="nord", day=str(MONDAY), order=2),
    ]
    it = solved(candidates=[candidate(n, 2.36, 48.88) for n in range(3)], days=1, locks=locks)
    (tour,), left = it.solution.tours, {}
    turned = tuple(sorted(tour.visits, key=lambda visit: -visit.candidate))
    broken = [replace(tour, visits=turned)]
    rules = {it.rule for it in check(it.problem, broken, left, it.solution.objective_s)}
    assert "R16" in rules
    untimely = it.problem.locks[0]
    assert untimely.start_s is not None
    assert not any(it.rule == "R16" for it in check(it.problem, [tour], left, 0))
    moved = type(untimely)(untimely.candidate, untimely.vehicles, untimely.start_s + 60)
    others = tuple(lock for lock in it.problem.locks if lock is not untimely)
    problem = replace(it.problem, locks=(moved, *others))
    assert any(it.rule == "R16" for it in check(problem, [tour], left, 0))


@pytest.mark.parametrize(
    ("change", "pointer", "words"),
    [
        ({"locks": [_lock(9, team_id="nord")]}, "/locks/0/accommodation_id", "candidate"),
        ({"locks": [_lock(0, team_id="est")]}, "/locks/0/team_id", "team"),
        ({"locks": [_lock(0)]}, "/locks/0", "team, the day or the time"),
        ({"locks": [_lock(0, team_id="nord", order=1)]}, "/locks/0/order", "team_id and day"),
        ({"locks": [_lock(0, day="2026-03-09")]}, "/locks/0/day", "works"),
        (
            {"locks": [_lock(0, team_id="nord"), _lock(0, team_id="sud")], "teams": TWO, "days": 2},
            "/locks/1",
            "/locks/0",
        ),
        (
            {"locks": [_lock(0, starts_at=at(MONDAY, 10)), _lock(1, starts_at=at(MONDAY, 10.5))]},
            "/locks/1",
            "/locks/0",
        ),
        (
            {
                "locks": [
                    _lock(n, team_id="nord", day=str(MONDAY), order=2, starts_at=at(MONDAY, hour))
                    for n, hour in ((0, 10), (1, 13))
                ]
            },
            "/locks/1",
            "/locks/0",
        ),
        (
            {
                "locks": [
                    _lock(n, team_id="nord", day=str(MONDAY), order=o, starts_at=at(MONDAY, hour))
                    for n, o, hour in ((0, 2, 10), (1, 1, 13))
                ]
            },
            "/locks/0",
            "/locks/1",
        ),
        (
            {
                "locks": [_lock(0, team_id="nord", starts_at=at(MONDAY, 10))],
                "teams": [
                    team(
                        appointments=[
                            {
                                "title": "Réunion",
                                "starts_at": at(MONDAY, 10.5),
                                "ends_at": at(MONDAY, 11),
                            }
                        ]
                    )
                ],
            },
            "/teams/0/appointments/0",
            "/locks/0",
        ),
        (
            {
                "teams": [
                    team(
                        appointments=[
                            {"title": "x", "starts_at": at(MONDAY, 7), "ends_at": at(MONDAY, 8)}
                        ]
                    )
                ]
            },
            "/teams/0/appointments/0",
            "shift",
        ),
        (
            {
                "done": [
                    {
                        "accommodation_id": place_id(0),
                        "team_id": "nord",
                        "position": {"lon": 2.36, "lat": 48.88},
                        "ended_at": at(MONDAY, 10),
                    }
                ],
                "locks": [_lock(0, team_id="nord")],
            },
            "/locks/0",
            "/done/0",
        ),
        (
            {
                "now": at(MONDAY, 10),
                "done": [
                    {
                        "accommodation_id": place_id(8),
                        "team_id": "est",
                        "position": {"lon": 2.36, "lat": 48.88},
                        "ended_at": at(MONDAY, 10),
                    }
                ],
            },
            "/done/0/team_id",
            "team",
        ),
    ],
)
def test_locks_that_contradict_are_refused_naming_the_pair(
    change: dict[str, object], pointer: str, words: str
) -> None:
    request = PlanRequest.model_validate(plan_request(**change))
    with pytest.raises(Problem) as refusal:
        refuse_impossible(request, ())
    assert refusal.value.status == 422
    first = refusal.value.errors[0]
    assert first.pointer == pointer
    assert words in first.detail
