"""The solvers beside the search: what they are given, what they answer, when they refuse."""

import time

import numpy as np
import pytest
from planning_cases import DAY, HOUR, LUNCH, line_problem

from routing.domain import planner, pyvrp_engine
from routing.domain.board import make_board
from routing.domain.greedy import greedy
from routing.domain.improve import ruin_and_recreate
from routing.domain.insertion import IMPOSSIBLE, insertion_costs
from routing.domain.ortools_engine import fit_minutes, minute_model, solve_with_ortools
from routing.domain.planner import PlanRefusedError, plan
from routing.domain.problem import (
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


@pytest.mark.parametrize("engine", ["or-tools", "pyvrp"])
def test_a_solver_makes_nothing_worse_and_all_it_answers_can_be_driven(engine: str) -> None:
    problem = _week()
    board, told = make_board(problem), []
    start = [[0], [], []]
    deadline = time.monotonic() + 1.5
    if engine == "pyvrp":
        routes = solve_with_pyvrp(board, start, deadline=deadline, seed=1, on_better=told.append)
    else:
        routes = solve_with_ortools(board, start, deadline=deadline, on_better=told.append)
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
            solve_with_pyvrp(board, [[], [], []], deadline=deadline, seed=seed, on_better=print)
            is not None
        )


def test_solvers_without_time_or_places_answer_nothing() -> None:
    board = make_board(_week())
    now = time.monotonic()
    assert solve_with_ortools(board, [[], [], []], deadline=now, on_better=print) is None
    closed = make_board(line_problem(at_min=[1], points=[9], windows=[()]))
    later = now + 5
    assert solve_with_ortools(closed, [[]], deadline=later, on_better=print) is None
    assert solve_with_pyvrp(closed, [[]], deadline=later, seed=1, on_better=print) is None


def test_a_problem_too_large_for_memory_is_left_to_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pyvrp_engine, "MOST_CELLS", 10)
    board = make_board(_week())
    deadline = time.monotonic() + 5
    assert (
        solve_with_pyvrp(board, greedy(board), deadline=deadline, seed=1, on_better=print) is None
    )
    assert plan(board.problem, time_limit_s=2.1).violations == ()


def test_minutes_are_rounded_so_that_what_fits_them_fits_the_seconds() -> None:
    problem = _week()
    board = make_board(problem)
    model = minute_model(board)
    assert 13 not in model.places
    assert model.starts[12] == ((540, 675), (721, 915))
    assert model.spans[0] == (540, 1020 - 45)
    kept = fit_minutes(model, board, [[13, 0, 1, 2, 3, 4, 5, 6, 7, 8], [9], []])
    assert 13 not in kept[0]
    assert 0 < len(kept[0]) < 9
    assert kept[1:] == [[9], []]


def test_a_start_the_solver_cannot_use_is_no_reason_to_fail() -> None:
    # A visit in both rounds is no assignment: OR-Tools starts from nothing instead.
    board = make_board(_week())
    deadline = time.monotonic() + 1
    routes = solve_with_ortools(board, [[0], [0], []], deadline=deadline, on_better=print)
    assert routes is not None
    assert objective_s(board.problem, routes) < int(board.problem.penalty_s.sum())


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
        board, [[1, 0, 2]], deadline=deadline, seed=1, on_better=lambda _, cost: told.append(cost)
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


def test_hours_that_touch_once_rounded_have_no_hole_between_them() -> None:
    halves = ((9 * HOUR, 12 * HOUR + 30), (12 * HOUR + 59, 16 * HOUR))
    board = make_board(line_problem(at_min=[10], points=[90], windows=[halves], service_min=0))
    assert minute_model(board).starts == (((540, 720), (721, 960)),)
    deadline = time.monotonic() + 0.6
    assert solve_with_ortools(board, [[]], deadline=deadline, on_better=print) == [[0]]


@pytest.mark.parametrize(
    ("count", "points", "helpers"),
    [
        (20, 60.0, ["pyvrp", "or-tools"]),
        (20, 600_000.0, ["pyvrp"]),
        (200, 60.0, ["or-tools"]),
        (200, 600_000.0, []),
        (5, 60.0, []),
    ],
)
def test_solvers_help_only_where_they_were_seen_to(
    count: int, points: float, helpers: list[str]
) -> None:
    problem = line_problem(at_min=[1 + n % 40 for n in range(count)], points=[points] * count)
    engines = [engine for engine, _ in planner._stages(problem, 10.0)]
    assert [engine for engine in engines if engine != "ruin and recreate"] == helpers
    assert engines[0] == engines[-1] == "ruin and recreate"
