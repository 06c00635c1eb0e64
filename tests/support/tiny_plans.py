"""Tiny planning problems with locks and all, answered by enumeration: no line of the planner."""

from dataclasses import replace
from math import inf

import numpy as np
from planning_cases import DAY, HOUR

from routing.domain.problem import (
    MAX_HORIZON_S,
    Lock,
    LunchBreak,
    Problem,
    Routes,
    Vehicle,
    must_penalty_s,
)


def random_problem(seed: int, most: int = 8, most_vehicles: int = 3) -> Problem:
    """Draw a problem: nobody, closed all week, windows of no length, impossible musts, locks."""
    random = np.random.default_rng(seed)
    n, v = int(random.integers(0, most + 1)), int(random.integers(1, most_vehicles + 1))
    spread = int(random.choice([600, 3000, 9000]))
    travel = [_travel(random, n + 2, spread) for _ in range(int(random.integers(1, 3)))]
    points = random.integers(0, 101, n).astype(np.float64)
    must = random.random(n) < 0.2
    value = (points * 60).astype(np.int64)
    stay = random.choice([0, 900, 2700, 7200, 20_000], (n, 1)) // random.integers(1, 4, (1, v))
    return Problem(
        travel_s=travel[0],
        other_travel_s=tuple(travel[1:]),
        node=np.arange(2, n + 2),
        points=points,
        penalty_s=np.where(must, must_penalty_s(value, travel[0]), value),
        must=must,
        service_s=stay,
        skilled=random.random((n, v)) < 0.85,
        in_sector=random.random((n, v)) < 0.9,
        windows=tuple(_windows(random) for _ in range(n)),
        due_s=random.choice([DAY, 2 * DAY, MAX_HORIZON_S], n),
        vehicles=tuple(_vehicle(random, number, len(travel)) for number in range(v)),
        locks=tuple(lock for place in range(n) if (lock := _lock(random, place, v)) is not None),
        moved_s=random.choice([0, 600], (n, v)) if random.random() < 0.3 else None,
    )


def _travel(random: np.random.Generator, nodes: int, spread: int) -> np.ndarray:
    where = random.integers(0, spread, (nodes, 2))
    away = np.ceil(np.hypot(*(where[:, None] - where[None, :]).transpose(2, 0, 1)))
    travel = away.astype(np.int64) + random.integers(0, 60, (nodes, nodes))
    np.fill_diagonal(travel, 0)
    return travel


def _windows(random: np.random.Generator) -> tuple[tuple[int, int], ...]:
    kind = random.integers(6)
    if kind == 0:
        return ()
    if kind == 1:
        moment = int(random.integers(8, 18)) * HOUR
        return ((moment, moment),)
    hours = {2: ((10, 11),), 3: ((9, 12), (14, 17))}.get(int(kind), ((8, 19),))
    return tuple((d * DAY + a * HOUR, d * DAY + b * HOUR) for d in range(3) for a, b in hours)


def _vehicle(random: np.random.Generator, number: int, profiles: int) -> Vehicle:
    day, team = number % 2, number // 2
    begin = day * DAY + int(random.choice([8, 9, 13])) * HOUR
    end = begin + int(random.choice([0, 3, 6, 8], p=[0.1, 0.2, 0.3, 0.4])) * HOUR
    noon = day * DAY + 12 * HOUR
    whole = begin <= noon and end >= noon + 7200
    lunch = LunchBreak(noon - 1800, noon + 3600, 2700) if whole else None
    most = None if random.random() < 0.7 else int(random.choice([0, 1800, 7200]))
    way = int(random.integers(profiles))
    return Vehicle(team, day, 0, int(random.integers(2)), begin, end, lunch, most, way)


def _lock(random: np.random.Generator, place: int, vehicles: int) -> Lock | None:
    if random.random() < 0.7:
        return None
    free = frozenset(np.flatnonzero(random.random(vehicles) < 0.6).tolist())
    start = int(random.integers(8, 40)) * HOUR if random.random() < 0.3 else None
    return Lock(place, free, start, int(random.integers(0, 3)) * (place + 1))


def without_locks(problem: Problem) -> Problem:
    """Free every candidate."""
    return replace(problem, locks=())


