"""Long rounds: a candidate is tried beside those it goes well with, not everywhere.

In rounds of fifty visits nearly every insertion that is kept is beside one of a few dozen visits
near in place and time; trying those alone makes a step several times faster.
"""

import numpy as np

from routing.domain.board import NEVER, Board
from routing.domain.compiled import compiled
from routing.domain.problem import Problem, Routes
from routing.domain.search_board import Draft, Ints, Question, Rows, fits
from routing.domain.search_room import BLINK, Dice, Scratch, roll

# Visits in a round from which it is long, and how many others each is tried beside.
LONG, BESIDE = 20, 40
# What a second of waiting between two visits counts, in seconds of travel; PyVRP's measure.
WAIT = 0.2


def beside_of(board: Board, routes: Routes) -> Ints | None:
    """Choose beside whom each candidate is tried; `None` where rounds are short.

    Neither an order nor prices that depend on the rest of a round or plan are looked at here.
    """
    visits, driven = sum(map(len, routes)), sum(map(bool, routes))
    if visits < LONG * max(1, driven) or _depends(board.problem):
        return None
    opens, closes = board.opens[:, 0].min(axis=0), board.closes.max(axis=(0, 1))
    stay = board.problem.service_s.min(axis=1)
    leg = board.problem.travel_s[np.ix_(board.problem.node, board.problem.node)]
    wait = np.maximum(0, opens[None, :] - (closes + stay)[:, None] - leg)
    late = np.maximum(0, (opens + stay)[:, None] + leg - closes[None, :])
    apart = leg + WAIT * wait + late
    either = np.minimum(apart, apart.T)
    np.fill_diagonal(either, NEVER)
    count = min(BESIDE, board.problem.size - 1)
    nearest: Ints = either.argsort(axis=1, kind="stable")[:, :count].astype(np.int32)
    return np.ascontiguousarray(nearest)


def _depends(problem: Problem) -> bool:
    priced = problem.late_after_s is not None or problem.workload is not None
    return priced or problem.moved_s is not None or bool(problem.locks)


@compiled
def _price(
    travel: Ints,
    hours: Ints,
    rounds: Rows,
    seats: Rows,
    spot: tuple[int, int, int, int],
    below: int,
) -> int:
    """Price an insertion, `below` for one that is impossible or no cheaper.

    `spot` names the round, the seat, the number of its visits, and the candidate.
    """
    number, at, count, candidate = spot
    way = rounds[number].way
    extra = travel[way + 1, candidate, seats[number, at].stop]
    extra += travel[way, candidate, seats[number, at + 1].stop]
    if count > 0:
        extra -= seats[number, at].leg_s
    if extra < below and fits(travel, hours, rounds, seats, (number, at), candidate):
        return int(extra)
    return below


@compiled
def _scan(
    travel: Ints,
    hours: Ints,
    rounds: Rows,
    seats: Rows,
    sums: Rows,
    spots: Rows,
    others: Ints,
    dice: Dice,
    candidate: int,
    below: int,
) -> tuple[int, int, int]:
    """Try the seats before and behind others; give the price, the round and the seat."""
    best, chosen, place = below, -1, -1
    for index in range(len(others)):
        number, seat = spots[others[index]].owner, spots[others[index]].seat
        if number < 0 or sums[number].load + spots[candidate].load > rounds[number].most_load:
            continue
        if sums[number].count + 2 >= seats.shape[1] or roll(dice) < BLINK:
            continue
        most = min(best, rounds[number].most_travel_s - sums[number].travel_s + 1)
        for at in range(seat - 1, seat + 1):
            spot = (number, at, sums[number].count, candidate)
            extra = _price(travel, hours, rounds, seats, spot, most)
            if extra < most:
                best, most, chosen, place = extra, extra, number, at
    return best, chosen, place


@compiled
def _scan_ends(
    travel: Ints,
    hours: Ints,
    rounds: Rows,
    seats: Rows,
    sums: Rows,
    spots: Rows,
    candidate: int,
    below: int,
) -> tuple[int, int, int]:
    """Try the first and the last seat of every round; of empty rounds alike the first will do."""
    best, chosen, place, seen = below, -1, -1, -1
    for number in range(len(rounds)):
        it, count = rounds[number], sums[number].count
        if sums[number].load + spots[candidate].load > it.most_load:
            continue
        if count + 2 >= seats.shape[1] or (count == 0 and it.twin == seen):
            continue
        if count == 0:
            seen = it.twin
        most = min(best, it.most_travel_s - sums[number].travel_s + 1)
        for end in range(2):
            at = end * count
            spot = (number, at, count, candidate)
            extra = _price(travel, hours, rounds, seats, spot, most)
            if extra < most:
                best, most, chosen, place = extra, extra, number, at
    return best, chosen, place


@compiled
def cheapest_beside(
    asked: Question, plan: Draft, room: Scratch, candidate: int, below: int
) -> tuple[int, int]:
    """Find the round in which a candidate costs least, less than `below`; -1 for none."""
    travel, hours, rounds = asked.travel, asked.hours, asked.rounds
    seats, sums, spots = plan.seats, plan.sums, plan.spots
    others = asked.beside[candidate]
    best, chosen, place = _scan(
        travel, hours, rounds, seats, sums, spots, others, room.dice, candidate, below
    )
    less, number, at = _scan_ends(travel, hours, rounds, seats, sums, spots, candidate, best)
    if number >= 0:
        best, chosen, place = less, number, at
    if chosen >= 0:
        # Not the cheapest of all: never to be taken for that.
        room.known[candidate, chosen].seat = place
        room.known[candidate, chosen].version = -1
    return best, chosen
