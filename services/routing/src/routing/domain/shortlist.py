"""Of very many candidates, those worth searching among: the rest are tried at the end."""

from dataclasses import replace

import numpy as np

from routing.domain.board import Board
from routing.domain.problem import IntArray, Problem

# A search among 4 times the visits that fit loses nothing measurable and is as much faster.
TIMES_CAPACITY = 4
LEAST = 1000
DRIVE_BETWEEN_S = 900


def shortlist(board: Board) -> IntArray:
    """Choose the candidates to search among: all musts, then the dearest, in candidate order."""
    problem = board.problem
    served = np.zeros(problem.size, dtype=np.bool_)
    for takers in board.takers:
        served[takers] = True
    possible = np.flatnonzero(served)
    most = max(LEAST, TIMES_CAPACITY * _capacity(problem, possible))
    order = np.lexsort((-problem.penalty_s[possible], ~problem.must[possible]))
    most = max(most, int(problem.must[possible].sum()))
    chosen: IntArray = np.sort(possible[order[:most]])
    return chosen


def restrict(problem: Problem, chosen: IntArray) -> Problem:
    """Keep only some candidates; they are numbered anew, in the order given."""
    number = {place: at for at, place in enumerate(chosen.tolist())}
    late = problem.late_after_s
    return replace(
        problem,
        node=problem.node[chosen],
        points=problem.points[chosen],
        penalty_s=problem.penalty_s[chosen],
        must=problem.must[chosen],
        service_s=problem.service_s[chosen],
        skilled=problem.skilled[chosen],
        in_sector=problem.in_sector[chosen],
        windows=tuple(problem.windows[place] for place in chosen.tolist()),
        due_s=problem.due_s[chosen],
        moved_s=None if problem.moved_s is None else problem.moved_s[chosen],
        load=None if problem.load is None else problem.load[chosen],
        late_after_s=None if late is None else tuple(late[place] for place in chosen.tolist()),
        locks=tuple(
            replace(lock, candidate=number[lock.candidate])
            for lock in problem.locks
            if lock.candidate in number
        ),
    )


def restrict_board(board: Board, chosen: IntArray) -> Board:
    """Keep only some candidates of a board, numbered anew: its hours are not worked out again."""
    number = np.full(board.problem.size, -1)
    number[chosen] = np.arange(len(chosen))
    return Board(
        restrict(board.problem, chosen),
        np.ascontiguousarray(board.opens[:, :, chosen]),
        np.ascontiguousarray(board.closes[:, :, chosen]),
        board.allowed[chosen],
        board.moved_s[chosen],
        board.order[chosen],
        tuple(np.sort(number[takers][number[takers] >= 0]) for takers in board.takers),
        tuple(np.ascontiguousarray(travel[:, chosen]) for travel in board.travel_to),
        tuple(np.ascontiguousarray(travel[:, chosen]) for travel in board.travel_from),
        None if board.late_after is None else np.ascontiguousarray(board.late_after[:, :, chosen]),
    )


def _capacity(problem: Problem, possible: IntArray) -> int:
    """Guess how many visits fit the shifts."""
    if not possible.size:
        return 0
    stay = float(np.median(problem.service_s[possible])) + DRIVE_BETWEEN_S
    return int(sum((van.end_s - van.start_s) / stay for van in problem.vehicles))
