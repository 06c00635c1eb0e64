"""Plans of tiny problems against enumeration, and of any problem against the checker."""

from math import inf

import numpy as np
import pytest
from tiny_plans import best_cost, insertions, random_problem, without_locks

from routing.domain.planner import plan
from routing.domain.problem import Problem, Routes
from routing.domain.solution import LeftOut, Solution

STEPS = 600


def _planned(problem: Problem, steps: int = STEPS) -> tuple[Solution, Routes]:
    solution = plan(problem, time_limit_s=60, most_steps=steps)
    routes: Routes = [[] for _ in problem.vehicles]
    for tour in solution.tours:
        routes[tour.vehicle] = [visit.candidate for visit in tour.visits]
    return solution, routes


def _holds(problem: Problem, routes: Routes, left: LeftOut) -> bool:
    """Prove a reason by trying every place of the plan, and of an empty one."""
    place, nobody = left.candidate, [[] for _ in problem.vehicles]
    free, price = without_locks(problem), int(problem.penalty_s[left.candidate])
    anyone = bool((problem.skilled[place] & problem.in_sector[place]).any())
    alone = insertions(free, nobody, place)
    here = min(insertions(problem, routes, place), default=inf)
    if left.code == "NO_SKILL":
        return not anyone
    if left.code in {"CLOSED_OR_DEADLINE", "TOO_FAR_OR_WINDOW"}:
        return anyone and not alone
    if left.code == "LOCKED_OUT":
        unlocked = min(insertions(free, routes, place), default=None)
        return bool(alone) and here == inf and unlocked == left.extra_travel_s
    if left.code == "DETOUR_NOT_WORTH":
        return here == left.extra_travel_s >= price
    return left.code == "NO_TIME_LEFT" and here == inf and _figures_hold(problem, routes, left)


def _figures_hold(problem: Problem, routes: Routes, left: LeftOut) -> bool:
    minutes, other = left.missing_min, left.displaced
    if minutes is not None:
        relief = int(minutes * 60)
        if not insertions(problem, routes, left.candidate, relief_s=relief):
            return False
        if relief > 60 and insertions(problem, routes, left.candidate, relief_s=relief - 60):
            return False
    room = {
        place: bool(insertions(problem, routes, left.candidate, without=place))
        for route in routes
        for place in route
    }
    makers = [int(problem.penalty_s[place]) for place, made in room.items() if made]
    if other is None:
        return not makers
    return room[other] and int(problem.penalty_s[other]) == min(makers)


def _judge(seed: int, most: int) -> None:
    problem = random_problem(seed, most=most, most_vehicles=2 if most > 5 else 3)
    solution, routes = _planned(problem, steps=6 * STEPS)
    assert solution.violations == ()
    best = best_cost(problem)
    assert solution.objective_s == best, seed
    assert solution.bound_s <= best
    wrong = [left for left in solution.left_out if not _holds(problem, routes, left)]
    assert wrong == [], seed


@pytest.mark.parametrize("seed", range(25))
def test_a_tiny_plan_is_the_best_there_is_and_its_reasons_hold(seed: int) -> None:
    _judge(seed, most=5)


@pytest.mark.parametrize("seed", range(1000, 1050))
def test_a_small_plan_is_the_best_there_is_and_its_reasons_hold(seed: int) -> None:
    _judge(seed, most=8)


@pytest.mark.parametrize("first", range(0, 500, 100))
def test_the_checker_refuses_no_plan_of_five_hundred(first: int) -> None:
    refused = []
    for seed in range(first, first + 100):
        problem = random_problem(seed + 5000, most=14, most_vehicles=5)
        solution, routes = _planned(problem, steps=200)
        visited = sum(len(route) for route in routes)
        if solution.violations or visited + len(solution.left_out) != problem.size:
            refused.append((seed, solution.violations))
        assert solution.objective_s <= int(problem.penalty_s.sum())
    assert refused == []


def test_the_five_hundred_hold_what_is_hard() -> None:
    drawn = [random_problem(seed + 5000, most=14, most_vehicles=5) for seed in range(500)]
    assert any(problem.size == 0 for problem in drawn)
    assert any(len(problem.vehicles) == 1 for problem in drawn)
    assert any(problem.size and not any(problem.windows) for problem in drawn)
    assert any(a == b for problem in drawn for windows in problem.windows for a, b in windows)
    assert any(not lock.vehicles for problem in drawn for lock in problem.locks)
    assert any(
        problem.must[place] and not problem.skilled[place].any()
        for problem in drawn
        for place in np.flatnonzero(problem.must)
    )
