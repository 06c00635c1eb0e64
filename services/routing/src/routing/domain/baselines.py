"""Two simpler ways of choosing visits, under the same rules: what a plan has to beat."""

import numpy as np

from routing.domain.board import NEVER, Board
from routing.domain.insertion import IMPOSSIBLE, insertion_costs
from routing.domain.problem import BoolArray, IntArray, Routes, work_of
from routing.domain.schedule import feasible


def score_order(board: Board) -> Routes:
    """Take places by priority; the next round that still can has it as its last stop."""
    problem, days, fixed = board.problem, _by_date(board), _fixed(board)
    routes = _with_fixed(board)
    fits = np.zeros((len(days), problem.size), dtype=np.bool_)
    for at, vehicle in enumerate(days):
        fits[at] = _can_append(board, vehicle, routes)
    for candidate in np.lexsort((-problem.points, ~problem.must)).tolist():
        takers = np.flatnonzero(fits[:, candidate])
        if takers.size and candidate not in fixed:
            vehicle = days[takers[0]]
            _append(board, vehicle, routes, candidate)
            for at in _alike(board, days, int(takers[0])):
                fits[at] = _can_append(board, days[at], routes)
    return routes


def nearest_first(board: Board) -> Routes:
    """Send every team, day after day, to the nearest place that still fits."""
    problem = board.problem
    routes = _with_fixed(board)
    absent = np.ones(problem.size, dtype=np.bool_)
    absent[list(_fixed(board))] = False
    for vehicle in _by_date(board):
        here = problem.vehicles[vehicle].start_node
        while (fits := _can_append(board, vehicle, routes) & absent).any():
            way = problem.travel_of(vehicle)[here, problem.node]
            nearest = int(np.where(fits, way, NEVER).argmin())
            _append(board, vehicle, routes, nearest)
            absent[nearest], here = False, int(problem.node[nearest])
    return routes


def _by_date(board: Board) -> list[int]:
    vans = board.problem.vehicles
    return sorted(range(len(vans)), key=lambda v: (vans[v].day, vans[v].team))


def _fixed(board: Board) -> dict[int, int]:
    """Give the start of the visits whose hour is decided."""
    locks = board.problem.locks
    return {lock.candidate: lock.start_s for lock in locks if lock.start_s is not None}


def _with_fixed(board: Board) -> Routes:
    """Begin every round with the visits whose hour is decided, as far as they can be driven."""
    routes: Routes = [[] for _ in board.problem.vehicles]
    for candidate, _start in sorted(_fixed(board).items(), key=lambda item: item[1]):
        for vehicle in np.flatnonzero(board.allowed[candidate]).tolist():
            longer = [*routes[vehicle], candidate]
            if feasible(board, vehicle, longer):
                routes[vehicle] = longer
                break
    return routes


def _alike(board: Board, days: list[int], at: int) -> list[int]:
    """Name the round and, where its team has a limit of work, the others of the team."""
    if board.problem.workload is None:
        return [at]
    teams = [board.problem.vehicles[vehicle].team for vehicle in days]
    return [number for number, team in enumerate(teams) if team == teams[at]]


def _last_positions(board: Board, vehicle: int, routes: Routes) -> IntArray:
    """Price the end of a round, and the places before the fixed visits it ends with."""
    fixed, tail, route = _fixed(board), 0, routes[vehicle]
    work_s = work_of(board.problem, routes)
    while tail < len(route) and route[-1 - tail] in fixed:
        tail += 1
    if tail == 0:
        return insertion_costs(board, vehicle, route, last_only=True, work_s=work_s)
    return insertion_costs(board, vehicle, route, work_s=work_s)[:, len(route) - tail :]


def _can_append(board: Board, vehicle: int, routes: Routes) -> BoolArray:
    fits: BoolArray = _last_positions(board, vehicle, routes).min(axis=1) < IMPOSSIBLE
    return fits


def _append(board: Board, vehicle: int, routes: Routes, candidate: int) -> None:
    """Put a place before the fixed visits still ahead, at the first position that can be driven."""
    costs, route = _last_positions(board, vehicle, routes)[candidate], routes[vehicle]
    first = int((costs < IMPOSSIBLE).argmax())
    route.insert(len(route) + 1 - len(costs) + first, candidate)
