"""Rounds as people put them together: where a visit goes, and what breaks when it cannot hold."""

from itertools import pairwise

import numpy as np

from routing.domain.board import Board
from routing.domain.checker import RULES, check
from routing.domain.insertion import IMPOSSIBLE, detours_s, insertion_costs
from routing.domain.problem import Problem, Routes, work_of
from routing.domain.schedule import feasible
from routing.domain.solution import Tour, Visit


def cheapest_place(
    board: Board, routes: Routes, candidate: int, vehicles: list[int]
) -> tuple[int, int] | None:
    """Find the round, and the position in it, where a candidate costs least; None if nowhere."""
    work_s, best, found = work_of(board.problem, routes), IMPOSSIBLE, None
    for vehicle in vehicles:
        costs = insertion_costs(
            board, vehicle, routes[vehicle], candidates=np.array([candidate]), work_s=work_s
        )[0]
        at = int(costs.argmin())
        if int(costs[at]) < best:
            best, found = int(costs[at]), (vehicle, at)
    return found


def shortest_detour(board: Board, vehicle: int, route: list[int], candidate: int) -> int:
    """Find the position of least extra travel, whether the round can then be driven or not."""
    return int(detours_s(board, vehicle, route)[:, candidate].argmin())


def broken_rules(problem: Problem, vehicle: int, route: list[int]) -> list[str]:
    """Name the rules that the checker finds broken in a round driven in its order."""
    absent = {candidate: "ELSEWHERE" for candidate in range(problem.size) if candidate not in route}
    found = {it.rule for it in check(problem, [as_told(problem, vehicle, route)], absent, 0)}
    # Nobody claims a cost here.
    return sorted(found - {"R17"}, key=list(RULES).index)


def as_told(problem: Problem, vehicle: int, route: list[int]) -> Tour:
    """Drive a round in its order without a look at limits; lunch on the first leg it falls on."""
    van, lunch = problem.vehicles[vehicle], problem.vehicles[vehicle].lunch
    starts = {lock.candidate: lock.start_s for lock in problem.locks}
    nodes = [van.start_node, *problem.node[route].tolist(), van.end_node]
    legs = [int(problem.travel_of(vehicle)[a, b]) for a, b in pairwise(nodes)]
    free_s, lunch_s = van.start_s, None
    visits: list[Visit] = []
    for leg, candidate in zip(legs, [*route, None], strict=True):
        arrive_s = free_s + leg
        late = candidate is None or (lunch is not None and arrive_s >= lunch.earliest_s)
        if lunch is not None and lunch_s is None and late:
            begin = max(free_s, lunch.earliest_s)
            lunch_s = (begin, begin + lunch.duration_s)
            arrive_s = max(arrive_s, lunch.earliest_s) + lunch.duration_s
        if candidate is not None:
            start_s = max(
                arrive_s, starts.get(candidate) or _opening_s(problem, candidate, arrive_s)
            )
            free_s = start_s + int(problem.service_s[candidate, vehicle])
            visits.append(Visit(candidate, leg, arrive_s, start_s, free_s))
    return Tour(vehicle, van.start_s, arrive_s, lunch_s, tuple(visits), sum(legs))


def _opening_s(problem: Problem, candidate: int, arrive_s: int) -> int:
    """Say when a place is next open, or the arrival when it is closed for good."""
    return next((max(a, arrive_s) for a, b in problem.windows[candidate] if arrive_s < b), arrive_s)


def first_break(board: Board, vehicle: int, route: list[int]) -> tuple[int | None, int] | None:
    """Name the first visit that cannot be made, and the one before it; None when all can.

    Returns
    -------
    The visit before is None when the visit cannot be made in this round even alone.
    """
    for count in range(1, len(route) + 1):
        if not feasible(board, vehicle, route[:count]):
            last = route[count - 1]
            alone = count == 1 or not feasible(board, vehicle, [last])
            return (None if alone else route[count - 2], last)
    return None
