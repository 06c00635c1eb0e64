"""Plan: greedy start, search, solvers, sweep; the best plan the checker accepts is the answer."""

import time
from collections.abc import Callable

import numpy as np

from routing.domain.baselines import nearest_first, score_order
from routing.domain.board import Board, make_board
from routing.domain.checker import check
from routing.domain.greedy import greedy
from routing.domain.improve import ruin_and_recreate, sweep
from routing.domain.ortools_engine import solve_with_ortools
from routing.domain.problem import UNREACHABLE_S, IntArray, Problem, Routes, objective_s
from routing.domain.pyvrp_engine import solve_with_pyvrp
from routing.domain.reasons import explain
from routing.domain.schedule import schedule
from routing.domain.shortlist import restrict_board, shortlist
from routing.domain.solution import Solution, Tour, Yardstick

# Who found a plan, and the plan.
Found = tuple[str, Routes]
OnProgress = Callable[[float, int, int], None]


TINY, SMALL, LARGE = 10, 150, 400
SHORT_S = 2.0
MUSTS_SHARE = 0.2
# The last places are still tried a little after the search has ended.
LATEST = 1.05
# What verifying takes per place and round; the search ends sooner by that, within a share.
VERIFYING_S, VERIFYING_SHARE = 1e-6, 0.3
DEAR = 50


class PlanRefusedError(RuntimeError):
    """The checker refused every plan, the empty one included: the question contradicts itself."""


class _Watch:
    """The time of one solve, and who wants to hear of it."""

    def __init__(
        self,
        board: Board,
        started: float,
        *,
        time_limit_s: float,
        on_progress: OnProgress | None,
    ) -> None:
        self.time_limit_s = time_limit_s
        self._board = board
        self._started = started
        self._on_progress = on_progress
        self._best = (int(board.problem.penalty_s.sum()), 0)

    def until(self, share: float) -> float:
        """Give the moment at which a share of the time is used."""
        return self._started + share * self.time_limit_s

    def tell(self, routes: Routes) -> None:
        """Report a drivable plan."""
        self.tell_plan(routes, objective_s(self._board.problem, routes))

    def tell_plan(self, routes: Routes, cost: int) -> None:
        """Report a drivable plan and what it costs."""
        self._report(cost, sum(len(route) for route in routes))

    def tell_cost(self, _cost: int) -> None:
        """Report that a solver is alive: its plan counts once lunch is in it."""
        self._report(*self._best)

    def _report(self, cost: int, visits: int) -> None:
        if cost < self._best[0]:
            self._best = (cost, visits)
        if self._on_progress is not None:
            used = (time.monotonic() - self._started) / self.time_limit_s
            self._on_progress(min(1.0, used), *self._best)


def plan(
    problem: Problem,
    *,
    time_limit_s: float,
    seed: int = 1,
    on_progress: OnProgress | None = None,
) -> Solution:
    """Choose and route visits within a time limit.

    Parameters
    ----------
    time_limit_s : wall clock; what the last verification takes comes on top (under a second
        for a thousand candidates, three for five thousand and 150 rounds)
    on_progress : called with the share of time used, the best objective and the number of visits

    Raises
    ------
    PlanRefusedError : when even the empty plan breaks a rule, which no valid problem allows.
    """
    started, cells = time.monotonic(), problem.size * len(problem.vehicles)
    search_s = time_limit_s - min(VERIFYING_SHARE * time_limit_s, VERIFYING_S * cells)
    board = make_board(problem)
    empty: Found = ("empty", [[] for _ in problem.vehicles])
    found = _search(board, started, time_limit_s=search_s, seed=seed, on_progress=on_progress)
    candidates = [*found, empty]
    candidates.sort(key=lambda found: objective_s(problem, found[1]))
    for engine, routes in candidates:
        solution = verified(board, engine, routes)
        if not solution.violations:
            return solution
    raise PlanRefusedError(solution.violations[0].text)


def _search(
    board: Board,
    started: float,
    *,
    time_limit_s: float,
    seed: int,
    on_progress: OnProgress | None,
) -> list[Found]:
    """Search among the candidates worth it, then try all the others in the best plan."""
    chosen = shortlist(board)
    whole = len(chosen) == board.problem.size
    searched = board if whole else restrict_board(board, chosen)
    watch = _Watch(searched, started, time_limit_s=time_limit_s, on_progress=on_progress)
    found = _engines(searched, watch, seed)
    if whole:
        return found
    renumbered = [(engine, _renumbered(routes, chosen)) for engine, routes in found]
    engine, routes = min(renumbered, key=lambda item: objective_s(board.problem, item[1]))
    return [*renumbered, (engine, sweep(board, routes, watch.until(LATEST)))]


