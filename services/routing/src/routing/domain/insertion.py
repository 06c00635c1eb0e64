"""What it would cost to insert each candidate at each place of a round: exact, in arrays."""

from dataclasses import replace

import numpy as np

from routing.domain.board import NEVER, Board
from routing.domain.lateness import late_change
from routing.domain.problem import BoolArray, IntArray, room_left
from routing.domain.schedule import Clocks, clocks
from routing.domain.workload import price_of_more

# What an impossible insertion costs: above every travel and penalty.
IMPOSSIBLE = 4_000_000_000


def insertion_costs(
    board: Board,
    vehicle: int,
    route: list[int],
    *,
    candidates: IntArray | None = None,
    last_only: bool = False,
    work_s: IntArray | None = None,
) -> IntArray:
    """Price the insertion of candidates at every position of a drivable round.

    Parameters
    ----------
    candidates : which to try; all when left out
    last_only : try only the end of the round; being late is not priced then
    work_s : shape (teams,), the work of each team, where its limit and its price count

    Returns
    -------
    Extra seconds driven, and the price of a visit moved, of being late and of uneven work, shape
    (c, len(route) + 1), or (c, 1) for the end alone; `IMPOSSIBLE` where the hours, lunch, skills,
    driving limit or limit of work forbid it.
    """
    chosen = np.arange(board.problem.size) if candidates is None else candidates
    extra, fits = _tried(board, vehicle, route, chosen=candidates, last_only=last_only)
    cost = extra + board.moved_s[chosen, vehicle]
    if board.late_after is not None and not last_only:
        cost = cost + late_change(board, vehicle, route, chosen)
    if work_s is not None and board.problem.workload is not None:
        more_s, team = extra + board.problem.service_s[chosen, vehicle], _team(board, vehicle)
        fits &= over_s(board, vehicle, more_s, work_s) <= 0
        cost = cost + price_of_more(board.problem.workload, work_s, team, more_s)
    costs: IntArray = np.where(fits, cost, IMPOSSIBLE).T
    return costs


def fits_if_shorter(
    board: Board,
    vehicle: int,
    route: list[int],
    *,
    candidates: IntArray,
    relief_s: IntArray,
    work_s: IntArray | None = None,
) -> BoolArray:
    """Say which candidates, shape (c,), fit a round if each stay were shorter by `relief_s`."""
    extra, fits = _tried(board, vehicle, route, chosen=candidates, relief_s=relief_s)
    if work_s is not None:
        stay_s = np.maximum(0, board.problem.service_s[candidates, vehicle] - relief_s)
        fits &= over_s(board, vehicle, extra + stay_s, work_s) <= 0
    found: BoolArray = np.logical_or.reduce(fits, axis=0)
    return found


def least_overwork_s(
    board: Board, vehicle: int, route: list[int], *, candidates: IntArray, work_s: IntArray
) -> IntArray:
    """Say by how little a team would work more than its limit with each candidate in a round.

    Returns
    -------
    Shape (c,); `IMPOSSIBLE` where not only the limit forbids it.
    """
    extra, fits = _tried(board, vehicle, route, chosen=candidates)
    more_s = extra + board.problem.service_s[candidates, vehicle]
    over = np.where(fits, over_s(board, vehicle, more_s, work_s), IMPOSSIBLE)
    least: IntArray = over.min(axis=0)
    return least


def over_s(board: Board, vehicle: int, more_s: IntArray, work_s: IntArray) -> IntArray:
    """Say by how much a team works more than its limit when it works so much more."""
    team, workload = _team(board, vehicle), board.problem.workload
    most_s = NEVER if workload is None else int(workload.most_s[team])
    return more_s + (int(work_s[team]) - most_s)


def detours_s(board: Board, vehicle: int, route: list[int]) -> IntArray:
    """Give the extra travel of each candidate at each position, shape (positions, n)."""
    van = board.problem.vehicles[vehicle]
    nodes = [van.start_node, *board.problem.node[route].tolist(), van.end_node]
    direct = board.problem.travel_of(vehicle)[nodes[:-1], nodes[1:]]
    there = board.travel_to[van.profile][nodes[:-1]]
    extra: IntArray = there + board.travel_from[van.profile][nodes[1:]]
    return extra - direct[:, None] if route else extra


def _team(board: Board, vehicle: int) -> int:
    return board.problem.vehicles[vehicle].team


def _tried(
    board: Board,
    vehicle: int,
    route: list[int],
    *,
    chosen: IntArray | None,
    relief_s: IntArray | None = None,
    last_only: bool = False,
) -> tuple[IntArray, BoolArray]:
    """Give the extra travel and what is possible, shape (positions, candidates)."""
    count = board.problem.size if chosen is None else len(chosen)
    found = clocks(board, vehicle, route)
    if found is None:
        shape = (1 if last_only else len(route) + 1, count)
        return np.full(shape, IMPOSSIBLE), np.zeros(shape, dtype=np.bool_)
    if last_only:
        found = replace(
            found, nodes=found.nodes[-2:], ready=found.ready[-1:], limit=found.limit[-1:]
        )
    extra, fits = _try_positions(board, vehicle, found, chosen=chosen, relief_s=relief_s)
    most = board.problem.vehicles[vehicle].max_travel_s
    if most is not None:
        fits &= found.travel_s + extra <= most
    left, load = room_left(board.problem, vehicle, route), board.problem.load
    if left is not None and load is not None:
        fits &= (load if chosen is None else load[chosen]) <= left
    _keep_order(board, route, fits, chosen)
    return extra, fits


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


def _keep_order(
    board: Board, route: list[int], fits: BoolArray, candidates: IntArray | None
) -> None:
    """Strike the positions, counted from the end, that break the locked order of a round."""
    wanted = board.order if candidates is None else board.order[candidates]
    there = [(at, order) for at, order in enumerate(board.order[route].tolist()) if order > 0]
    if not there:
        return
    first = len(route) + 1 - len(fits)
    for column in np.flatnonzero(wanted).tolist():
        mine = int(wanted[column])
        low = max((at + 1 for at, order in there if order <= mine), default=0)
        high = min((at for at, order in there if order > mine), default=len(route))
        fits[: max(0, low - first), column] = False
        fits[max(0, high + 1 - first) :, column] = False


def _try_positions(
    board: Board, vehicle: int, found: Clocks, *, chosen: IntArray | None, relief_s: IntArray | None
) -> tuple[IntArray, BoolArray]:
    """Give extra seconds and feasibility, shape (positions, candidates)."""
    problem, lunch = board.problem, board.problem.vehicles[vehicle].lunch
    before, after = list(found.nodes[:-1]), list(found.nodes[1:])
    profile = problem.vehicles[vehicle].profile
    there, back = board.travel_to[profile][before], board.travel_from[profile][after]
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
    direct = (
        problem.travel_of(vehicle)[before, after] if found.visits else np.zeros(1, dtype=np.int64)
    )
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
