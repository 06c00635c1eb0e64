"""Better plans from a plan: drop what does not pay, then ruin a neighbourhood and rebuild it."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from routing.domain.board import Board, make_board
from routing.domain.greedy import Insertions, fill
from routing.domain.insertion import insertion_costs
from routing.domain.lateness import cost_s
from routing.domain.problem import Problem, Routes, Vehicle, route_travel_s, work_of
from routing.domain.schedule import feasible
from routing.domain.search import cost_of, search
from routing.domain.search_beside import beside_of
from routing.domain.search_board import draft, question
from routing.domain.search_room import best_routes, scratch

# A search that found nothing for so many steps per place ends before its time: a plan of five
# places is settled in half a second.
IDLE_PER_PLACE = 4000
# What a worse plan may cost and still be built on, in prices of a usual candidate: at the start
# and at the end. Long rounds need more: much of one has to move before anything is gained.
HOT, COLD = 0.15, 0.008
HOT_LONG, HOT_ALONE = 1.0, 0.3
# A round that is alone has nothing to change with: it is cold after so many steps per place.
ALONE_STEPS = 60
IDLE_TRIES = IDLE_PER_PLACE // ALONE_STEPS
SEED_APART = 101
USUAL_PRICE_S = 3000.0
# Between two looks at the clock; the first steps tell how many fit.
LISTEN_EVERY_S, FIRST_STEPS, STEPS_AT_ONCE = 0.05, 20, 1000


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Until:
    """When a search ends: at a moment of `time.monotonic()`, after so many steps, or when told.

    Where steps are counted, the same seed gives the same plan.
    """

    deadline: float = math.inf
    most_steps: int | None = None
    stopped: Callable[[], bool] = _never


def sweep(board: Board, routes: Routes, deadline: float = math.inf) -> Routes:
    """Remove every visit that does not pay for its detour, insert every place that does.

    Nothing more is inserted after a moment of `time.monotonic()`.
    """
    kept = [_without_unprofitable(board, vehicle, route) for vehicle, route in enumerate(routes)]
    insertions = Insertions(board, kept)
    fill(insertions, deadline=deadline)
    if board.problem.workload is not None:
        _fill_exactly(board, insertions.routes, deadline)
    return insertions.routes


def _fill_exactly(board: Board, routes: Routes, deadline: float) -> None:
    """Insert what pays at another position than its cheapest: there its team works less."""
    penalty_s = board.problem.penalty_s
    while time.monotonic() < deadline:
        visited = {place for route in routes for place in route}
        absent = np.array([it for it in range(len(penalty_s)) if it not in visited], dtype=np.int64)
        work_s, best = work_of(board.problem, routes), (0, 0, 0, 0)
        for vehicle, route in enumerate(routes):
            costs = insertion_costs(board, vehicle, route, candidates=absent, work_s=work_s)
            gain = penalty_s[absent][:, None] - costs
            if gain.size and gain.max() > best[0]:
                place, at = divmod(int(gain.argmax()), gain.shape[1])
                best = (int(gain.max()), vehicle, at, int(absent[place]))
        gained, vehicle, at, place = best
        if gained == 0:
            return
        routes[vehicle].insert(at, place)


def ruin_and_recreate(
    board: Board,
    routes: Routes,
    *,
    until: Until,
    seed: int,
    on_better: Callable[[Routes, int], None],
) -> Routes:
    """Search around a plan until it is time, or until nothing moves.

    Worse plans are built on with a chance that falls as the time passes (annealing). Never
    returns a worse plan than it was given.
    """
    if not board.allowed.any():
        return routes
    beside = beside_of(board, routes)
    asked, hot = question(board, beside), _heat(board, is_long=beside is not None)
    plan = draft(asked, routes, board.problem)
    room = scratch(asked, plan, seed)
    best = begun_with = int(cost_of(asked, plan))
    unit_s = _usual_price_s(board)
    steps, idle, done, begun = FIRST_STEPS, 0, 0, time.monotonic()
    patience = IDLE_PER_PLACE * (board.problem.size + 1)
    while (used := _used(done, begun, until)) < 1 and idle < patience:
        warmth_s = unit_s * hot * (COLD / hot) ** used
        if until.most_steps is not None:
            steps = min(STEPS_AT_ONCE, until.most_steps - done)
        began = time.monotonic()
        found = int(search(asked, plan, room, steps, warmth_s, best))
        done, idle = done + steps, idle + steps
        if found < best:
            best, idle = found, 0
            on_better(best_routes(room), best)
        took = max(time.monotonic() - began, LISTEN_EVERY_S / 8)
        steps = max(FIRST_STEPS, int(steps * LISTEN_EVERY_S / took))
    return best_routes(room) if best < begun_with else routes


def search_from_start(
    board: Board,
    start: Routes,
    *,
    until: Until,
    seed: int,
    on_better: Callable[[Routes, int], None],
) -> Routes:
    """Search for a plan of one round time after time from the same plan; give the best.

    One search of one round is cold within a second, and chance has decided much by then.
    """
    best, cost = start, cost_s(board, start)
    steps = ALONE_STEPS * (board.problem.size + 1)
    left, idle = math.inf if until.most_steps is None else until.most_steps, 0
    while left > 0 and idle < IDLE_TRIES and not _is_over(until):
        once = Until(until.deadline, int(min(steps, left)), until.stopped)
        found = ruin_and_recreate(board, start, until=once, seed=seed, on_better=on_better)
        left, seed, idle = left - steps, seed + SEED_APART, idle + 1
        if (now := cost_s(board, found)) < cost:
            best, cost, idle = found, now, 0
    return best


def load_search() -> None:
    """Have the search in machine code: from the disk, or compiled now, once per installation.

    Compiling takes some 15 seconds of processor; whoever plans against the clock calls this first.
    """
    one, nobody = np.zeros((1, 1), dtype=np.int64), np.zeros(1, dtype=np.int64)
    anybody = np.ones((1, 1), dtype=np.bool_)
    problem = Problem(
        travel_s=one,
        node=nobody,
        points=np.zeros(1),
        penalty_s=nobody,
        must=np.zeros(1, dtype=np.bool_),
        service_s=one,
        skilled=anybody,
        in_sector=anybody,
        windows=(((0, 1),),),
        due_s=nobody + 1,
        vehicles=(Vehicle(0, 0, 0, 0, 0, 1),),
    )
    ruin_and_recreate(
        make_board(problem),
        [[]],
        until=Until(most_steps=1),
        seed=0,
        on_better=lambda _routes, _cost: None,
    )


def _used(done: int, begun: float, until: Until) -> float:
    """Give the share of the search that is over."""
    if _is_over(until):
        return 1.0
    if until.most_steps is None:
        return (time.monotonic() - begun) / (until.deadline - begun)
    return done / until.most_steps


def _is_over(until: Until) -> bool:
    return time.monotonic() >= until.deadline or until.stopped()


def _heat(board: Board, *, is_long: bool) -> float:
    if is_long:
        return HOT_LONG
    return HOT_ALONE if len(board.problem.vehicles) == 1 else HOT


def _usual_price_s(board: Board) -> float:
    """Give the price of a usual optional candidate; where all are musts, some driving."""
    problem = board.problem
    optional = problem.penalty_s[~problem.must & (problem.penalty_s > 0)]
    return float(np.median(optional)) if optional.size else USUAL_PRICE_S


def _without_unprofitable(board: Board, vehicle: int, route: list[int]) -> list[int]:
    kept, at = list(route), 0
    while at < len(kept):
        shorter = kept[:at] + kept[at + 1 :]
        saved = route_travel_s(board.problem, vehicle, kept) - route_travel_s(
            board.problem, vehicle, shorter
        )
        saved += int(board.moved_s[kept[at], vehicle])
        pays = saved < board.problem.penalty_s[kept[at]]
        if pays or not feasible(board, vehicle, shorter):
            at += 1
        else:
            kept, at = shorter, 0
    return kept
