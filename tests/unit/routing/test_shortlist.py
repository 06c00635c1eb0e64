"""Very many candidates are searched as those worth it, and all are answered for."""

import time

import numpy as np
from planning_cases import DAY, HOUR, line_problem

from routing.domain.board import make_board
from routing.domain.greedy import greedy
from routing.domain.improve import sweep
from routing.domain.planner import plan
from routing.domain.problem import Vehicle, objective_s
from routing.domain.shortlist import restrict, restrict_board, shortlist

MORNING = (Vehicle(0, 0, 0, 0, 9 * HOUR, 12 * HOUR),)
COUNT = 1500


def _many(**change: object) -> object:
    case = {
        "at_min": [10] * COUNT,
        "points": [number % 100 for number in range(COUNT)],
        "vehicles": MORNING,
        **change,
    }
    return line_problem(**case)


def test_the_shortlist_keeps_musts_and_the_dearest() -> None:
    must = [number == 0 for number in range(COUNT)]
    problem = _many(must=must)
    chosen = shortlist(make_board(problem))
    assert len(chosen) == 1000
    assert chosen[0] == 0
    kept = set(chosen.tolist())
    assert all(number in kept for number in range(COUNT) if number % 100 >= 35)
    assert restrict(problem, chosen).must.tolist() == [True] + [False] * 999


def test_a_board_cut_down_is_the_board_of_the_problem_cut_down() -> None:
    board = make_board(_many())
    chosen = np.array([3, 5, 900])
    cut, made = restrict_board(board, chosen), make_board(restrict(board.problem, chosen))
    for name in ("opens", "closes", "allowed", "order", "moved_s"):
        assert np.array_equal(getattr(cut, name), getattr(made, name)), name
    assert np.array_equal(cut.travel_to[0], made.travel_to[0])
    assert np.array_equal(cut.travel_from[0], made.travel_from[0])
    assert [takers.tolist() for takers in cut.takers] == [[0, 1, 2]]


def test_many_places_and_rounds_are_planned_and_accepted() -> None:
    count = 1500
    vans = tuple(
        Vehicle(team, day, 0, 0, day * DAY + 9 * HOUR, day * DAY + 17 * HOUR)
        for team in range(12)
        for day in range(6)
    )
    problem = line_problem(
        at_min=[1 + number % 60 for number in range(count)],
        points=[30 + number % 70 for number in range(count)],
        windows=[tuple((day * DAY + 9 * HOUR, day * DAY + 17 * HOUR) for day in range(10))] * count,
        vehicles=vans,
    )
    solution = plan(problem, time_limit_s=3.0)
    assert solution.violations == ()
    assert len(solution.tours) > 10


def test_however_short_the_time_the_greedy_plan_is_there() -> None:
    board = make_board(_many())
    solution = plan(_many(), time_limit_s=0.001)
    assert solution.objective_s <= objective_s(board.problem, greedy(board))
    assert solution.tours
    assert sweep(board, [[]], time.monotonic()) == [[]]


def test_places_nobody_can_visit_are_not_searched() -> None:
    windows = [()] + [((8 * HOUR, 18 * HOUR),)] * 2
    problem = line_problem(at_min=[1, 2, 3], points=[9, 9, 9], windows=windows)
    assert shortlist(make_board(problem)).tolist() == [1, 2]
    closed = line_problem(at_min=[1], points=[9], windows=[()])
    assert shortlist(make_board(closed)).tolist() == []


def test_every_one_of_very_many_candidates_is_answered_for() -> None:
    solution = plan(_many(), time_limit_s=1.0)
    assert solution.violations == ()
    visited = [visit.candidate for tour in solution.tours for visit in tour.visits]
    assert len(visited) == 2
    assert len(solution.left_out) == COUNT - 2
    assert min(place % 100 for place in visited) == 99
