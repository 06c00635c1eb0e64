"""The checker refuses every kind of wrong plan, and accepts the right one."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from planning_cases import DAY, HOUR, LUNCH, line_problem

from routing.domain.board import make_board
from routing.domain.checker import check
from routing.domain.planner import verified
from routing.domain.problem import Problem, Vehicle
from routing.domain.solution import Solution, Tour, Visit

PROBLEM = line_problem(
    at_min=[10, 20, 30, 45, 170],
    points=[80, 70, 60, 90, 1],
    windows=[((8 * HOUR, 18 * HOUR), (DAY + 8 * HOUR, DAY + 18 * HOUR))] * 5,
    vehicles=(
        Vehicle(0, 0, 0, 0, 9 * HOUR, 17 * HOUR, LUNCH, 3 * HOUR),
        Vehicle(1, 0, 0, 0, 9 * HOUR, 12 * HOUR),
        Vehicle(0, 1, 0, 0, DAY + 9 * HOUR, DAY + 17 * HOUR),
    ),
    skilled=[[True, True, True]] * 3 + [[True, False, True], [True, True, True]],
    due_s=[DAY, 40 * DAY, 40 * DAY, 40 * DAY, 40 * DAY],
)
# Place 3 late on the first day, so that a move to the second is a change of every time.
ROUTES = [[0, 1, 3], [2], []]


def _solution() -> Solution:
    return verified(make_board(PROBLEM), "test", ROUTES)


def _codes(solution: Solution) -> dict[int, str]:
    return {left.candidate: left.code for left in solution.left_out}


def _first(solution: Solution, **change: object) -> tuple[Tour, ...]:
    return (replace(solution.tours[0], **change), *solution.tours[1:])


def _visit(solution: Solution, at: int, **change: object) -> tuple[Tour, ...]:
    visits = list(solution.tours[0].visits)
    visits[at] = replace(visits[at], **change)
    return _first(solution, visits=tuple(visits))


def _late(solution: Solution, shift_s: int) -> tuple[Tour, ...]:
    """Move every time of the first round."""
    tour = solution.tours[0]
    visits = tuple(
        Visit(v.candidate, v.travel_s, v.arrive_s + shift_s, v.start_s + shift_s, v.end_s + shift_s)
        for v in tour.visits
    )
    moved = replace(
        tour, leave_s=tour.leave_s + shift_s, return_s=tour.return_s + shift_s, visits=visits
    )
    return (moved, *solution.tours[1:])


MUTATIONS: dict[str, tuple[str, Callable[[Solution], tuple[Tour, ...]]]] = {
    "an unknown team": ("R1", lambda s: _first(s, vehicle=9)),
    "two rounds of one team on a day": ("R3", lambda s: (*s.tours, s.tours[1])),
    "a start before the shift": ("R4", lambda s: _first(s, leave_s=8 * HOUR)),
    "a round on another day": ("R4", lambda s: _late(s, DAY)),
    "no lunch": ("R5", lambda s: _first(s, lunch_s=None)),
    "a short lunch": (
        "R5",
        lambda s: _first(s, lunch_s=(s.tours[0].lunch_s[0], s.tours[0].lunch_s[0] + 60)),
    ),
    "an early lunch": ("R5", lambda s: _first(s, lunch_s=(9 * HOUR, 10 * HOUR))),
    "a lunch after coming home": (
        "R5",
        lambda s: _first(s, return_s=s.tours[0].lunch_s[1] - 60),
    ),
    "a lunch where none is due": (
        "R5",
        lambda s: (s.tours[0], replace(s.tours[1], lunch_s=(10 * HOUR, 11 * HOUR))),
    ),
    "an unknown place": ("R6", lambda s: _visit(s, 0, candidate=77)),
    "lunch during a visit": (
        "R7",
        lambda s: _visit(s, 2, start_s=s.tours[0].lunch_s[0], end_s=s.tours[0].lunch_s[1]),
    ),
    "an arrival too soon": ("R8", lambda s: _visit(s, 1, arrive_s=s.tours[0].visits[0].end_s)),
    "a visit before arrival": (
        "R8",
        lambda s: _visit(s, 1, start_s=s.tours[0].visits[1].arrive_s - 5),
    ),
    "a place visited twice": ("R9", lambda s: _visit(s, 1, candidate=0)),
    "a visit cut short": (
        "R10",
        lambda s: _visit(s, 1, end_s=s.tours[0].visits[1].start_s + 600),
    ),
    "a visit out of hours": ("R11", lambda s: _late(s, -2 * HOUR)),
    "a visit past its due date": ("R12", lambda s: _late(s, DAY)),
    "a team without the skill": (
        "R13",
        lambda s: (
            s.tours[0],
            replace(s.tours[1], visits=(replace(s.tours[1].visits[0], candidate=3),)),
        ),
    ),
    "driving that does not add up": ("R14", lambda s: _first(s, travel_s=1)),
    "a place forgotten": ("R15", lambda s: s.tours[:1]),
}


def test_a_right_plan_is_accepted() -> None:
    solution = _solution()
    assert check(PROBLEM, solution.tours, _codes(solution), solution.objective_s) == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_wrong_plan_is_refused_by_the_rule_it_breaks(name: str) -> None:
    rule, mutate = MUTATIONS[name]
    solution = _solution()
    found = check(PROBLEM, mutate(solution), _codes(solution), solution.objective_s)
    assert rule in {violation.rule for violation in found}
    assert all(violation.text for violation in found)


def test_two_rounds_of_one_team_at_the_same_time_are_refused() -> None:
    night = (
        Vehicle(0, 0, 0, 0, 20 * HOUR, DAY + 4 * HOUR),
        Vehicle(0, 1, 0, 0, DAY + HOUR, DAY + 6 * HOUR),
    )
    problem = line_problem(
        at_min=[10, 20], points=[80, 70], vehicles=night, windows=[((0, 2 * DAY),)] * 2
    )
    late = Tour(0, DAY, DAY + 4800, None, (Visit(0, 600, DAY + 600, DAY + 600, DAY + 4200),), 1200)
    begun = DAY + HOUR
    early = Tour(
        1,
        begun,
        begun + 6000,
        None,
        (Visit(1, 1200, begun + 1200, begun + 1200, begun + 4800),),
        2400,
    )
    found = check(problem, (early, late), {}, 3600)
    assert [violation.rule for violation in found] == ["R2"]
    assert "team 0" in found[0].text
    following = replace(late, return_s=begun)
    assert "R2" not in {v.rule for v in check(problem, (early, following), {}, 3600)}


def test_too_much_driving_is_refused() -> None:
    vans = (replace(PROBLEM.vehicles[0], max_travel_s=60), *PROBLEM.vehicles[1:])
    solution = _solution()
    strict: Problem = replace(PROBLEM, vehicles=vans)
    found = check(strict, solution.tours, _codes(solution), solution.objective_s)
    assert [violation.rule for violation in found] == ["R14"]


def test_a_cost_that_flatters_is_refused() -> None:
    solution = _solution()
    found = check(PROBLEM, solution.tours, _codes(solution), solution.objective_s - 1)
    assert [violation.rule for violation in found] == ["R17"]


def test_a_place_both_visited_and_left_out_is_refused() -> None:
    solution = _solution()
    codes = {**_codes(solution), 0: "NO_SKILL"}
    found = check(PROBLEM, solution.tours, codes, solution.objective_s)
    assert [violation.rule for violation in found] == ["R15"]
