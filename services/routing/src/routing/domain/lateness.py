"""Visits after the hours people prefer: how late, and what an insertion does to those behind it.

A visit starts as soon as it can, so the times of a round follow from its order; only then is it
known how late each visit is. Two clocks run, as in `lunch`, each with the price so far.
"""

from typing import NamedTuple

import numpy as np

from routing.domain.board import NEVER, Board
from routing.domain.lunch import departure_clocks
from routing.domain.problem import IntArray, LunchBreak, Problem, Routes, objective_s
from routing.domain.schedule import schedule
from routing.domain.solution import Tour


class Course(NamedTuple):
    """The departures of rounds with lunch to come and behind, and the price of being late so far.

    All of one shape: there are as many rounds as candidates are tried.
    """

    ready: IntArray
    ready_late: IntArray
    fed: IntArray
    fed_late: IntArray


class Stay(NamedTuple):
    """Visits: `opens`, `closes`, `late_after` of shape (slots, c), `service_s` of shape (c,)."""

    opens: IntArray
    closes: IntArray
    late_after: IntArray
    service_s: IntArray


def tour_late_s(problem: Problem, tour: Tour) -> tuple[int, ...]:
    """Say how late each visit of a tour starts, in seconds."""
    if problem.late_after_s is None:
        return (0,) * len(tour.visits)
    found = []
    for visit in tour.visits:
        hours = zip(
            problem.windows[visit.candidate], problem.late_after_s[visit.candidate], strict=True
        )
        after = next(late for (a, b), late in hours if a <= visit.start_s and visit.end_s <= b)
        found.append(max(0, visit.start_s - after))
    return tuple(found)


def late_price_s(board: Board, vehicle: int, route: list[int]) -> int:
    """Price how late the visits of a drivable round are."""
    if board.late_after is None or not route:
        return 0
    late = tour_late_s(board.problem, schedule(board, vehicle, route))
    return sum(it * board.problem.late_permille // 1000 for it in late)


def cost_s(board: Board, routes: Routes) -> int:
    """Price a plan of drivable rounds, being late included."""
    late = sum(late_price_s(board, vehicle, route) for vehicle, route in enumerate(routes))
    return objective_s(board.problem, routes) + late


def late_change(board: Board, vehicle: int, route: list[int], chosen: IntArray) -> IntArray:
    """Price by how much later a drivable round is with a candidate at each of its positions.

    Returns
    -------
    Shape (positions, candidates); of no meaning where the insertion is impossible.
    """
    van, count = board.problem.vehicles[vehicle], len(route)
    nodes = [van.start_node, *board.problem.node[route].tolist(), van.end_node]
    legs = list(board.problem.travel_of(vehicle)[nodes[:-1], nodes[1:]])
    there = board.travel_to[van.profile][nodes[:-1]][:, chosen].astype(np.int64)
    back = board.travel_from[van.profile][nodes[1:]][:, chosen].astype(np.int64)
    stays = [_stay(board, vehicle, np.array([place])) for place in route]
    course, stay = _begin(board, vehicle, len(chosen)), _stay(board, vehicle, chosen)
    now, found = late_price_s(board, vehicle, route), []
    for at in range(count + 1):
        longer = _visit(board, _drive(course, there[at], van.lunch), stay)
        rest = [back[at], *legs[at + 1 :]]
        for leg, after in zip(rest, stays[at:], strict=False):
            longer = _visit(board, _drive(longer, leg, van.lunch), after)
        found.append(_drive(longer, rest[-1], van.lunch).fed_late - now)
        if at < count:
            course = _visit(board, _drive(course, legs[at], van.lunch), stays[at])
    return np.array(found)


def _stay(board: Board, vehicle: int, places: IntArray) -> Stay:
    late_after = board.closes if board.late_after is None else board.late_after
    return Stay(
        board.opens[vehicle][:, places],
        board.closes[vehicle][:, places],
        late_after[vehicle][:, places],
        board.problem.service_s[places, vehicle],
    )


def _begin(board: Board, vehicle: int, count: int) -> Course:
    ready, fed = departure_clocks(board.problem.vehicles[vehicle])
    nothing = np.zeros(count, dtype=np.int64)
    return Course(nothing + ready, nothing, nothing + fed, nothing)


def _drive(course: Course, leg: IntArray, lunch: LunchBreak | None) -> Course:
    fed, fed_late = course.fed + leg, course.fed_late
    if lunch is not None:
        eaten = np.maximum(course.ready + leg, lunch.earliest_s) + lunch.duration_s
        eaten = np.where(course.ready <= lunch.latest_s, eaten, NEVER)
        now = eaten < fed
        fed, fed_late = np.where(now, eaten, fed), np.where(now, course.ready_late, fed_late)
    return Course(course.ready + leg, course.ready_late, fed, fed_late)


def _visit(board: Board, course: Course, stay: Stay) -> Course:
    ready, late = _start(course.ready, stay, board.problem.late_permille)
    fed, fed_late = _start(course.fed, stay, board.problem.late_permille)
    return Course(
        np.minimum(NEVER, ready + stay.service_s),
        course.ready_late + late,
        np.minimum(NEVER, fed + stay.service_s),
        course.fed_late + fed_late,
    )


def _start(arrival: IntArray, stay: Stay, permille: int) -> tuple[IntArray, IntArray]:
    """Give the earliest start after arriving, `NEVER` for none, and the price of being late."""
    shape = np.broadcast_shapes(arrival.shape, stay.service_s.shape)
    best, late = np.full(shape, NEVER), np.zeros(shape, dtype=np.int64)
    for open_s, close_s, after in zip(stay.opens, stay.closes, stay.late_after, strict=True):
        start = np.maximum(arrival, open_s)
        better = (start <= close_s) & (start < best)
        best = np.where(better, start, best)
        late = np.where(better, np.maximum(0, start - after) * permille // 1000, late)
    return best, late
