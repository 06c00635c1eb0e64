"""Plan: greedy start, search, solvers, sweep; the best plan the checker accepts is the answer."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from routing.domain.baselines import nearest_first, score_order
from routing.domain.board import Board, make_board
from routing.domain.bound import lower_bound_s
from routing.domain.checker import check
from routing.domain.greedy import greedy
from routing.domain.improve import (
    Until,
    load_search,
    ruin_and_recreate,
    search_from_start,
    sweep,
)
from routing.domain.lateness import cost_s
from routing.domain.problem import IntArray, Problem, Routes
from routing.domain.pyvrp_engine import solve_with_pyvrp
from routing.domain.reasons import explain
from routing.domain.schedule import keep_feasible, schedule
from routing.domain.shortlist import restrict_board, shortlist
from routing.domain.solution import Solution, Tour, Yardstick
from routing.domain.zones import Zone, restricted, zone_board, zones_of

# Who found a plan, and the plan.
Found = tuple[str, Routes]
# Hears the share of time used, the best objective, its visits, and the cost no plan is below.
OnProgress = Callable[[float, int, int, int], None]


SEARCH, ANEW = "ruin and recreate", "ruin and recreate from the start"
TINY, SMALL = 10, 150
SHORT_S = 2.0
MUSTS_SHARE = 0.2
# Where a large plan is made in zones first, they have the time up to this share.
ZONES_SHARE = 0.6
# The last places are still tried a little after the search has ended.
LATEST = 1.05
# What verifying takes per place and round; the search ends sooner by that, within a share.
VERIFYING_S, VERIFYING_SHARE = 1e-6, 0.3


class PlanRefusedError(RuntimeError):
    """The checker refused every plan, the empty one included: the question contradicts itself."""


def _never() -> bool:
    return False


def _nobody() -> list[Found]:
    return []


@dataclass(frozen=True, slots=True)
class Outside:
    """Who else has a say in a search.

    Parameters
    ----------
    stopped : whether the best plan so far is to be the answer
    others : called when the search is over, for the plans other processes have found
    """

    stopped: Callable[[], bool] = _never
    others: Callable[[], list[Found]] = _nobody


ALONE = Outside()


@dataclass(frozen=True, slots=True)
class Effort:
    """How long a search may take: seconds, steps where they are counted, or until told to end."""

    time_limit_s: float
    seed: int
    most_steps: int | None = None

    stopped: Callable[[], bool] = _never

    def steps(self, share: float) -> int | None:
        """Give a share of the steps, where they are counted."""
        return None if self.most_steps is None else max(1, int(share * self.most_steps))


class _Watch:
    """The time of one solve, and who wants to hear of it."""

    def __init__(
        self,
        board: Board,
        started: float,
        *,
        effort: Effort,
        on_progress: OnProgress | None,
    ) -> None:
        self.effort = effort
        self._board = board
        self._started = started
        self._bound_s = lower_bound_s(board)
        self._on_progress = on_progress
        self._best = (int(board.problem.penalty_s.sum()), 0)

    def until(self, share: float) -> float:
        """Give the moment at which a share of the time is used."""
        return self._started + share * self.effort.time_limit_s

    def used(self) -> float:
        """Say which share of the time is used, at most what zones may have."""
        if self.effort.most_steps is not None:
            return 0.0
        used = (time.monotonic() - self._started) / self.effort.time_limit_s
        return min(used, ZONES_SHARE)

    def end(self, share: float, of_steps: float | None = None) -> Until:
        """Say when a search ends that may use the time up to a share, or so many of the steps."""
        steps = self.effort.steps(share if of_steps is None else of_steps)
        return Until(self.until(share), steps, self.effort.stopped)

    def tell(self, routes: Routes) -> None:
        """Report a drivable plan."""
        self.tell_plan(routes, cost_s(self._board, routes))

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
            used = (time.monotonic() - self._started) / self.effort.time_limit_s
            self._on_progress(min(1.0, used), *self._best, self._bound_s)


def plan(
    problem: Problem,
    *,
    time_limit_s: float,
    seed: int = 1,
    on_progress: OnProgress | None = None,
    most_steps: int | None = None,
    outside: Outside = ALONE,
) -> Solution:
    """Choose and route visits within a time limit.

    Parameters
    ----------
    time_limit_s : wall clock; what the last verification takes comes on top (under a second
        for a thousand candidates, three for five thousand and 150 rounds)
    most_steps : end the search after so many steps: unless the time is up before, the same seed
        then gives the same plan

    Raises
    ------
    PlanRefusedError : when even the empty plan breaks a rule, which no valid problem allows.
    """
    load_search()
    started, search_s = time.monotonic(), search_share_s(problem, time_limit_s)
    board = make_board(problem)
    empty: Found = ("empty", [[] for _ in problem.vehicles])
    beaten = yardsticks(board)
    effort = Effort(search_s, seed, most_steps, outside.stopped)
    found = _search(board, started, effort=effort, on_progress=on_progress)
    candidates = [*found, *outside.others(), empty]
    candidates.sort(key=lambda found: cost_s(board, found[1]))
    for engine, routes in candidates:
        solution = verified(board, engine, routes, beaten=beaten, hurried=outside.stopped())
        if not solution.violations:
            return solution
    raise PlanRefusedError(solution.violations[0].text)


def explore(problem: Problem, *, started: float, effort: Effort) -> Found:
    """Search for a plan that is verified elsewhere; `started` is of `time.monotonic()`."""
    load_search()
    board = make_board(problem)
    found = _search(board, started, effort=effort, on_progress=None)
    return min(found, key=lambda item: cost_s(board, item[1]))


def search_share_s(problem: Problem, time_limit_s: float) -> float:
    """Give what is left of the time for the search once verifying has its part."""
    cells = problem.size * len(problem.vehicles)
    return time_limit_s - min(VERIFYING_SHARE * time_limit_s, VERIFYING_S * cells)


def _search(
    board: Board,
    started: float,
    *,
    effort: Effort,
    on_progress: OnProgress | None,
) -> list[Found]:
    """Search among the candidates worth it, then try all the others in the best plan."""
    chosen = shortlist(board)
    whole = len(chosen) == board.problem.size
    searched = board if whole else restrict_board(board, chosen)
    watch = _Watch(searched, started, effort=effort, on_progress=on_progress)
    found = _engines(searched, watch)
    if whole:
        return found
    renumbered = [(engine, _renumbered(routes, chosen)) for engine, routes in found]
    engine, routes = min(renumbered, key=lambda item: cost_s(board, item[1]))
    return [*renumbered, (engine, _swept(board, routes, watch))]


def _swept(board: Board, routes: Routes, watch: _Watch) -> Routes:
    counted = watch.effort.most_steps is not None
    return sweep(board, routes, math.inf if counted else watch.until(LATEST))


def _engines(board: Board, watch: _Watch) -> list[Found]:
    """Run the engines one after the other, each from the best plan so far."""
    seed = watch.effort.seed
    found: list[Found] = [("greedy", greedy(board))]
    watch.tell(found[0][1])
    if _loses_a_must(board.problem, found[0][1]):
        found.append((SEARCH, _musts_first(board, watch, seed)))
        watch.tell(found[-1][1])
    if zones := zones_of(board):
        start = min(found, key=lambda item: cost_s(board, item[1]))[1]
        found.append(("zones", _zone_by_zone(board, zones, start, watch=watch)))
        watch.tell(found[-1][1])
    for engine, share in _stages(board.problem, watch.effort):
        if watch.effort.stopped():
            break
        _, start = found[0] if engine == ANEW else min(found, key=lambda it: cost_s(board, it[1]))
        routes = _run(engine, board, start, watch=watch, until=watch.end(share), seed=seed)
        if routes is not None:
            found.append((engine, _swept(board, routes, watch)))
            watch.tell(found[-1][1])
        seed += 1
    return found


def _renumbered(routes: Routes, chosen: IntArray) -> Routes:
    return [[int(chosen[place]) for place in route] for route in routes]


def _loses_a_must(problem: Problem, routes: Routes) -> bool:
    """Say whether a must-visit is left out of a plan that others are in, or could be."""
    visited = {candidate for route in routes for candidate in route}
    return not problem.must.all() and not set(np.flatnonzero(problem.must).tolist()) <= visited


def _musts_first(board: Board, watch: _Watch, seed: int) -> Routes:
    """Search among the must-visits alone, then give the room left to the others.

    Among all the candidates the search rarely empties the stretch that one more must-visit needs,
    because everything near it has been filled with others first.
    """
    musts = np.flatnonzero(board.problem.must)
    alone = restrict_board(board, musts)
    routes = ruin_and_recreate(
        alone,
        greedy(alone),
        until=watch.end(MUSTS_SHARE),
        seed=seed,
        on_better=lambda _, cost: watch.tell_cost(cost),
    )
    return _swept(board, _renumbered(routes, musts), watch)


def _zone_by_zone(board: Board, zones: list[Zone], start: Routes, *, watch: _Watch) -> Routes:
    """Search in one zone after the other, each with its part of the time by its rounds."""
    routes: Routes = [[] for _ in start]
    begun, done = watch.used(), 0
    for places, rounds in zones:
        done += len(rounds)
        part = zone_board(board, places, rounds)
        found = ruin_and_recreate(
            part,
            keep_feasible(part, restricted(start, places, rounds)),
            until=watch.end(
                begun + (ZONES_SHARE - begun) * done / len(start), len(rounds) / len(start)
            ),
            seed=watch.effort.seed,
            on_better=lambda _, cost: watch.tell_cost(cost),
        )
        for number, route in zip(rounds.tolist(), _renumbered(found, places), strict=True):
            routes[number] = route
    return _swept(board, routes, watch)


def _stages(problem: Problem, effort: Effort) -> list[tuple[str, float]]:
    """Order the engines, each with the share of the time at which it stops.

    Measured on 60, 300 and 1000 places: the search by ruin leads at every size, and PyVRP moves it
    out of a dead end on small ones. A handful of places the search settles at once; of locks, ways
    of travelling, visits moved or late and the work of teams only the search knows.
    """
    search = ANEW if len(problem.vehicles) == 1 else SEARCH
    alone = _only_searched(problem) or not TINY < problem.size <= SMALL
    if alone or effort.most_steps is not None or effort.time_limit_s < SHORT_S:
        return [(search, 1.0)]
    return [(search, 0.4), ("pyvrp", 0.55), (search, 1.0)]


def _only_searched(problem: Problem) -> bool:
    priced = (problem.moved_s, problem.late_after_s, problem.workload)
    return bool(problem.locks or problem.other_travel_s or any(it is not None for it in priced))


def _run(
    engine: str, board: Board, start: Routes, *, watch: _Watch, until: Until, seed: int
) -> Routes | None:
    if engine == "pyvrp":
        return solve_with_pyvrp(board, start, until=until, seed=seed, on_better=watch.tell_cost)
    search = search_from_start if engine == ANEW else ruin_and_recreate
    return search(board, start, until=until, seed=seed, on_better=watch.tell_plan)


def verified(
    board: Board,
    engine: str,
    routes: Routes,
    *,
    beaten: tuple[Yardstick, ...] | None = None,
    hurried: bool = False,
) -> Solution:
    """Time, explain and check a plan; the violations found are in the answer.

    Parameters
    ----------
    beaten : the yardsticks, where they are known already
    hurried : somebody waits: the missing minutes are searched for few places
    """
    problem = board.problem
    tours = tours_of(board, routes)
    left_out = explain(board, routes, hurried=hurried)
    cost = cost_s(board, routes)
    violations = check(problem, tours, {left.candidate: left.code for left in left_out}, cost)
    return Solution(
        tours,
        tuple(left_out),
        cost,
        engine,
        tuple(violations),
        yardsticks(board) if beaten is None else beaten,
        lower_bound_s(board),
    )


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
    cost = cost_s(board, routes)
    return not check(board.problem, tours_of(board, routes), absent, cost)
