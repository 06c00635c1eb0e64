"""A problem and a plan as the compiled search sees them: few arrays, wide rows.

Stops are numbered: the candidates first, then the distinct ends of rounds. A round is a row of
seats from its start to its end. All times are whole seconds of the horizon.

Compiled code counts the references of each array of a tuple at each call; with one array per
subject, and the hot functions taking just those they read, a step is five times faster.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing.domain.board import NEVER, Board
from routing.domain.compiled import compiled
from routing.domain.problem import IntArray, Problem, Routes

Ints = NDArray[np.int32]
Rows = NDArray[np.void]

NEAR = 100
MOST_STOPS = 400
NO_LIMIT = 2_000_000_000

# A round: its ends, its shift, its lunch (`lunch_s` 0 for none), the first round that differs
# from it in nothing but the number, its rows of `Question.travel`, its team, what a thousand
# seconds of being late cost (0 where nothing can be late), its limits of driving and of load.
ROUND = np.dtype(
    [
        *((name, np.int32) for name in ("first", "last", "start_s", "end_s")),
        *((name, np.int32) for name in ("lunch_from_s", "lunch_until_s", "lunch_s", "twin", "way")),
        *((name, np.int32) for name in ("team", "late_permille")),
        ("most_travel_s", np.int64),
        ("most_load", np.int64),
    ]
)
# A stop of a round, the leg that follows; the earliest departure, the latest arrival and the price
# of being late so far, while lunch is to come and when it is behind.
SEAT = np.dtype(
    [
        *((name, np.int32) for name in ("stop", "leg_s", "ready_s", "fed_ready_s")),
        *((name, np.int32) for name in ("limit_s", "fed_limit_s", "late_s", "fed_late_s")),
    ]
)
SUMS = np.dtype(
    [
        ("count", np.int32),
        ("drivable", np.int32),
        ("travel_s", np.int64),
        ("cost_s", np.int64),
        ("work_s", np.int64),
        ("load", np.int64),
        ("version", np.int64),
    ]
)
# A team's work, the most of it, the length of its shifts, and what a second more of it costs.
TEAM = np.dtype(
    [*((name, np.int64) for name in ("work_s", "most_s", "share_s")), ("slope", np.float64)]
)
# Where a candidate stands, in the round `owner` or -1 for none, and what it takes of its load.
SPOT = np.dtype([("owner", np.int32), ("seat", np.int32), ("load", np.int64)])


class Question(NamedTuple):
    """What does not change during a search.

    Parameters
    ----------
    travel : shape (2 profiles, stops, stops), from row to column, then from column to row
    hours : shape (rounds, n, 2 slots + 3), the stay, then earliest and latest starts up to a
        `NEVER`, and last what the visit costs beside the travel; where visits can be late, of
        shape (rounds, n, 3 slots + 3), with the starts from which they are before the last
    rounds : rows of `ROUND`
    price_s : shape (n,), what leaving a candidate out costs
    near : shape (n, k), the candidates nearest to each, itself first
    takers : shape (n, rounds + 1), the rounds that can visit each at all, up to a -1
    order : shape (n,), the locked order within a round, 0 for none
    uneven_permille : what a thousand seconds of work that would have to change hands cost
    beside : shape (n, k), beside whom each candidate is tried, or (n, 0) to try it everywhere
    """

    travel: Ints
    hours: Ints
    rounds: Rows
    price_s: IntArray
    near: Ints
    takers: Ints
    order: Ints
    uneven_permille: int
    beside: Ints


class Draft(NamedTuple):
    """A plan while it changes.

    `seats` (rounds, most + 2), `sums` (rounds,), `spots` (n,), and `teams` (teams,), empty where
    nobody asks how work falls on them.
    """

    seats: Rows
    sums: Rows
    spots: Rows
    teams: Rows


def question(board: Board, beside: Ints | None = None) -> Question:
    """Lay a board out for the search."""
    problem, vans = board.problem, board.problem.vehicles
    ends = sorted({node for van in vans for node in (van.start_node, van.end_node)})
    nodes = np.array([*problem.node.tolist(), *ends], dtype=np.int64)
    every = (problem.travel_s, *problem.other_travel_s)
    ways = [travel[np.ix_(nodes, nodes)].astype(np.int32) for travel in every]
    stop_of_end = {node: problem.size + number for number, node in enumerate(ends)}
    return Question(
        np.ascontiguousarray(np.stack([it for way in ways for it in (way, way.T)])),
        _hours(board),
        _rounds(board, stop_of_end),
        problem.penalty_s.astype(np.int64),
        _near(ways[0], problem.size),
        _takers(board),
        board.order.astype(np.int32),
        0 if problem.workload is None else problem.workload.uneven_permille,
        np.zeros((problem.size, 0), dtype=np.int32) if beside is None else beside,
    )


def _rounds(board: Board, stop_of_end: dict[int, int]) -> Rows:
    problem = board.problem
    rounds = np.zeros(len(problem.vehicles), dtype=ROUND).view(np.recarray)
    known: dict[tuple[object, ...], int] = {}
    for number, van in enumerate(problem.vehicles):
        lunch = van.lunch
        alike = (
            replace(van, team=0 if problem.workload is None else van.team, day=0),
            board.allowed[:, number].tobytes(),
            problem.service_s[:, number].tobytes(),
            board.moved_s[:, number].tobytes(),
        )
        rounds[number] = (
            stop_of_end[van.start_node],
            stop_of_end[van.end_node],
            van.start_s,
            van.end_s,
            *((0, 0, 0) if lunch is None else (lunch.earliest_s, lunch.latest_s, lunch.duration_s)),
            known.setdefault(alike, number),
            2 * van.profile,
            van.team,
            0 if board.late_after is None else problem.late_permille,
            NO_LIMIT if van.max_travel_s is None else van.max_travel_s,
            NO_LIMIT if van.most_load is None else van.most_load,
        )
    return rounds


def _hours(board: Board) -> Ints:
    problem = board.problem
    slots = board.opens.shape[1]
    end, late = 2 * slots + 1, board.late_after
    width = end + 2 if late is None else end + slots + 2
    hours = np.full((len(problem.vehicles), problem.size, width), NEVER, dtype=np.int32)
    hours[:, :, 0] = problem.service_s.T
    hours[:, :, 1:end:2] = board.opens.transpose(0, 2, 1)
    hours[:, :, 2:end:2] = board.closes.transpose(0, 2, 1)
    if late is not None:
        hours[:, :, end + 1 : -1] = late.transpose(0, 2, 1)
    hours[:, :, -1] = board.moved_s.T
    return hours


def _near(travel: Ints, size: int) -> Ints:
    if size == 0:
        return np.zeros((0, 0), dtype=np.int32)
    either = np.minimum(travel[:size, :size], travel[:size, :size].T).astype(np.int64)
    np.fill_diagonal(either, -1)
    count = min(NEAR, size)
    rows = np.argpartition(either, count - 1, axis=1)[:, :count]
    order = np.take_along_axis(either, rows, axis=1).argsort(axis=1, kind="stable")
    nearest: Ints = np.take_along_axis(rows, order, axis=1).astype(np.int32)
    return nearest


def _takers(board: Board) -> Ints:
    size, rounds = board.problem.size, len(board.problem.vehicles)
    takers = np.full((size, rounds + 1), -1, dtype=np.int32)
    able = board.opens[:, 0, :].T < NEVER
    for place in range(size):
        numbers = np.flatnonzero(able[place])
        takers[place, : len(numbers)] = numbers
    return takers


def draft(asked: Question, routes: Routes, problem: Problem) -> Draft:
    """Lay a drivable plan out for the search."""
    workload = problem.workload
    rounds, size = len(asked.rounds), len(asked.price_s)
    most = max(min(size, MOST_STOPS), max((len(route) for route in routes), default=0))
    made = Draft(
        np.zeros((rounds, most + 2), dtype=SEAT).view(np.recarray),
        np.zeros(rounds, dtype=SUMS).view(np.recarray),
        np.zeros(size, dtype=SPOT).view(np.recarray),
        np.zeros(0 if workload is None else len(workload.most_s), dtype=TEAM).view(np.recarray),
    )
    if workload is not None:
        made.teams["work_s"], made.teams["most_s"] = workload.done_s, workload.most_s
        made.teams["share_s"] = workload.share_s
    made.spots["owner"], made.spots["load"] = -1, 0 if problem.load is None else problem.load
    for number, route in enumerate(routes):
        ends = asked.rounds[number]
        made.seats["stop"][number, : len(route) + 2] = [ends.first, *route, ends.last]
        made.sums[number].count = len(route)
        refresh(asked, made, number)
    return made


@compiled
def earliest(hours: Ints, number: int, candidate: int, arrival: int) -> int:
    """Say when a visit can start after arriving, or `NEVER`."""
    best, slot = NEVER, 1
    while hours[number, candidate, slot] < NEVER:
        start = max(arrival, hours[number, candidate, slot])
        if start <= hours[number, candidate, slot + 1] and start < best:
            best = start
        slot += 2
    return best


@compiled
def latest(hours: Ints, number: int, candidate: int, limit: int) -> int:
    """Say the latest start at or before `limit`, or `-NEVER`."""
    best, slot = -NEVER, 1
    while hours[number, candidate, slot] < NEVER:
        start = min(limit, hours[number, candidate, slot + 1])
        if start >= hours[number, candidate, slot] and start > best:
            best = start
        slot += 2
    return best


@compiled
def refresh(asked: Question, plan: Draft, number: int) -> None:
    """Work out the clocks and sums of one round, and whether it can be driven."""
    look_ahead(asked.travel, asked.hours, asked.rounds, plan.seats, plan.sums, number)
    look_back(asked.hours, asked.rounds, plan.seats, plan.sums, number)
    count, load = plan.sums[number].count, 0
    for at in range(1, count + 1):
        stop = plan.seats[number, at].stop
        plan.spots[stop].owner = number
        plan.spots[stop].seat = at
        load += plan.spots[stop].load
    plan.sums[number].load = load
    it, sums = asked.rounds[number], plan.sums[number]
    if len(plan.teams) > 0:
        weigh(asked.hours, plan.seats, plan.sums, plan.teams, number, it.team)
    in_time = plan.seats[number, count + 1].fed_ready_s <= it.end_s
    sums.drivable = count == 0 or (in_time and sums.travel_s <= it.most_travel_s)


@compiled
def weigh(hours: Ints, seats: Rows, sums: Rows, teams: Rows, number: int, team: int) -> None:
    """Work out the travel and the visits of a round; its team works the difference more."""
    work_s = sums[number].travel_s
    for at in range(1, sums[number].count + 1):
        work_s += hours[number, seats[number, at].stop, 0]
    teams[team].work_s += work_s - sums[number].work_s
    sums[number].work_s = work_s


@compiled
def late_price(hours: Ints, number: int, candidate: int, start: int, permille: int) -> int:
    """Price how late a visit is that starts then."""
    slots = (hours.shape[2] - 3) // 3
    for slot in range(slots):
        first, last = hours[number, candidate, 1 + 2 * slot], hours[number, candidate, 2 + 2 * slot]
        if first <= start <= last:
            late = max(0, start - hours[number, candidate, 2 * slots + 2 + slot])
            return int(late * permille // 1000)
    return 0


@compiled
def look_ahead(
    travel: Ints, hours: Ints, rounds: Rows, seats: Rows, sums: Rows, number: int
) -> None:
    """Work out the earliest departures of a round and what it costs; last, its return."""
    it, count = rounds[number], sums[number].count
    ready, fed, total, moved, late, fed_late = it.start_s, NEVER, 0, 0, 0, 0
    if it.lunch_s == 0:
        ready, fed = NEVER, it.start_s
    for at in range(count + 2):
        seat = seats[number, at]
        if at > 0:
            leg = travel[it.way, seats[number, at - 1].stop, seat.stop]
            seats[number, at - 1].leg_s = leg
            total += leg
            fed += leg
            if it.lunch_s > 0 and ready <= it.lunch_until_s:
                eaten = max(ready + leg, it.lunch_from_s) + it.lunch_s
                if eaten < fed:
                    fed, fed_late = eaten, late
            ready += leg
        if 0 < at <= count:
            stay = hours[number, seat.stop, 0]
            moved += hours[number, seat.stop, hours.shape[2] - 1]
            ready = earliest(hours, number, seat.stop, ready)
            fed = earliest(hours, number, seat.stop, fed)
            if it.late_permille > 0:
                late += late_price(hours, number, seat.stop, ready, it.late_permille)
                fed_late += late_price(hours, number, seat.stop, fed, it.late_permille)
            ready, fed = ready + stay, fed + stay
        ready, fed = min(NEVER, ready), min(NEVER, fed)
        seat.ready_s, seat.fed_ready_s = ready, fed
        seat.late_s, seat.fed_late_s = late, fed_late
    sums[number].travel_s = total if count > 0 else 0
    sums[number].cost_s = sums[number].travel_s + moved + (fed_late if count > 0 else 0)


@compiled
def look_back(hours: Ints, rounds: Rows, seats: Rows, sums: Rows, number: int) -> None:
    """Work out the latest arrivals of a round, from its end."""
    it, count = rounds[number], sums[number].count
    limit, fed = -NEVER, it.end_s
    seats[number, count + 1].limit_s, seats[number, count + 1].fed_limit_s = limit, fed
    for at in range(count, 0, -1):
        seat = seats[number, at]
        stay = hours[number, seat.stop, 0]
        before = limit - seat.leg_s
        if it.lunch_s > 0 and it.lunch_from_s + it.lunch_s <= fed:
            before = max(before, min(fed - seat.leg_s - it.lunch_s, it.lunch_until_s))
        limit = latest(hours, number, seat.stop, before - stay)
        fed = latest(hours, number, seat.stop, fed - seat.leg_s - stay)
        seat.limit_s, seat.fed_limit_s = limit, fed


@compiled
def fits(
    travel: Ints, hours: Ints, rounds: Rows, seats: Rows, spot: tuple[int, int], candidate: int
) -> bool:
    """Say whether a candidate can be visited behind a seat of a round: `spot` names both."""
    number, at = spot
    seat, after = seats[number, at], seats[number, at + 1]
    it, stay = rounds[number], hours[number, candidate, 0]
    there = travel[it.way + 1, candidate, seat.stop]
    back = travel[it.way, candidate, after.stop]
    has_lunch = it.lunch_s > 0
    arrival = seat.fed_ready_s + there
    if has_lunch and seat.ready_s <= it.lunch_until_s:
        arrival = min(arrival, max(seat.ready_s + there, it.lunch_from_s) + it.lunch_s)
    if earliest(hours, number, candidate, arrival) + stay + back <= after.fed_limit_s:
        return True
    if not has_lunch:
        return False
    end = earliest(hours, number, candidate, seat.ready_s + there) + stay
    if end + back <= after.limit_s:
        return True
    eaten = max(end + back, it.lunch_from_s) + it.lunch_s
    return bool(end <= it.lunch_until_s and eaten <= after.fed_limit_s)
