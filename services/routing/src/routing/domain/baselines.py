"""Two simpler ways of choosing visits, under the same rules: what a plan has to beat."""

import numpy as np

from routing.domain.board import NEVER, Board
from routing.domain.insertion import IMPOSSIBLE, insertion_costs
from routing.domain.problem import BoolArray, Routes


def score_order(board: Board) -> Routes:
    """Take places by priority; the next round that still can has it as its last stop."""
    problem, days = board.problem, _by_date(board)
    routes: Routes = [[] for _ in problem.vehicles]
    fits = np.zeros((len(days), problem.size), dtype=np.bool_)
    for at, vehicle in enumerate(days):
        fits[at] = _can_append(board, vehicle, routes[vehicle])
    for candidate in np.lexsort((-problem.points, ~problem.must)).tolist():
        takers = np.flatnonzero(fits[:, candidate])
        if takers.size:
            vehicle = days[takers[0]]
            routes[vehicle].append(candidate)
            fits[takers[0]] = _can_append(board, vehicle, routes[vehicle])
    return routes


def nearest_first(board: Board) -> Routes:
    """Send every team, day after day, to the nearest place that still fits."""
    problem = board.problem
    routes: Routes = [[] for _ in problem.vehicles]
    absent = np.ones(problem.size, dtype=np.bool_)
    for vehicle in _by_date(board):
        here = problem.vehicles[vehicle].start_node
        while (fits := _can_append(board, vehicle, routes[vehicle]) & absent).any():
            travel = np.where(fits, problem.travel_s[here, problem.node], NEVER)
            nearest = int(travel.argmin())
            routes[vehicle].append(nearest)
            absent[nearest], here = False, int(problem.node[nearest])
    return routes


def _by_date(board: Board) -> list[int]:
    vans = board.problem.vehicles
    return sorted(range(len(vans)), key=lambda v: (vans[v].day, vans[v].team))


def _can_append(board: Board, vehicle: int, route: list[int]) -> BoolArray:
    costs = insertion_costs(board, vehicle, route, last_only=True)
    fits: BoolArray = costs[:, 0] < IMPOSSIBLE
    return fits