def _engines(board: Board, watch: "_Watch", seed: int) -> list[Found]:
    """Run the engines one after the other, each from the best plan so far."""
    found: list[Found] = [("greedy", greedy(board, watch.until(1.0)))]
    watch.tell(found[0][1])
    if _loses_a_must(board.problem, found[0][1]):
        found.append(("ruin and recreate", _musts_first(board, watch, seed)))
        watch.tell(found[-1][1])
    for engine, share in _stages(board.problem, watch.time_limit_s):
        start = min(found, key=lambda item: objective_s(board.problem, item[1]))[1]
        routes = _run(engine, board, start, watch=watch, deadline=watch.until(share), seed=seed)
        if routes is not None:
            found.append((engine, sweep(board, routes, watch.until(LATEST))))
            watch.tell(found[-1][1])
        seed += 1
    return found


def _renumbered(routes: Routes, chosen: IntArray) -> Routes:
    return [[int(chosen[place]) for place in route] for route in routes]


def _loses_a_must(problem: Problem, routes: Routes) -> bool:
    """Say whether a must-visit is left out of a plan that others are in, or could be."""
    visited = {candidate for route in routes for candidate in route}
    return not problem.must.all() and not set(np.flatnonzero(problem.must).tolist()) <= visited


def _musts_first(board: Board, watch: "_Watch", seed: int) -> Routes:
    """Search among the must-visits alone, then give the room left to the others.

    Among all the candidates the search rarely empties the stretch that one more must-visit needs,
    because everything near it has been filled with others first.
    """
    musts = np.flatnonzero(board.problem.must)
    alone = restrict_board(board, musts)
    routes = ruin_and_recreate(
        alone,
        greedy(alone, watch.until(1.0)),
        deadline=watch.until(MUSTS_SHARE),
        seed=seed,
        on_better=lambda _, cost: watch.tell_cost(cost),
    )
    return sweep(board, _renumbered(routes, musts), watch.until(1.0))


def _stages(problem: Problem, time_limit_s: float) -> list[tuple[str, float]]:
    """Order the engines, each with the share of the time at which it stops.

    Measured on 60, 300 and 1000 places: the search by ruin leads at every size; PyVRP moves it
    out of a dead end on small ones, OR-Tools on a few hundred; beyond, both are too slow to help.
    A handful of places the search settles at once.
    """
    search, size = "ruin and recreate", problem.size
    if size <= TINY or size > LARGE or time_limit_s < SHORT_S:
        return [(search, 1.0)]
    helpers = [("pyvrp", 0.55)] if size <= SMALL else []
    if _driving_matters(problem):
        helpers.append(("or-tools", 0.75))
    if not helpers:
        return [(search, 1.0)]
    return [(search, 0.4 if size <= SMALL else 0.5), *helpers, (search, 1.0)]


def _driving_matters(problem: Problem) -> bool:
    """Say whether prices and driving compare: prices far above freeze the search of OR-Tools."""
    travel = problem.travel_s[problem.travel_s < UNREACHABLE_S]
    return float(np.median(problem.penalty_s)) <= DEAR * max(1.0, float(travel.mean()))


def _run(
    engine: str, board: Board, start: Routes, *, watch: "_Watch", deadline: float, seed: int
) -> Routes | None:
    if engine == "pyvrp":
        return solve_with_pyvrp(
            board, start, deadline=deadline, seed=seed, on_better=watch.tell_cost
        )
    if engine == "or-tools":
        return solve_with_ortools(board, start, deadline=deadline, on_better=watch.tell_cost)
    return ruin_and_recreate(board, start, deadline=deadline, seed=seed, on_better=watch.tell_plan)


def verified(board: Board, engine: str, routes: Routes) -> Solution:
    """Time, explain and check a plan; the violations found are in the answer."""
    problem = board.problem
    tours = tours_of(board, routes)
    left_out = explain(board, routes)
    cost = objective_s(problem, routes)
    violations = check(problem, tours, {left.candidate: left.code for left in left_out}, cost)
    return Solution(tours, tuple(left_out), cost, engine, tuple(violations), yardsticks(board))


def tours_of(board: Board, routes: Routes) -> tuple[Tour, ...]:
    """Give every round that is driven its times."""
    return tuple(schedule(board, v, route) for v, route in enumerate(routes) if route)


def yardsticks(board: Board) -> tuple[Yardstick, ...]:
    """Run the simpler ways of choosing, keeping those the checker accepts."""
    ways = {"score_order": score_order(board), "nearest_first": nearest_first(board)}
    return tuple(
        Yardstick(name, tours_of(board, routes))
        for name, routes in ways.items()
        if _accepted(board, routes)
    )


def _accepted(board: Board, routes: Routes) -> bool:
    visited = {candidate for route in routes for candidate in route}
    absent = {i: "NOT_CHOSEN" for i in range(board.problem.size) if i not in visited}
    cost = objective_s(board.problem, routes)
    return not check(board.problem, tours_of(board, routes), absent, cost)
