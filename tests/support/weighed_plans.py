"""Problems in which the work of teams and loads count, and visits can be late."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations, product

import numpy as np

from routing.domain.board import Board
from routing.domain.problem import Problem, Routes
from routing.domain.schedule import feasible
from routing.domain.workload import NO_CAP_S, Workload


def weighed(problem: Problem, seed: int, *, capped: float = 0.5) -> Problem:
    """Draw limits of work and load, a price of unevenness, and hours after which all is late."""
    random = np.random.default_rng(seed)
    teams = max(van.team for van in problem.vehicles) + 1
    share = np.zeros(teams, dtype=np.int64)
    for van in problem.vehicles:
        share[van.team] += van.end_s - van.start_s
    caps = random.choice([0, 3600, 9000, 20_000], teams)
    workload = Workload(
        np.where(random.random(teams) < capped, caps, NO_CAP_S),
        random.choice([0, 0, 1800], teams),
        share,
        int(random.choice([0, 250, 1000])),
    )
    late = tuple(
        tuple(int(random.integers(opens, closes + 1)) for opens, closes in windows)
        for windows in problem.windows
    )
    permille = int(random.choice([100, 500, 3000]))
    vans = tuple(
        replace(van, most_load=int(random.choice([2, 5])) if random.random() < 0.3 else None)
        for van in problem.vehicles
    )
    load = random.integers(0, 4, problem.size)
    return replace(
        problem,
        workload=workload,
        late_after_s=late,
        late_permille=permille,
        vehicles=vans,
        load=load,
    )


def every_plan(board: Board) -> Iterator[Routes]:
    """Yield each plan of drivable rounds, whatever the teams may work in all."""
    size, rounds = board.problem.size, range(len(board.problem.vehicles))
    for choice in product((-1, *rounds), repeat=size):
        groups = [[place for place in range(size) if choice[place] == v] for v in rounds]
        orders = [
            [list(order) for order in permutations(group) if feasible(board, v, list(order))]
            for v, group in enumerate(groups)
        ]
        yield from (list(routes) for routes in product(*orders))
