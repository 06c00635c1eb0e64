"""The exact times of one round: earliest arrivals forwards, latest arrivals backwards."""

from dataclasses import dataclass
from itertools import pairwise

from routing.domain.board import NEVER, Board
from routing.domain.lunch import (
    arrival_after_lunch,
    departure_before_lunch,
    departure_clocks,
    return_limits,
)
from routing.domain.problem import Routes, room_left
from routing.domain.solution import Tour, Visit


@dataclass(frozen=True, slots=True)
class Clocks:
    """What an insertion needs to know of a round of m visits.

    Parameters
    ----------
    nodes : length m + 2, with the two ends
    ready : length m + 1, earliest departure from each stop but the end: lunch to come, behind
    limit : length m + 1, latest arrival at each stop but the start: lunch to come, behind
    """

    nodes: tuple[int, ...]
    ready: tuple[tuple[int, int], ...]
    limit: tuple[tuple[int, int], ...]
    travel_s: int
    visits: int


def clocks(board: Board, vehicle: int, route: list[int]) -> Clocks | None:
    """Compute both clocks of a round, or `None` when the round cannot be driven."""
    nodes = _nodes(board, vehicle, route)
    legs = [int(board.problem.travel_of(vehicle)[a, b]) for a, b in pairwise(nodes)]
    limit = _limits(board, vehicle, route, legs)
    ready = [departure_clocks(board.problem.vehicles[vehicle])]
    for candidate, leg in zip(route, legs, strict=False):
        ready.append(_next_ready(board, vehicle, candidate, ready=ready[-1], leg=leg))
    home = _arrivals(board, vehicle, ready[-1], legs[-1])[1]
    if route and home > limit[-1][1]:
        return None
    travel_s = sum(legs) if route else 0
    return Clocks(tuple(nodes), tuple(ready), tuple(limit), travel_s, len(route))


def feasible(board: Board, vehicle: int, route: list[int]) -> bool:
    """Say whether a round can be driven: hours, lunch, shift, skills, locks, travel and load."""
    if (room_left(board.problem, vehicle, route) or 0) < 0:
        return False
    locked = [order for order in board.order[route].tolist() if order > 0]
    if locked != sorted(locked):
        return False
    found = clocks(board, vehicle, route)
    most = board.problem.vehicles[vehicle].max_travel_s
    return found is not None and (most is None or found.travel_s <= most)


def keep_feasible(board: Board, routes: Routes) -> Routes:
    """Drop from each round the cheapest visits until it can be driven, lunch included."""
    kept: Routes = []
    for vehicle, route in enumerate(routes):
        left = list(route)
        while left and not feasible(board, vehicle, left):
            left = _without_cheapest(board, vehicle, left)
        kept.append(left)
    return kept


def schedule(board: Board, vehicle: int, route: list[int]) -> Tour:
    """Give a drivable round its times, lunch on the leg that brings the team home soonest."""
    van = board.problem.vehicles[vehicle]
    nodes = _nodes(board, vehicle, route)
    legs = [int(board.problem.travel_of(vehicle)[a, b]) for a, b in pairwise(nodes)]
    lunch_leg = None if van.lunch is None else _lunch_leg(board, vehicle, route, legs)
    lunch_s: tuple[int, int] | None = None
    departure, visits = van.start_s, []
    for number, (leg, candidate) in enumerate(zip(legs, [*route, None], strict=True)):
        arrival = departure + leg
        if van.lunch is not None and number == lunch_leg:
            begin = max(departure, van.lunch.earliest_s)
            lunch_s = (begin, begin + van.lunch.duration_s)
            arrival = arrival_after_lunch(departure, leg, van.lunch)
        if candidate is not None:
            start = board.earliest_start(vehicle, candidate, arrival)
            departure = start + int(board.problem.service_s[candidate, vehicle])
            visits.append(Visit(candidate, leg, arrival, start, departure))
    leave = van.start_s
    if lunch_leg != 0:
        # Wait at home rather than at the first door.
        leave = visits[0].start_s - legs[0]
        visits[0] = Visit(
            visits[0].candidate, legs[0], visits[0].start_s, visits[0].start_s, visits[0].end_s
        )
    return Tour(vehicle, leave, arrival, lunch_s, tuple(visits), sum(legs))


def _nodes(board: Board, vehicle: int, route: list[int]) -> list[int]:
    van = board.problem.vehicles[vehicle]
    return [van.start_node, *board.problem.node[route].tolist(), van.end_node]


def _arrivals(board: Board, vehicle: int, ready: tuple[int, int], leg: int) -> tuple[int, int]:
    to_come, behind = ready
    lunch = board.problem.vehicles[vehicle].lunch
    return to_come + leg, min(behind + leg, arrival_after_lunch(to_come, leg, lunch))


def _next_ready(
    board: Board, vehicle: int, candidate: int, *, ready: tuple[int, int], leg: int
) -> tuple[int, int]:
    service = int(board.problem.service_s[candidate, vehicle])
    to_come, behind = (
        min(NEVER, board.earliest_start(vehicle, candidate, arrival) + service)
        for arrival in _arrivals(board, vehicle, ready, leg)
    )
    return to_come, behind


def _limits(board: Board, vehicle: int, route: list[int], legs: list[int]) -> list[tuple[int, int]]:
    van = board.problem.vehicles[vehicle]
    limits = [return_limits(van)]
    for candidate, leg in zip(reversed(route), reversed(legs), strict=False):
        to_come, behind = limits[-1]
        service = int(board.problem.service_s[candidate, vehicle])
        before = max(to_come - leg, departure_before_lunch(behind, leg, van.lunch))
        limits.append(
            (
                board.latest_start(vehicle, candidate, before - service),
                board.latest_start(vehicle, candidate, behind - leg - service),
            )
        )
    return limits[::-1]


def _lunch_leg(board: Board, vehicle: int, route: list[int], legs: list[int]) -> int:
    """Find the leg whose lunch brings the team home soonest; the first such leg."""
    lunch = board.problem.vehicles[vehicle].lunch
    ready, leg_of_behind = departure_clocks(board.problem.vehicles[vehicle]), 0
    for number, leg in enumerate(legs):
        if arrival_after_lunch(ready[0], leg, lunch) < ready[1] + leg:
            leg_of_behind = number
        if number < len(route):
            ready = _next_ready(board, vehicle, route[number], ready=ready, leg=leg)
    return leg_of_behind


def _without_cheapest(board: Board, vehicle: int, route: list[int]) -> list[int]:
    """Remove the visit whose loss costs least; one that makes the round drivable goes first."""
    shorter = [route[:at] + route[at + 1 :] for at in range(len(route))]
    losses = [int(board.problem.penalty_s[candidate]) for candidate in route]
    order = sorted(
        range(len(route)), key=lambda at: (not feasible(board, vehicle, shorter[at]), losses[at])
    )
    return shorter[order[0]]
