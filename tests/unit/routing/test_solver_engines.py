"""The solvers beside the search: what they are given, what they answer, when they refuse."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from planning_cases import DAY, HOUR, LUNCH, line_problem

from routing.domain import planner, pyvrp_engine
from routing.domain.board import make_board
from routing.domain.greedy import greedy
from routing.domain.improve import Until, ruin_and_recreate
from routing.domain.insertion import IMPOSSIBLE, insertion_costs
from routing.domain.planner import ANEW, SEARCH, Effort, PlanRefusedError, plan
from routing.domain.problem import (
    Lock,
    LunchBreak,
    Problem,
    ProblemInvalidError,
    Vehicle,
    objective_s,
)
from routing.domain.pyvrp_engine import solve_with_pyvrp
from routing.domain.schedule import feasible
from routing.domain.solution import Violation

TWO_DAYS = ((9 * HOUR, 17 * HOUR), (DAY + 9 * HOUR, DAY + 17 * HOUR))
VANS = (
    Vehicle(0, 0, 0, 0, 9 * HOUR, 17 * HOUR, LUNCH, 4 * HOUR),
    Vehicle(0, 1, 0, 0, DAY + 9 * HOUR, DAY + 17 * HOUR),
    # A shift too short for its lunch.
    Vehicle(
        1, 1, 0, 0, DAY + 9 * HOUR, DAY + 9 * HOUR + 600, LunchBreak(DAY, DAY + 9 * HOUR, 2700)
    ),
)


def _week(count: int = 14) -> Problem:
    random = np.random.default_rng(3)
    windows = [TWO_DAYS] * (count - 2) + [
        # Adjoining minutes once rounded inwards; and a place nobody ever finds open.
        ((9 * HOUR, 12 * HOUR + 30), (12 * HOUR + 59, 16 * HOUR)),
        (),
    ]
    return line_problem(
        at_min=random.integers(-60, 60, count).tolist(),
        points=random.integers(20, 100, count).tolist(),
        windows=windows,
        vehicles=VANS,
        service_min=45,
    )


def test_a_solver_makes_nothing_worse_and_all_it_answers_can_be_driven() -> None:
    problem = _week()
    board, told = make_board(problem), []
    start = [[0], [], []]
    deadline = time.monotonic() + 1.5
    routes = solve_with_pyvrp(board, start, until=Until(deadline), seed=1, on_better=told.append)
    assert routes is not None
    assert all(feasible(board, vehicle, route) for vehicle, route in enumerate(routes) if route)
    assert objective_s(problem, routes) < objective_s(problem, start)
    assert min(told) <= objective_s(problem, start)
    assert routes[2] == []


def test_a_seed_of_any_size_can_be_used() -> None:
    # Stages add to the seed of the request, and PyVRP takes 32 bits.
    board = make_board(_week())
    deadline = time.monotonic() + 0.1
    for seed in (2**32 - 1, 2**32, 10**18):
        assert (
            solve_with_pyvrp(board, [[], [], []], until=Until(deadline), seed=seed, on_better=print)
            is not None
        )


def test_a_solver_without_places_answers_nothing() -> None:
    closed = make_board(line_problem(at_min=[1], points=[9], windows=[()]))
    later = time.monotonic() + 5
    assert solve_with_pyvrp(closed, [[]], until=Until(later), seed=1, on_better=print) is None


def test_a_problem_too_large_for_memory_is_left_to_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pyvrp_engine, "MOST_CELLS", 10)
    board = make_board(_week())
    deadline = time.monotonic() + 5
    assert (
        solve_with_pyvrp(board, greedy(board), until=Until(deadline), seed=1, on_better=print)
        is None
    )
    assert plan(board.problem, time_limit_s=2.1).violations == ()


def test_the_search_leaves_alone_what_cannot_lose_a_visit() -> None:
    """Without place 0 between, the drive from place 1 to place 2 is too long for the shift."""
    problem = line_problem(
        at_min=[20, 10, 30],
        points=[90, 90, 90],
        vehicles=(Vehicle(0, 0, 0, 0, 9 * HOUR, 13 * HOUR),),
    )
    problem.travel_s[2, 3] = problem.travel_s[3, 2] = 9 * HOUR
    board = make_board(problem)
    told: list[int] = []
    deadline = time.monotonic() + 0.4
    routes = ruin_and_recreate(
        board,
        [[1, 0, 2]],
        until=Until(deadline),
        seed=1,
        on_better=lambda _, cost: told.append(cost),
    )
    assert routes == [[1, 0, 2]]
    assert told == []


def test_nothing_fits_a_round_that_cannot_be_driven() -> None:
    board = make_board(
        line_problem(
            at_min=[10, 10, 10], points=[1, 1, 1], vehicles=(Vehicle(0, 0, 0, 0, 0, 9 * HOUR),)
        )
    )
    assert (insertion_costs(board, 0, [0, 1]) == IMPOSSIBLE).all()
    assert insertion_costs(board, 0, [0, 1], last_only=True).shape == (3, 1)


def test_a_plan_the_checker_refuses_is_never_given(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = line_problem(at_min=[10], points=[90])
    real = planner.check

    def strict(*args: object) -> list[Violation]:
        return [Violation("R8", "too soon")] if args[1] else real(*args)

    monkeypatch.setattr(planner, "check", strict)
    solution = plan(problem, time_limit_s=0.2)
    assert (solution.engine, solution.tours) == ("empty", ())
    assert solution.violations == ()
    assert [left.code for left in solution.left_out] == ["DETOUR_NOT_WORTH"]
    monkeypatch.setattr(planner, "check", lambda *_: [Violation("R8", "too soon")])
    with pytest.raises(PlanRefusedError, match="too soon"):
        plan(problem, time_limit_s=0.2)


def test_places_outside_the_matrix_and_missing_windows_are_named() -> None:
    good = line_problem(at_min=[10], points=[90])
    parts = {name: getattr(good, name) for name in good.__slots__}
    with pytest.raises(ProblemInvalidError, match="node"):
        Problem(**{**parts, "node": np.array([7])})
    with pytest.raises(ProblemInvalidError, match="windows"):
        Problem(**{**parts, "windows": ()})


@pytest.mark.parametrize(
    ("count", "change", "engines"),
    [
        (20, {"vehicles": VANS}, [SEARCH, "pyvrp", SEARCH]),
        (200, {"vehicles": VANS}, [SEARCH]),
        (5, {"vehicles": VANS}, [SEARCH]),
        (20, {"vehicles": VANS, "locks": (Lock(0, frozenset({0})),)}, [SEARCH]),
        (20, {}, [ANEW, "pyvrp", ANEW]),
        (200, {}, [ANEW]),
    ],
)
def test_a_solver_helps_only_where_it_was_seen_to(
    count: int, change: dict[str, Any], engines: list[str]
) -> None:
    problem = line_problem(
        at_min=[1 + n % 40 for n in range(count)],
        points=[60.0] * count,
        vehicles=change.get("vehicles"),
    )
    stages = planner._stages(replace(problem, **change), Effort(10.0, 1))
    assert [engine for engine, _ in stages] == engines
