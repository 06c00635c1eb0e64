"""The compiled search: sound on any problem, the same plan from the same seed, compiled or not."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from planning_cases import HOUR, LUNCH, OPEN, line_problem, problems

from routing.domain import search_board
from routing.domain.board import make_board
from routing.domain.greedy import greedy
from routing.domain.improve import (
    ALONE_STEPS,
    SEED_APART,
    Until,
    ruin_and_recreate,
    search_from_start,
)
from routing.domain.problem import Lock, Problem, Routes, Vehicle, objective_s
from routing.domain.schedule import feasible
from routing.domain.search_beside import beside_of
from routing.domain.workload import NO_CAP_S, Workload

STEPS = 300
# Run on its own, this prints the plan of a crowded week.
SCRIPT = """
import json
from routing.domain import search_board
from test_compiled_search import (
    locked_days, long_rounds, searched, two_crowded_days, weighed_days,
)
crowded = searched(two_crowded_days(), steps=60)
# Rounds of three visits at most: some are full.
search_board.MOST_STOPS = 3
locked = searched(locked_days(), steps=60, start=[[]] * 5)
even = searched(weighed_days(), steps=60)
search_board.MOST_STOPS = 40
long = searched(long_rounds(), steps=20, start=[list(range(40)), [], []])
print(json.dumps([crowded, locked, even, long]))
"""


def searched(
    problem: Problem, *, steps: int = STEPS, seed: int = 7, start: Routes | None = None
) -> Routes:
    board = make_board(problem)
    return ruin_and_recreate(
        board,
        greedy(board) if start is None else start,
        until=Until(most_steps=steps),
        seed=seed,
        on_better=lambda _routes, _cost: None,
    )


def crowded_day() -> Problem:
    """One round, for which there are 150 places with an hour each at which they open."""
    dice = np.random.default_rng(5)
    opens = (8 * HOUR + dice.integers(0, 36, 150) * 900).tolist()
    where = dice.uniform(0, 3600, (151, 2))
    problem = line_problem(
        at_min=[0] * 150,
        points=dice.uniform(20, 90, 150).tolist(),
        vehicles=(Vehicle(0, 0, 0, 0, 8 * HOUR, 18 * HOUR),),
        windows=[((it, it + HOUR),) for it in opens],
        service_min=10,
    )
    apart = np.hypot(*(where[:, None] - where[None, :]).transpose(2, 0, 1))
    return replace(problem, travel_s=apart.astype(np.int64))


def two_crowded_days() -> Problem:
    mornings = tuple((day * 86_400 + 8 * HOUR, day * 86_400 + 12 * HOUR) for day in (0, 1))
    vehicles = tuple(
        Vehicle(
            team,
            day,
            0,
            0,
            day * 86_400 + 9 * HOUR,
            day * 86_400 + 17 * HOUR,
            replace(
                LUNCH,
                earliest_s=LUNCH.earliest_s + day * 86_400,
                latest_s=LUNCH.latest_s + day * 86_400,
            )
            if team == 0
            else None,
            6 * HOUR,
        )
        for team in (0, 1)
        for day in (0, 1)
    )
    return line_problem(
        at_min=[3, 9, 14, 22, 27, 31, 40, 44, 52, 58, 61, 70, 75, 83, 91, 12, 35, 66],
        points=[12, 55, 70, 20, 90, 33, 41, 8, 77, 62, 15, 88, 49, 95, 30, 5, 60, 44],
        windows=[mornings if number % 3 == 0 else OPEN for number in range(18)],
        vehicles=vehicles,
        service_min=95,
    )


def locked_days() -> Problem:
    """Five alike rounds, of which some stay empty, and an order in the first."""
    vehicles = tuple(Vehicle(team, 0, 0, 0, 9 * HOUR, 17 * HOUR) for team in range(5))
    problem = line_problem(
        at_min=[3 + number for number in range(36)],
        points=[5 + 37 * number % 91 for number in range(36)],
        vehicles=vehicles,
        service_min=40,
    )
    first = frozenset({0})
    locks = tuple(
        Lock(place, first, None, order) for order, place in enumerate((27, 22, 17, 12, 7), 1)
    )
    return replace(problem, locks=locks)


def weighed_days() -> Problem:
    """The crowded days with a team near its limit, uneven work priced, and mornings preferred."""
    problem = two_crowded_days()
    late = tuple(tuple(a + HOUR for a, _ in windows) for windows in problem.windows)
    workload = Workload(
        np.array([NO_CAP_S, 9 * HOUR]), np.array([0, HOUR]), np.array([16 * HOUR, 15 * HOUR]), 800
    )
    return replace(problem, workload=workload, late_after_s=late, late_permille=700)


def long_rounds() -> Problem:
    """Three rounds of a day for eighty short visits, forty of a load of one in a round."""
    vans = tuple(Vehicle(team, 0, 0, 0, 8 * HOUR, 20 * HOUR, most_load=40) for team in range(3))
    problem = line_problem(
        at_min=[1 + 7 * number % 60 for number in range(80)],
        points=[20 + 13 * number % 50 for number in range(80)],
        vehicles=vans,
        service_min=5,
    )
    return replace(problem, load=np.ones(80, dtype=np.int64))


def test_long_rounds_are_searched_beside_their_visits_within_their_load() -> None:
    problem, start = long_rounds(), [list(range(40)), [], []]
    board = make_board(problem)
    asked = beside_of(board, start)
    assert asked is not None
    assert asked.shape == (80, 40)
    assert beside_of(board, [[0, 1], [2], []]) is None
    assert beside_of(make_board(replace(problem, locks=(Lock(0, frozenset({0})),))), start) is None
    found = searched(problem, steps=400, start=start)
    assert all(feasible(board, vehicle, route) for vehicle, route in enumerate(found))
    assert max(map(len, found)) <= 40
    assert sum(map(len, found)) == 80
    assert objective_s(problem, found) < objective_s(problem, start)


@pytest.mark.parametrize("search", [ruin_and_recreate, search_from_start])
@given(problem=problems())
@settings(max_examples=60, deadline=None)
def test_a_search_gives_a_drivable_plan_that_is_never_dearer_than_its_start(
    search: Callable[..., Routes], problem: Problem
) -> None:
    board = make_board(problem)
    start, told = greedy(board), []
    found = search(
        board,
        start,
        seed=3,
        on_better=lambda routes, cost: told.append((routes, cost)),
        until=Until(most_steps=STEPS),
    )
    assert all(feasible(board, vehicle, route) for vehicle, route in enumerate(found))
    visited = [place for route in found for place in route]
    assert len(visited) == len(set(visited))
    assert objective_s(problem, found) <= objective_s(problem, start)
    assert all(objective_s(problem, routes) == cost for routes, cost in told)


def test_a_search_from_the_start_gives_the_best_of_its_tries() -> None:
    board = make_board(crowded_day())
    start, per_try = greedy(board), ALONE_STEPS * (board.problem.size + 1)
    tries = [searched(board.problem, steps=per_try, seed=7 + n * SEED_APART) for n in range(4)]
    costs = [objective_s(board.problem, routes) for routes in tries]
    found = search_from_start(
        board, start, until=Until(most_steps=4 * per_try), seed=7, on_better=lambda *_: None
    )
    assert found == tries[costs.index(min(costs))]
    assert min(costs) < costs[0]


def test_the_same_seed_and_steps_give_the_same_plan() -> None:
    problem = two_crowded_days()
    assert searched(problem) == searched(problem)
    assert objective_s(problem, searched(problem)) < objective_s(
        problem, greedy(make_board(problem))
    )


def test_compiled_and_plain_python_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        env={
            **os.environ,
            "NUMBA_DISABLE_JIT": "1",
            "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    crowded, locked, even, long = json.loads(answer.stdout)
    assert crowded == searched(two_crowded_days(), steps=60)
    monkeypatch.setattr(search_board, "MOST_STOPS", 3)
    assert even == searched(weighed_days(), steps=60)
    assert locked == searched(locked_days(), steps=60, start=[[]] * 5)
    assert max(len(route) for route in locked) == 3
    monkeypatch.setattr(search_board, "MOST_STOPS", 40)
    assert long == searched(long_rounds(), steps=20, start=[list(range(40)), [], []])
    orders = {lock.candidate: lock.order for lock in locked_days().locks}
    for route in locked:
        ranks = [orders[place] for place in route if place in orders]
        assert ranks == sorted(ranks)


def test_a_round_that_fewer_visits_make_late_is_not_taken() -> None:
    """The direct way from the first place home is slower than the way by the second."""
    problem = line_problem(
        at_min=[30, 60],
        points=[100, 0],
        vehicles=(Vehicle(0, 0, 0, 0, 9 * HOUR, 12 * HOUR),),
        service_min=30,
    )
    travel = problem.travel_s.copy()
    travel[1, 0], travel[1, 2], travel[2, 0] = 3 * HOUR, 600, 600
    slow = replace(problem, travel_s=travel)
    board = make_board(slow)
    found = ruin_and_recreate(
        board,
        [[0, 1]],
        seed=1,
        on_better=lambda _routes, _cost: None,
        until=Until(most_steps=STEPS),
    )
    assert found == [[0, 1]]
    assert feasible(board, 0, found[0])
    assert not feasible(board, 0, [0])


def test_where_nobody_may_go_the_start_is_the_answer() -> None:
    problem = line_problem(at_min=[10], points=[50], skilled=[[False]])
    assert searched(problem) == [[]]
    assert np.all(~problem.skilled)
