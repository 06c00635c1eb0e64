"""Plans of small problems against an exhaustive search, and of any problem against the checker."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from planning_cases import (
    HOUR,
    LUNCH,
    best_by_trying_everything,
    crowded_musts,
    line_problem,
    problems,
)

from routing.domain.board import make_board
from routing.domain.greedy import Insertions, fill, greedy
from routing.domain.improve import sweep
from routing.domain.insertion import IMPOSSIBLE, insertion_costs
from routing.domain.planner import plan, verified
from routing.domain.problem import Lock, Problem, ProblemInvalidError, Vehicle, objective_s
from routing.domain.schedule import feasible, keep_feasible
from routing.domain.search_board import question


@given(problems())
@settings(max_examples=60, deadline=None)
def test_the_checker_accepts_every_plan(problem: Problem) -> None:
    solution = plan(problem, time_limit_s=0.05)
    assert solution.violations == ()
    assert solution.objective_s <= int(problem.penalty_s.sum())


@given(problems(most=4, most_vehicles=2))
@settings(max_examples=40, deadline=None)
def test_a_tiny_plan_is_as_good_as_trying_everything(problem: Problem) -> None:
    solution = plan(problem, time_limit_s=0.2)
    best = best_by_trying_everything(problem)
    assert best <= solution.objective_s <= best * 1.02 + 60


@given(problems())
@settings(max_examples=80, deadline=None)
def test_an_insertion_is_priced_as_the_round_it_makes(problem: Problem) -> None:
    board = make_board(problem)
    routes = greedy(board)
    for vehicle, route in enumerate(routes):
        costs = insertion_costs(board, vehicle, route)
        before = objective_s(problem, [route if v == vehicle else [] for v in range(len(routes))])
        for place in set(range(problem.size)) - set(route):
            for at in range(len(route) + 1):
                longer = [*route[:at], place, *route[at:]]
                assert (costs[place, at] < IMPOSSIBLE) == feasible(board, vehicle, longer)
                if costs[place, at] < IMPOSSIBLE:
                    plan_after = [longer if v == vehicle else [] for v in range(len(routes))]
                    gained = int(problem.penalty_s[place])
                    assert objective_s(problem, plan_after) - before + gained == costs[place, at]


@given(problems())
@settings(max_examples=60, deadline=None)
def test_the_best_round_of_a_place_is_always_known(problem: Problem) -> None:
    insertions = Insertions(make_board(problem), [[] for _ in problem.vehicles])
    fill(insertions)
    assert insertions.best_cost.tolist() == insertions.cost.min(axis=1).tolist()
    possible = insertions.best_cost < IMPOSSIBLE
    assert (insertions.best_vehicle == insertions.cost.argmin(axis=1))[possible].all()


@given(problems())
@settings(max_examples=60, deadline=None)
def test_every_reason_holds_in_the_plan_it_explains(problem: Problem) -> None:
    board = make_board(problem)
    routes = sweep(board, greedy(board))
    solution = verified(board, "greedy", routes)
    assert solution.violations == ()
    for left in solution.left_out:
        fits = [
            insertion_costs(board, v, route, candidates=np.array([left.candidate])).min()
            for v, route in enumerate(routes)
        ]
        cheapest = min(fits)
        if left.code == "DETOUR_NOT_WORTH":
            assert left.extra_travel_s == cheapest >= problem.penalty_s[left.candidate]
        else:
            assert cheapest == IMPOSSIBLE
        if left.displaced is not None:
            assert any(left.displaced in route for route in routes)


@given(problems())
@settings(max_examples=40, deadline=None)
def test_a_sweep_never_makes_a_plan_worse(problem: Problem) -> None:
    board = make_board(problem)
    everything = [list(range(problem.size)), *([[]] * (len(problem.vehicles) - 1))]
    start = keep_feasible(board, everything)
    assert objective_s(problem, sweep(board, start)) <= objective_s(problem, start)


def test_without_candidates_the_plan_is_empty() -> None:
    solution = plan(line_problem(at_min=[], points=[]), time_limit_s=0.1)
    assert (solution.tours, solution.left_out, solution.objective_s) == ((), (), 0)


def test_without_a_team_nothing_is_visited() -> None:
    problem = line_problem(at_min=[10], points=[50], vehicles=())
    solution = plan(problem, time_limit_s=0.1)
    assert [left.code for left in solution.left_out] == ["NO_SKILL"]


def test_a_place_is_worth_a_detour_shorter_than_its_points() -> None:
    worth = plan(line_problem(at_min=[10], points=[21]), time_limit_s=0.1)
    not_worth = plan(line_problem(at_min=[10], points=[19]), time_limit_s=0.1)
    assert len(worth.tours) == 1
    assert not_worth.left_out[0].points_needed == 20.0


def test_a_possible_must_visit_is_kept_whatever_it_costs() -> None:
    near = [5] * 7
    problem = line_problem(
        at_min=[170, *near], points=[0, *([100] * 7)], must=[True, *([False] * 7)]
    )
    solution = plan(problem, time_limit_s=0.5)
    assert 0 in [visit.candidate for tour in solution.tours for visit in tour.visits]


def test_no_must_visit_is_lost_when_a_plan_holds_them_all() -> None:
    problem = crowded_musts(count=200, musts=40)
    solution = plan(problem, time_limit_s=60.0, most_steps=20_000)
    visited = {visit.candidate for tour in solution.tours for visit in tour.visits}
    assert set(np.flatnonzero(problem.must)) <= visited
    assert len(visited) > 60


def test_an_impossible_must_visit_is_left_out_with_its_reason() -> None:
    problem = line_problem(at_min=[600, 10], points=[0, 50], must=[True, False])
    solution = plan(problem, time_limit_s=0.2)
    assert [(left.candidate, left.code) for left in solution.left_out] == [(0, "TOO_FAR_OR_WINDOW")]


def test_progress_tells_a_falling_objective_and_ends_at_the_plan() -> None:
    told: list[tuple[float, int, int, int]] = []
    problem = line_problem(at_min=[5, 10, 15, 20, 40], points=[60, 50, 40, 30, 90])
    solution = plan(problem, time_limit_s=2.5, on_progress=lambda *now: told.append(now))
    costs = [cost for _, cost, _, _ in told]
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] == solution.objective_s
    assert all(0 <= share <= 1 and bound <= costs[-1] for share, _, _, bound in told)
    # Three of these places lie on the way to the fourth: the bound is not far.
    assert told[0][3] > 0


@pytest.mark.parametrize("size", [40, 200])
def test_the_solvers_take_their_turn_and_the_answer_stays_verified(size: int) -> None:
    random = np.random.default_rng(5)
    vans = tuple(
        Vehicle(0, day, 0, 0, day * 24 * HOUR + 9 * HOUR, day * 24 * HOUR + 17 * HOUR, None, 9000)
        for day in range(2)
    )
    halves = tuple(
        (day * 24 * HOUR + a * HOUR, day * 24 * HOUR + b * HOUR)
        for day in range(2)
        for a, b in ((9, 12), (14, 17))
    )
    problem = line_problem(
        at_min=random.integers(1, 90, size).tolist(),
        points=random.integers(1, 100, size).tolist(),
        vehicles=vans,
        windows=[halves] * size,
        service_min=40,
    )
    solution = plan(problem, time_limit_s=4.0)
    assert solution.violations == ()
    assert sum(len(tour.visits) for tour in solution.tours) >= 12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"points": [1.0, 2.0, 3.0]}, "points"),
        ({"windows": [((5, 3),)]}, "windows"),
        ({"vehicles": (Vehicle(0, 0, 0, 9, 0, 10),)}, "outside travel_s"),
        ({"vehicles": (Vehicle(0, 0, 0, 0, 20, 10),)}, "ends before it starts"),
        ({"vehicles": (Vehicle(0, 0, 0, 0, 0, 10), Vehicle(0, 0, 0, 0, 0, 10))}, "two shifts"),
        ({"service_min": -5}, "service_s"),
        ({"vehicles": (Vehicle(0, 0, 0, 0, 0, 10, None, None, 1),)}, "travels in a way"),
    ],
)
def test_a_wrong_question_names_what_is_wrong(change: dict[str, object], message: str) -> None:
    with pytest.raises(ProblemInvalidError, match=message):
        line_problem(**{"at_min": [10], "points": [50.0], **change})


def test_locks_and_other_ways_have_to_fit_the_question() -> None:
    problem = line_problem(at_min=[10, 20], points=[50, 60])
    first = Lock(0, frozenset({0}))
    for locks in ((first, first), (Lock(7, frozenset({0})),)):
        with pytest.raises(ProblemInvalidError, match="lock"):
            replace(problem, locks=locks)
    with pytest.raises(ProblemInvalidError, match="other_travel_s"):
        replace(problem, other_travel_s=(problem.travel_s[:2, :2],))
    with pytest.raises(ProblemInvalidError, match="moved_s"):
        replace(problem, moved_s=np.zeros((1, 1), dtype=np.int64))


def test_a_round_against_its_locked_order_cannot_be_driven() -> None:
    problem = line_problem(at_min=[10, 20], points=[50, 60])
    locks = (Lock(0, frozenset({0}), None, 1), Lock(1, frozenset({0}), None, 2))
    board = make_board(replace(problem, locks=locks))
    assert feasible(board, 0, [0, 1])
    assert not feasible(board, 0, [1, 0])


def test_a_question_without_candidates_can_be_laid_out() -> None:
    asked = question(make_board(line_problem(at_min=[], points=[])))
    assert (asked.near.shape, asked.takers.shape) == ((0, 0), (0, 2))


def test_lunch_hours_without_a_start_are_refused() -> None:
    wrong = type(LUNCH)(10, 5, 60)
    with pytest.raises(ProblemInvalidError, match="lunch"):
        line_problem(at_min=[], points=[], vehicles=(Vehicle(0, 0, 0, 0, 0, 10, wrong),))
