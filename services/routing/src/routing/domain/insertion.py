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
    chosen = np.arange(board.problem.size) if candidates is None else candidates
    found = clocks(board, vehicle, route)
    if found is None:
        return np.full((len(chosen), 1 if last_only else len(route) + 1), IMPOSSIBLE)
    if last_only:
        found = replace(
            found, nodes=found.nodes[-2:], ready=found.ready[-1:], limit=found.limit[-1:]
        )
    extra, fits = _try_positions(board, vehicle, found, chosen=chosen, relief_s=relief_s)
    most = board.problem.vehicles[vehicle].max_travel_s
    if most is not None:
        fits &= found.travel_s + extra <= most
    return np.where(fits, extra, IMPOSSIBLE)


def cheapest_insertion(board: Board, vehicle: int, route: list[int]) -> tuple[IntArray, IntArray]:
    """Give the lowest extra seconds, and its position, for every candidate."""
    takers = board.takers[vehicle]
    cost = np.full(board.problem.size, IMPOSSIBLE)
    position = np.zeros(board.problem.size, dtype=np.int64)
    tried = insertion_costs(board, vehicle, route, candidates=takers)
    best = tried.argmin(axis=1)
    cost[takers], position[takers] = tried[np.arange(len(takers)), best], best
    return cost, position


def _try_positions(
    board: Board, vehicle: int, found: Clocks, *, chosen: IntArray, relief_s: IntArray | None
) -> tuple[IntArray, BoolArray]:
    problem, lunch = board.problem, board.problem.vehicles[vehicle].lunch
    place = problem.node[chosen]
    before, after = np.array(found.nodes[:-1]), np.array(found.nodes[1:])
    there = problem.travel_s[before[None, :], place[:, None]]
    back = problem.travel_s[place[:, None], after[None, :]]
    direct = problem.travel_s[before, after] if found.visits else np.zeros(1, dtype=np.int64)
    relief = np.zeros(len(chosen), dtype=np.int64) if relief_s is None else relief_s
    service = (problem.service_s[chosen, vehicle] - relief)[:, None]
    opens = board.opens[vehicle][:, chosen]
    closes = board.closes[vehicle][:, chosen] + relief
    to_come, behind = np.array(found.ready).T
    limit_to_come, limit_behind = np.array(found.limit).T

    arrive_to_come, arrive_behind = to_come + there, behind + there
    if lunch is not None:
        eaten = np.maximum(arrive_to_come, lunch.earliest_s) + lunch.duration_s
        arrive_behind = np.minimum(arrive_behind, np.where(to_come <= lunch.latest_s, eaten, NEVER))
    leave_behind = _earliest(opens, closes, arrive_behind) + service
    next_behind = leave_behind + back
    fits = next_behind <= limit_behind
    if lunch is not None:
        leave_to_come = _earliest(opens, closes, arrive_to_come) + service
        next_to_come = leave_to_come + back
        eaten = np.maximum(next_to_come, lunch.earliest_s) + lunch.duration_s
        fits |= next_to_come <= limit_to_come
        fits |= (leave_to_come <= lunch.latest_s) & (eaten <= limit_behind)
    return there + back - direct, fits


def _earliest(opens: IntArray, closes: IntArray, arrival: IntArray) -> IntArray:
    best = np.full(arrival.shape, NEVER)
    for open_s, close_s in zip(opens[:, :, None], closes[:, :, None], strict=True):
        start = np.maximum(arrival, open_s)
        np.minimum(best, np.where(start <= close_s, start, NEVER), out=best)
    return best
