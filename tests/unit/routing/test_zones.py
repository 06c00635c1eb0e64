"""A large plan is made in zones first: nobody is lost between them, and locks and limits hold."""

from dataclasses import replace

import numpy as np
import pytest
from planning_cases import HOUR, line_problem

from routing.domain import zones
from routing.domain.board import make_board
from routing.domain.greedy import greedy
from routing.domain.planner import plan
from routing.domain.problem import Lock, Problem, Vehicle
from routing.domain.schedule import feasible, keep_feasible
from routing.domain.workload import NO_CAP_S, Workload
from routing.domain.zones import restricted, zone_board, zones_of


def _two_towns() -> Problem:
    """Two teams, each in its town with twenty places; a third lives in the first town."""
    places = [number % 20 if number < 20 else 500 + number % 20 for number in range(40)]
    vans = tuple(
        Vehicle(team, 0, 1 + home, 1 + home, 9 * HOUR, 17 * HOUR)
        for team, home in enumerate((0, 20, 0))
    )
    problem = line_problem(
        at_min=places, points=[30 + number % 7 for number in range(40)], vehicles=vans
    )
    skilled = problem.skilled.copy()
    skilled[5] = [False, True, False]
    locks = (Lock(3, frozenset({0, 1})),)
    late = tuple((10 * HOUR,) for _ in range(40))
    moved = np.zeros((40, 3), dtype=np.int64)
    return replace(
        problem, skilled=skilled, locks=locks, late_after_s=late, late_permille=100, moved_s=moved
    )


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PLACES", "ROUNDS", "ROUNDS_OF_ZONE"):
        monkeypatch.setattr(zones, name, 1)


@pytest.mark.usefixtures("small")
def test_places_go_to_the_zone_of_the_nearest_team_that_may_take_them() -> None:
    board = make_board(_two_towns())
    (first, north), (second, south) = zones_of(board)
    assert north.tolist() == [0, 2]
    assert south.tolist() == [1]
    assert sorted([*first, *second]) == list(range(40))
    assert set(second.tolist()) == {5, *range(20, 40)}
    part = zone_board(board, first, north)
    assert part.problem.locks == (Lock(3, frozenset({0})),)
    assert part.problem.service_s.shape == (19, 2)
    kept = keep_feasible(part, restricted(greedy(board), first, north))
    assert len(kept) == 2
    for places, rounds in zones_of(board):
        alone = zone_board(board, places, rounds)
        plain = make_board(alone.problem)
        assert (alone.opens[:, 0] == plain.opens[:, 0]).all()
        assert (alone.late_after[:, 0] == plain.late_after[:, 0])[plain.opens[:, 0] < 10**9].all()


@pytest.mark.usefixtures("small")
def test_a_plan_made_in_zones_is_verified_and_no_worse_than_its_start() -> None:
    for problem in (_two_towns(), replace(_two_towns(), moved_s=None, late_after_s=None)):
        board = make_board(problem)
        solution = plan(problem, time_limit_s=60, most_steps=300)
        again = plan(problem, time_limit_s=60, most_steps=300)
        assert solution.violations == ()
        assert solution.tours == again.tours
        assert all(feasible(board, v, route) for v, route in enumerate(greedy(board)))
    timed = plan(_two_towns(), time_limit_s=0.6)
    assert timed.violations == ()


def test_small_plans_and_even_work_are_searched_at_once() -> None:
    problem = _two_towns()
    assert zones_of(make_board(problem)) == []
    nobody = np.zeros(3, dtype=np.int64)
    even = Workload(np.full(3, NO_CAP_S), nobody, nobody + 8 * HOUR, 500)
    assert zones_of(make_board(replace(problem, workload=even))) == []
