"""Better plans from a plan: drop what does not pay, then ruin a neighbourhood and rebuild it."""

import math
import time
from collections.abc import Callable

import numpy as np

from routing.domain.board import Board
from routing.domain.greedy import Insertions, fill
from routing.domain.problem import Routes, objective_s, route_travel_s
from routing.domain.schedule import feasible

# A search that found nothing for so many rounds per place ends before its time: a plan of five
# places is settled in half a second.
IDLE_PER_PLACE = 300
# Share of the objective a worse plan may cost and still be built on, at the start. Must-visits
# left out count there with the least they may cost: at their price, which is above that of all
# the others together, one alone would make every plan acceptable.
WARMTH = 0.0003
OPTIMISM = (1.0, 1.0, 1.5, 3.0)


def sweep(board: Board, routes: Routes, deadline: float = math.inf) -> Routes:
    """Remove every visit that does not pay for its detour, insert every place that does.

    Nothing more is inserted after a moment of `time.monotonic()`.
    """
    kept = [_without_unprofitable(board, vehicle, route) for vehicle, route in enumerate(routes)]
    insertions = Insertions(board, kept)
    fill(insertions, deadline=deadline)
    return insertions.routes


def ruin_and_recreate(
    board: Board,
    routes: Routes,
    *,
    deadline: float,
    seed: int,
    on_better: Callable[[Routes, int], None],
) -> Routes:
    """Search around a plan until a moment of `time.monotonic()`, or until nothing moves.

    Stretches of a few neighbouring rounds are emptied and refilled in a shuffled order; a worse
    plan is sometimes kept, less and less (annealing). Never returns a worse plan than it was given.
    """
    best, best_cost = routes, objective_s(board.problem, routes)
    if not board.allowed.any():
        return best
    random = np.random.default_rng(seed)
    current, cost = Insertions(board, routes), best_cost
    warmth_s = WARMTH * current.tempered_cost_s()
    begun, idle = time.monotonic(), 0
    patience = IDLE_PER_PLACE * (board.problem.size + 1)
    while (now := time.monotonic()) < deadline and idle < patience:
        _ruin(current, random)
        optimism = float(random.choice(OPTIMISM))
        fill(current, random.uniform(0.6, 1.4, board.problem.size), optimism)
        if optimism > 1.0:
            _drop_unprofitable(current)
            fill(current)
        found = current.cost_s()
        idle += 1
        left = (deadline - now) / (deadline - begun)
        if found >= cost + warmth_s * left * -math.log(1.0 - random.random()):
            current.undo()
            continue
        current.keep()
        cost = found
        if found < best_cost:
            best, best_cost, idle = [list(route) for route in current.routes], found, 0
            warmth_s = WARMTH * current.tempered_cost_s()
            on_better(best, best_cost)
    return best


def _ruin(current: Insertions, random: np.random.Generator) -> None:
    """Empty short stretches of the rounds nearest to a place drawn at random."""
    problem = current.board.problem
    seed_place = int(random.integers(problem.size))
    near = problem.travel_s[problem.node[seed_place], problem.node]
    reach, changed = int(random.integers(1, 5)), set[int]()
    owner = {candidate: v for v, route in enumerate(current.routes) for candidate in route}
    for candidate in np.argsort(near, kind="stable").tolist():
        vehicle = owner.get(candidate)
        if vehicle is None or vehicle in changed:
            continue
        route = current.routes[vehicle]
        length = int(random.integers(1, min(len(route), 6) + 1))
        at = route.index(candidate)
        first = int(random.integers(max(0, at - length + 1), min(at, len(route) - length) + 1))
        shorter = route[:first] + route[first + length :]
        if feasible(current.board, vehicle, shorter):
            current.replace(vehicle, shorter)
            changed.add(vehicle)
        if len(changed) >= reach:
            break


def _drop_unprofitable(current: Insertions) -> None:
    for vehicle in current.changed:
        route = current.routes[vehicle]
        kept = _without_unprofitable(current.board, vehicle, route)
        if len(kept) < len(route):
            current.replace(vehicle, kept)


def _without_unprofitable(board: Board, vehicle: int, route: list[int]) -> list[int]:
    kept, at = list(route), 0
    while at < len(kept):
        shorter = kept[:at] + kept[at + 1 :]
        saved = route_travel_s(board.problem, vehicle, kept) - route_travel_s(
            board.problem, vehicle, shorter
        )
        pays = saved < board.problem.penalty_s[kept[at]]
        if pays or not feasible(board, vehicle, shorter):
            at += 1
        else:
            kept, at = shorter, 0
    return kept