def cost_of_round(
    problem: Problem, vehicle: int, order: tuple[int, ...], *, relief_s: tuple[int, int] = (-1, 0)
) -> float:
    """Say what a round costs beside what it leaves out; infinite when it cannot be driven.

    `relief_s` is a candidate and the seconds by which its stay is imagined shorter.
    """
    van = problem.vehicles[vehicle]
    travel = (problem.travel_s, *problem.other_travel_s)[van.profile]
    locks = {lock.candidate: lock for lock in problem.locks}
    ranks = [locks[c].order for c in order if c in locks and locks[c].order > 0]
    if ranks != sorted(ranks) or not order:
        return inf if order else 0
    clocks = (float(van.start_s), inf) if van.lunch else (inf, float(van.start_s))
    here, driven, cost = van.start_node, 0, 0
    for candidate in order:
        leg = int(travel[here, problem.node[candidate]])
        relief = relief_s[1] if candidate == relief_s[0] else 0
        clocks = _visited(
            problem, vehicle, _moved(clocks, leg, van.lunch), candidate, relief=relief
        )
        here, driven = int(problem.node[candidate]), driven + leg
        cost += 0 if problem.moved_s is None else int(problem.moved_s[candidate, vehicle])
    leg = int(travel[here, van.end_node])
    driven += leg
    late = _moved(clocks, leg, van.lunch)[1] > van.end_s
    too_far = van.max_travel_s is not None and driven > van.max_travel_s
    return inf if late or too_far else driven + cost


def _moved(clocks: tuple[float, float], leg: int, lunch: LunchBreak | None) -> tuple[float, float]:
    hungry, fed = clocks[0] + leg, clocks[1] + leg
    if lunch is not None and clocks[0] <= lunch.latest_s:
        fed = min(fed, max(hungry, lunch.earliest_s) + lunch.duration_s)
    return hungry, fed


def _visited(
    problem: Problem,
    vehicle: int,
    clocks: tuple[float, float],
    candidate: int,
    *,
    relief: int,
) -> tuple[float, float]:
    if not (problem.skilled[candidate, vehicle] and problem.in_sector[candidate, vehicle]):
        return inf, inf
    lock = next((lock for lock in problem.locks if lock.candidate == candidate), None)
    if lock is not None and vehicle not in lock.vehicles:
        return inf, inf
    stay = max(0, int(problem.service_s[candidate, vehicle]) - relief)
    due = int(problem.due_s[candidate])
    ends = []
    for clock in clocks:
        starts = [max(clock, a) for a, b in problem.windows[candidate]]
        closes = [min(b, due) for _, b in problem.windows[candidate]]
        if lock is not None and lock.start_s is not None:
            at, opens = lock.start_s, [a for a, _ in problem.windows[candidate]]
            starts = [at if max(clock, a) <= at else inf for a in opens]
        ends.append(
            min(
                (
                    start + stay
                    for start, b in zip(starts, closes, strict=True)
                    if start + stay <= b
                ),
                default=inf,
            )
        )
    return ends[0], ends[1]


def best_cost(problem: Problem) -> int:
    """Find the lowest cost of any plan, by every order of every choice for every round."""
    full = (1 << problem.size) - 1
    best = [inf] * (full + 1)
    best[0] = 0
    for vehicle in range(len(problem.vehicles)):
        rounds = _rounds(problem, vehicle)
        after = list(best)
        for taken, cost in rounds.items():
            rest = full & ~taken
            part = rest
            while True:
                after[part | taken] = min(after[part | taken], best[part] + cost)
                if part == 0:
                    break
                part = (part - 1) & rest
        best = after
    penalties = [int(penalty) for penalty in problem.penalty_s]
    return int(
        min(
            cost + sum(p for i, p in enumerate(penalties) if not taken >> i & 1)
            for taken, cost in enumerate(best)
        )
    )


def _rounds(problem: Problem, vehicle: int) -> dict[int, float]:
    """Give the cheapest drivable round of each set of candidates, as bits."""
    found: dict[int, float] = {}
    alone = [c for c in range(problem.size) if _may_ever(problem, vehicle, c)]

    def extend(order: tuple[int, ...], taken: int) -> None:
        for candidate in alone:
            if taken >> candidate & 1:
                continue
            longer = (*order, candidate)
            cost = cost_of_round(problem, vehicle, longer)
            bits = taken | 1 << candidate
            if cost < found.get(bits, inf):
                found[bits] = cost
            # A late round stays late where more comes behind, unless the way home is the trouble.
            extend(longer, bits)

    extend((), 0)
    return found


def _may_ever(problem: Problem, vehicle: int, candidate: int) -> bool:
    locks = {lock.candidate: lock for lock in problem.locks}
    free = candidate not in locks or vehicle in locks[candidate].vehicles
    return bool(
        free
        and problem.skilled[candidate, vehicle]
        and problem.in_sector[candidate, vehicle]
        and problem.windows[candidate]
    )


def insertions(
    problem: Problem,
    routes: Routes,
    candidate: int,
    *,
    relief_s: int = 0,
    without: int | None = None,
) -> list[float]:
    """List what each drivable way to put a candidate into a plan would add to its cost."""
    found = []
    for vehicle, route in enumerate(routes):
        kept = [place for place in route if place != without]
        before = cost_of_round(problem, vehicle, tuple(kept))
        for at in range(len(kept) + 1):
            longer = (*kept[:at], candidate, *kept[at:])
            cost = cost_of_round(problem, vehicle, longer, relief_s=(candidate, relief_s))
            if cost < inf:
                found.append(cost - before)
    return found
