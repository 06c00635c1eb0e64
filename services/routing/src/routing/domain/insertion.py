"""What it would cost to insert each candidate at each place of a round: exact, in arrays."""

from dataclasses import replace

import numpy as np

from routing.domain.board import NEVER, Board
from routing.domain.problem import BoolArray, IntArray
from routing.domain.schedule import Clocks, clocks

# What an impossible insertion costs: above every travel and penalty.
IMPOSSIBLE = 4_000_000_000


def insertion_costs(
    board: Board,
    vehicle: int,
    route: list[int],
    *,
    candidates: IntArray | None = None,
    relief_s: IntArray | None = None,
    last_only: bool = False,
) -> IntArray:
    """Price the insertion of candidates at every position of a drivable round.

    Parameters
    ----------
    candidates : which to try; all when left out
    relief_s : shape (c,), seconds by which each stay is imagined shorter
    last_only : try only the end of the round

    Returns
    -------
    Extra seconds driven, shape (c, len(route) + 1), or (c, 1) for the end alone; `IMPOSSIBLE`
    where the hours, lunch, skills or driving limit forbid it.
    """
    count = board.problem.size if candidates is None else len(candidates)
    found = clocks(board, vehicle, route)
    if found is None:
        return np.full((count, 1 if last_only else len(route) + 1), IMPOSSIBLE)
    if last_only:
        found = replace(
            found, nodes=found.nodes[-2:], ready=found.ready[-1:], limit=found.limit[-1:]
        )
    extra, fits = _try_positions(board, vehicle, found, chosen=candidates, relief_s=relief_s)
    most = board.problem.vehicles[vehicle].max_travel_s
    if most is not None:
        fits &= found.travel_s + extra <= most
    costs: IntArray = np.where(fits, extra, IMPOSSIBLE).T
    return costs


def cheapest_insertion(board: Board, vehicle: int, route: list[int]) -> tuple[IntArray, IntArray]:
    """Give the lowest extra seconds, and its position, for every candidate."""
    takers, size = board.takers[vehicle], board.problem.size
    if 2 * len(takers) > size:
        return _cheapest(insertion_costs(board, vehicle, route))
    cost, position = np.full(size, IMPOSSIBLE), np.zeros(size, dtype=np.int64)
    tried = insertion_costs(board, vehicle, route, candidates=takers)
    cost[takers], position[takers] = _cheapest(tried)
    return cost, position


def _cheapest(costs: IntArray) -> tuple[IntArray, IntArray]:
    position = costs.argmin(axis=1)
    return costs[np.arange(len(costs)), position], position


def _try_positions(
    board: Board, vehicle: int, found: Clocks, *, chosen: IntArray | None, relief_s: IntArray | None
) -> tuple[IntArray, BoolArray]:
    """Give extra seconds and feasibility, shape (positions, candidates)."""
    problem, lunch = board.problem, board.problem.vehicles[vehicle].lunch
    before, after = list(found.nodes[:-1]), list(found.nodes[1:])
    there, back = board.travel_to[before], board.travel_from[after]
    service, opens, closes = (
        problem.service_s[:, vehicle],
        board.opens[vehicle],
        board.closes[vehicle],
    )
    if chosen is not None:
        there, back, service = there[:, chosen], back[:, chosen], service[chosen]
        opens, closes = opens[:, chosen], closes[:, chosen]
    if relief_s is not None:
        shorter = np.minimum(relief_s, service)
        service, closes = service - shorter, closes + shorter
    direct = problem.travel_s[before, after] if found.visits else np.zeros(1, dtype=np.int64)
    to_come, behind = np.array(found.ready).T[:, :, None]
    limit_to_come, limit_behind = np.array(found.limit).T[:, :, None]

    arrive_behind = behind + there
    if lunch is not None:
        arrive_to_come = to_come + there
        eaten = np.maximum(arrive_to_come, lunch.earliest_s) + lunch.duration_s
        arrive_behind = np.minimum(arrive_behind, np.where(to_come <= lunch.latest_s, eaten, NEVER))
    after_stay = back + service
    fits = _earliest(opens, closes, arrive_behind) + after_stay <= limit_behind
    if lunch is not None:
        start = _earliest(opens, closes, arrive_to_come)
        next_to_come = start + after_stay
        eaten = np.maximum(next_to_come, lunch.earliest_s) + lunch.duration_s
        fits |= next_to_come <= limit_to_come
        fits |= (start + service <= lunch.latest_s) & (eaten <= limit_behind)
    return there + back - direct[:, None], fits


def _earliest(opens: IntArray, closes: IntArray, arrival: IntArray) -> IntArray:
    best = np.full(arrival.shape, NEVER)
    for open_s, close_s in zip(opens, closes, strict=True):
        start = np.maximum(arrival, open_s)
        np.copyto(best, np.minimum(best, start), where=start <= close_s)
    return best
