"""A large plan in zones first: teams that live close, and the places nearest to them.

A step of the search among a few rounds costs a fraction of one among all; zone by zone it comes
much further in the same time. The search among all that follows mends what the borders spoilt.
"""

from dataclasses import replace

import numpy as np

from routing.domain.board import Board
from routing.domain.problem import IntArray, Routes
from routing.domain.shortlist import restrict_board

# Above these a plan is made in zones first, of about so many rounds.
PLACES, ROUNDS, ROUNDS_OF_ZONE = 600, 60, 20

# The places of a zone, and its rounds.
Zone = tuple[IntArray, IntArray]


def zones_of(board: Board) -> list[Zone]:
    """Split a large board; each zone has its places and its rounds. None where one search will do.

    Teams go to the nearest of some homes far apart from each other, places to the zone of the
    nearest home of a team that may take them. How even work is can only be seen in one.
    """
    vans, workload = board.problem.vehicles, board.problem.workload
    uneven = workload is not None and workload.uneven_permille > 0
    if board.problem.size <= PLACES or len(vans) <= ROUNDS or uneven:
        return []
    home = {van.team: van.end_node for van in vans}
    bases, base = np.unique([home[van.team] for van in vans], return_inverse=True)
    between = board.problem.travel_s[np.ix_(bases, bases)]
    count = min(len(bases), len(vans) // ROUNDS_OF_ZONE)
    middles = [int(between.sum(axis=1).argmin())]
    while len(middles) < count:
        middles.append(int(between[:, middles].min(axis=1).argmax()))
    zone_of_round = between[:, middles].argmin(axis=1)[base]
    away = board.travel_to[0][bases][base]
    nearest = np.where(board.allowed.T, away, away.max() + 1).argmin(axis=0)
    zone_of_place = zone_of_round[nearest]
    return [
        (np.flatnonzero(zone_of_place == zone), np.flatnonzero(zone_of_round == zone))
        for zone in range(count)
    ]


def zone_board(board: Board, places: IntArray, rounds: IntArray) -> Board:
    """Keep only some places and rounds of a board, numbered anew."""
    part = restrict_board(board, places)
    problem, number = part.problem, {v: at for at, v in enumerate(rounds.tolist())}
    moved_s = problem.moved_s
    return replace(
        part,
        problem=replace(
            problem,
            vehicles=tuple(problem.vehicles[v] for v in rounds.tolist()),
            service_s=problem.service_s[:, rounds],
            skilled=problem.skilled[:, rounds],
            in_sector=problem.in_sector[:, rounds],
            moved_s=None if moved_s is None else moved_s[:, rounds],
            locks=tuple(
                replace(lock, vehicles=frozenset(number[v] for v in lock.vehicles if v in number))
                for lock in problem.locks
            ),
        ),
        opens=np.ascontiguousarray(part.opens[rounds]),
        closes=np.ascontiguousarray(part.closes[rounds]),
        allowed=part.allowed[:, rounds],
        moved_s=part.moved_s[:, rounds],
        takers=tuple(part.takers[v] for v in rounds.tolist()),
        late_after=None if part.late_after is None else part.late_after[rounds],
        _known={},
    )


def restricted(routes: Routes, places: IntArray, rounds: IntArray) -> Routes:
    """Keep of a plan what belongs to a zone, numbered anew."""
    number = {place: at for at, place in enumerate(places.tolist())}
    return [[number[it] for it in routes[v] if it in number] for v in rounds.tolist()]
