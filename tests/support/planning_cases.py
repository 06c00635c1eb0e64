"""Small planning problems, drawn or written by hand, and an exhaustive answer to them."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, permutations, product
from math import inf

import numpy as np
from hypothesis import strategies as st

from routing.domain.problem import (
    MAX_HORIZON_S,
    LunchBreak,
    Problem,
    Routes,
    Vehicle,
    must_penalty_s,
    objective_s,
)

HOUR = 3600
DAY = 86_400
OPEN = ((8 * HOUR, 18 * HOUR),)
LUNCH = LunchBreak(int(11.5 * HOUR), 14 * HOUR, 2700)


def line_problem(
    *,
    at_min: list[int],
    points: list[float],
    windows: list[tuple[tuple[int, int], ...]] | None = None,
    vehicles: tuple[Vehicle, ...] | None = None,
    service_min: int = 60,
    must: list[bool] | None = None,
    skilled: list[list[bool]] | None = None,
    in_sector: list[list[bool]] | None = None,
    due_s: list[int] | None = None,
) -> Problem:
    """Places along a road at `at_min` minutes from the base, which is node 0."""
    n = len(at_min)
    where = np.array([0, *at_min], dtype=np.int64) * 60
    travel = np.abs(where[:, None] - where[None, :])
    vans = (Vehicle(0, 0, 0, 0, 9 * HOUR, 17 * HOUR, LUNCH),) if vehicles is None else vehicles
    value = (np.array(points, dtype=np.float64) * 60).astype(np.int64)
    musts = np.array(must if must is not None else [False] * n, dtype=np.bool_)
    everyone = np.ones((n, len(vans)), dtype=np.bool_)
    return Problem(
        travel_s=travel,
        node=np.arange(1, n + 1),
        points=np.array(points, dtype=np.float64),
        penalty_s=np.where(musts, must_penalty_s(value, travel), value),
        must=musts,
        service_s=np.full((n, len(vans)), service_min * 60),
        skilled=everyone if skilled is None else np.array(skilled, dtype=np.bool_),
        in_sector=everyone if in_sector is None else np.array(in_sector, dtype=np.bool_),
        windows=tuple(windows if windows is not None else [OPEN] * n),
        due_s=np.array(due_s if due_s is not None else [MAX_HORIZON_S] * n, dtype=np.int64),
        vehicles=vans,
    )


def crowded_musts(*, count: int, musts: int) -> Problem:
    """Two teams, five days; each must-visit is open for two and a half hours of one day."""
    random = np.random.default_rng(2)
    where = random.integers(0, 2400, (count + 1, 2)).astype(np.float64)
    where[0] = 1200
    travel = np.ceil(np.hypot(*(where[:, None] - where[None, :]).transpose(2, 0, 1)))
    points = random.integers(20, 100, count)
    must = np.zeros(count, dtype=np.bool_)
    must[random.choice(count, musts, replace=False)] = True
    week = tuple((day * DAY + 9 * HOUR, day * DAY + 17 * HOUR) for day in range(5))
    windows = []
    for place in range(count):
        opens = int(random.integers(5)) * DAY + 9 * HOUR if must[place] else 0
        opens += int(random.integers(0, 5.5 * HOUR)) if must[place] else 0
        windows.append(((opens, opens + 9000),) if must[place] else week)
    vans = tuple(
        Vehicle(
            team, day, 0, 0, *week[day], LunchBreak(day * DAY + 41_400, day * DAY + 50_400, 2700)
        )
        for team in range(2)
        for day in range(5)
    )
    plain = line_problem(
        at_min=[1] * count, points=points.tolist(), windows=windows, vehicles=vans, service_min=45
    )
    value = plain.penalty_s
    travel_s = travel.astype(np.int64)
    penalty = np.where(must, must_penalty_s(value, travel_s), value)
    return replace(plain, travel_s=travel_s, must=must, penalty_s=penalty)


@st.composite
def problems(draw: st.DrawFn, most: int = 8, most_vehicles: int = 4) -> Problem:
    """Draw a problem: closed places, zero-length windows, impossible musts and all."""
    n = draw(st.integers(0, most))
    v = draw(st.integers(1, most_vehicles))
    seed = draw(st.integers(0, 10_000))
    random = np.random.default_rng(seed)
    spread = int(random.choice([600, 3000, 9000]))
    where = random.integers(0, spread, (n + 2, 2))
    travel = np.ceil(np.hypot(*(where[:, None] - where[None, :]).transpose(2, 0, 1)))
    travel = travel.astype(np.int64) + random.integers(0, 60, (n + 2, n + 2))
    np.fill_diagonal(travel, 0)
    points = random.integers(0, 101, n).astype(np.float64)
    must = random.random(n) < 0.2
    value = (points * 60).astype(np.int64)
    return Problem(
        travel_s=travel,
        node=np.arange(2, n + 2),
        points=points,
        penalty_s=np.where(must, must_penalty_s(value, travel), value),
        must=must,
        service_s=random.choice([0, 900, 2700, 7200, 20_000], (n, 1))
        // random.integers(1, 4, (1, v)),
        skilled=random.random((n, v)) < 0.8,
        in_sector=random.random((n, v)) < 0.9,
        windows=tuple(_windows(random) for _ in range(n)),
        due_s=random.choice([DAY, 2 * DAY, MAX_HORIZON_S], n),
        vehicles=tuple(_vehicle(random, number) for number in range(v)),
    )


def _windows(random: np.random.Generator) -> tuple[tuple[int, int], ...]:
    kind = random.integers(5)
    days = range(3)
    if kind == 0:
        return ()
    if kind == 1:
        moment = int(random.integers(8, 18)) * HOUR
        return ((moment, moment),)
    if kind == 2:
        return tuple((d * DAY + 10 * HOUR, d * DAY + 11 * HOUR) for d in days)
    halves = ((9, 12), (14, 17)) if kind == 3 else ((8, 19),)
    return tuple((d * DAY + a * HOUR, d * DAY + b * HOUR) for d in days for a, b in halves)


def _vehicle(random: np.random.Generator, number: int) -> Vehicle:
    day, team = number % 2, number // 2
    begin = day * DAY + int(random.choice([8, 9, 13])) * HOUR
    end = begin + int(random.choice([0, 3, 6, 8])) * HOUR
    noon = day * DAY + 12 * HOUR
    whole = begin <= noon and end >= noon + 7200
    lunch = LunchBreak(noon - 1800, noon + 3600, 2700) if whole else None
    most = None if random.random() < 0.7 else int(random.choice([0, 1800, 7200]))
    return Vehicle(team, day, 0, int(random.integers(2)), begin, end, lunch, most)


def best_by_trying_everything(problem: Problem) -> int:
    """Find the lowest objective by enumerating every plan of a tiny problem."""
    empty: Routes = [[] for _ in problem.vehicles]
    best = objective_s(problem, empty)
    for choice in product(range(-1, len(problem.vehicles)), repeat=problem.size):
        groups = [
            [i for i in range(problem.size) if choice[i] == v] for v in range(len(problem.vehicles))
        ]
        best = min(best, _cheapest(problem, groups))
    return best


def _cheapest(problem: Problem, groups: Routes) -> int:
    left = set(range(problem.size)) - {i for group in groups for i in group}
    cost = sum(int(problem.penalty_s[i]) for i in left)
    for vehicle, group in enumerate(groups):
        if not group:
            continue
        travels = [t for order in permutations(group) for t in _drives(problem, vehicle, order)]
        if not travels:
            return 10**12
        cost += min(travels)
    return cost


def _drives(problem: Problem, vehicle: int, order: tuple[int, ...]) -> Iterator[int]:
    """Yield the driving of an order once for every leg on which lunch can be taken."""
    van = problem.vehicles[vehicle]
    nodes = [van.start_node, *(int(problem.node[place]) for place in order), van.end_node]
    driven = sum(int(problem.travel_s[a, b]) for a, b in pairwise(nodes))
    most = MAX_HORIZON_S if van.max_travel_s is None else van.max_travel_s
    may = problem.skilled[list(order), vehicle] & problem.in_sector[list(order), vehicle]
    legs: tuple[int | None, ...] = (None,) if van.lunch is None else tuple(range(len(order) + 1))
    for lunch_leg in legs:
        home = _home_at(problem, vehicle, order, lunch_leg)
        if may.all() and home <= van.end_s and driven <= most:
            yield driven


def _home_at(
    problem: Problem, vehicle: int, order: tuple[int, ...], lunch_leg: int | None
) -> float:
    van = problem.vehicles[vehicle]
    clock, here = float(van.start_s), van.start_node
    for number, place in enumerate((*order, None)):
        node = van.end_node if place is None else int(problem.node[place])
        leg = int(problem.travel_s[here, node])
        if van.lunch is not None and number == lunch_leg:
            begin = max(clock, van.lunch.earliest_s)
            late = begin > van.lunch.latest_s
            clock = inf if late else max(clock + leg, begin) + van.lunch.duration_s
        else:
            clock += leg
        if place is not None:
            stay, due = int(problem.service_s[place, vehicle]), int(problem.due_s[place])
            starts = [
                max(clock, a)
                for a, b in problem.windows[place]
                if max(clock, a) + stay <= min(b, due)
            ]
            clock = min(starts, default=inf) + stay
        here = node
    return clock
