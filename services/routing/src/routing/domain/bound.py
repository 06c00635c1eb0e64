"""What no plan can cost less than: how far a plan may still be from the best."""

import numpy as np

from routing.domain.board import NEVER, Board
from routing.domain.problem import UNREACHABLE_S, FloatArray, IntArray


def lower_bound_s(board: Board) -> int:
    """Give a cost that no plan is below.

    Every visit is driven to and from: half of its shortest way in and out is its own. And all
    visits, with their shares, fit the shifts: the best of them by gain per second, the last one in
    part, gain at least as much as any plan.
    """
    problem = board.problem
    total_s = int(problem.penalty_s.sum())
    possible = (board.opens[:, 0, :] < NEVER).any(axis=0)
    if not possible.any():
        return total_s
    own_s = _own_way_s(board)[possible]
    stay_s = np.where(board.allowed, problem.service_s, UNREACHABLE_S).min(axis=1)[possible]
    gain, weight = problem.penalty_s[possible] - own_s, stay_s + own_s
    worth = gain > 0
    return int(np.ceil(total_s - _best_gain(gain[worth], weight[worth], _time_s(board))))


def _own_way_s(board: Board) -> FloatArray:
    """Give half of the shortest way in and out of each candidate, by any way of travelling."""
    problem = board.problem
    places = problem.node
    starts = np.array([van.start_node for van in problem.vehicles], dtype=np.int64)
    ends = np.array([van.end_node for van in problem.vehicles], dtype=np.int64)
    shortest = []
    for travel in (problem.travel_s, *problem.other_travel_s):
        to, back = travel[:, places], travel[places].T
        shortest.append((_least(to, places, starts), _least(back, places, ends)))
    inward = np.minimum.reduce([there for there, _ in shortest])
    outward = np.minimum.reduce([back for _, back in shortest])
    own_s: FloatArray = (inward + outward) / 2.0
    return own_s


def _least(travel: IntArray, places: IntArray, ends: IntArray) -> IntArray:
    """Give the shortest leg between each place and an end or another place; `travel` (nodes, n)."""
    others = travel[places].copy()
    np.fill_diagonal(others, UNREACHABLE_S)
    least: IntArray = np.minimum(travel[ends].min(axis=0), others.min(axis=0))
    return least


def _time_s(board: Board) -> int:
    vans = board.problem.vehicles
    return sum(van.end_s - van.start_s - (van.lunch.duration_s if van.lunch else 0) for van in vans)


def _best_gain(gain: FloatArray, weight: FloatArray, time_s: int) -> float:
    """Fill a time with the best gains per second, the last one in part."""
    order = np.argsort(-gain / np.maximum(weight, 1e-9), kind="stable")
    used = np.cumsum(weight[order])
    whole = int(np.searchsorted(used, time_s, side="right"))
    total = float(gain[order[:whole]].sum())
    if whole < len(order):
        left = time_s - (float(used[whole - 1]) if whole else 0.0)
        total += float(gain[order[whole]]) * max(0.0, left) / float(weight[order[whole]])
    return total
