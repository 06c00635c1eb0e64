"""PyVRP as another opinion: fast local search on day-relative copies of the places.

PyVRP knows one window per client and no skills. A place is therefore one copy per distinct
opening of the day, mutually exclusive, and every team and day with its own closed places is a
routing profile in which they lie out of reach. Lunch is cut from the shift.
"""

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyvrp
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.IteratedLocalSearch import IteratedLocalSearchCallbacks, IteratedLocalSearchParams
from pyvrp.stop import MaxRuntime, MultipleCriteria, NoImprovement, StoppingCriterion

from routing.domain.board import Board, without_lunch
from routing.domain.improve import Until
from routing.domain.problem import UNREACHABLE_S, BoolArray, IntArray, Problem, Routes
from routing.domain.schedule import keep_feasible, schedule

DAY_S = 86_400
# 64-bit cells of all matrices together: about half a gigabyte.
MOST_CELLS = 60_000_000
IDLE_ITERATIONS = 20_000
# PyVRP takes a seed of 32 bits.
SEEDS = 2**32


@dataclass(frozen=True, slots=True)
class Copy:
    """One opening of a place, seconds of the day, and the days that have it."""

    place: int
    open_s: int
    close_s: int
    days: frozenset[int]


class _Progress(IteratedLocalSearchCallbacks):
    def __init__(self, on_better: Callable[[int], None]) -> None:
        self._on_better = on_better

    def on_best(self, best: pyvrp.Solution) -> None:
        self._on_better(best.distance() + best.uncollected_prizes())


def solve_with_pyvrp(
    board: Board,
    routes: Routes,
    *,
    until: Until,
    seed: int,
    on_better: Callable[[int], None],
) -> Routes | None:
    """Improve a plan until it is time; `None` when it is too large.

    The answer is drivable, lunch included: visits that do not fit around it are dropped.
    """
    copies = copies_of(board)
    profiles = _profiles(board)
    depots = sorted({n for van in board.problem.vehicles for n in (van.start_node, van.end_node)})
    cells = 2 * len(set(profiles)) * (len(copies) + len(depots)) ** 2
    if not copies or cells > MOST_CELLS:
        return None
    data = _problem_data(board, copies, depots, profiles)
    lunchless = without_lunch(board)
    start = _start(lunchless, data, copies, keep_feasible(lunchless, routes))
    stop = MultipleCriteria(
        [
            MaxRuntime(max(0.0, until.deadline - time.monotonic())),
            NoImprovement(IDLE_ITERATIONS),
            lambda _best_cost: until.stopped(),
        ]
    )
    search = IteratedLocalSearchParams(callbacks=_Progress(on_better))
    params = pyvrp.SolveParams(ils=search)
    result = _solve(data, stop, seed, params=params, start=start)
    return keep_feasible(board, _routes_of(board, result.best, copies))


def open_prize_collecting(
    data: pyvrp.ProblemData, *, time_limit_s: float, seed: int, raised: int = 1
) -> Routes:
    """Begin a plan for an instance of PyVRP's own, from nobody visited, as if prizes were higher.

    A search closes a round more easily than it opens one that only pays when it is long.
    """
    dearer = data.replace(clients=[_raised(client, raised) for client in data.clients()])
    stop, nobody = MaxRuntime(time_limit_s), pyvrp.Solution(dearer, [])
    result = _solve(dearer, stop, seed, params=pyvrp.SolveParams(), start=nobody)
    return [
        [stop.idx for stop in route.schedule() if stop.is_client()]
        for route in result.best.routes()
    ]


def _raised(client: pyvrp.Client, times: int) -> pyvrp.Client:
    return pyvrp.Client(
        client.location,
        client.delivery,
        client.pickup,
        client.service_duration,
        client.tw_early,
        client.tw_late,
        client.release_time,
        times * client.prize,
        client.required,
    )


def _solve(
    data: pyvrp.ProblemData,
    stop: StoppingCriterion,
    seed: int,
    *,
    params: pyvrp.SolveParams,
    start: pyvrp.Solution,
) -> pyvrp.Result:
    with warnings.catch_warnings():
        # It warns that feasible plans are hard to find: there always is one, the start.
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        return pyvrp.solve(
            data, stop, seed % SEEDS, collect_stats=False, params=params, initial_solution=start
        )


def copies_of(board: Board) -> list[Copy]:
    """List the distinct openings of every place somebody can visit."""
    problem = board.problem
    served = np.zeros(problem.size, dtype=np.bool_)
    for takers in board.takers:
        served[takers] = True
    bases = sorted({van.day for van in problem.vehicles})
    found: dict[tuple[int, int, int], set[int]] = {}
    for place in np.flatnonzero(served).tolist():
        stay = int(problem.service_s[place, board.allowed[place]].max())
        for open_s, close_s in problem.windows[place]:
            last = min(close_s, int(problem.due_s[place])) - stay
            for day in bases:
                first = max(open_s - day * DAY_S, 0)
                latest = min(last - day * DAY_S, 2 * DAY_S)
                if first <= latest and first < DAY_S:
                    found.setdefault((place, first, latest), set()).add(day)
    return [Copy(*key, frozenset(days)) for key, days in found.items()]


def _profiles(board: Board) -> list[tuple[int, bytes, bytes]]:
    """Name for each vehicle its profile: the day, who may be visited, how long it takes."""
    problem = board.problem
    return [
        (van.day, board.allowed[:, v].tobytes(), problem.service_s[:, v].tobytes())
        for v, van in enumerate(problem.vehicles)
    ]


def _problem_data(
    board: Board,
    copies: list[Copy],
    depots: list[int],
    profiles: list[tuple[int, bytes, bytes]],
) -> pyvrp.ProblemData:
    problem = board.problem
    place = np.array([copy.place for copy in copies])
    quickest = problem.service_s.min(axis=1)
    clients, groups = _clients(problem, copies, quickest, len(depots))
    distinct = {key: profiles.index(key) for key in profiles}
    order = {key: number for number, key in enumerate(distinct)}
    nodes = np.array([*depots, *problem.node[place].tolist()])
    travel = problem.travel_s[np.ix_(nodes, nodes)]
    np.fill_diagonal(travel, 0)
    distances, durations = [], []
    for (day, _, _), vehicle in distinct.items():
        shut = ~board.allowed[place, vehicle] | np.array([day not in c.days for c in copies])
        slower = problem.service_s[place, vehicle] - quickest[place]
        distances.append(_distances(problem, travel, shut, len(depots)))
        duration = np.minimum(travel, 4 * DAY_S)
        duration[len(depots) :] += slower[:, None]
        np.fill_diagonal(duration, 0)
        durations.append(duration)
    types = [_vehicle_type(problem, v, depots, order[key]) for v, key in enumerate(profiles)]
    return pyvrp.ProblemData(
        [pyvrp.Location(0, 0) for _ in nodes],
        clients,
        [pyvrp.Depot(number) for number in range(len(depots))],
        types,
        # The stubs write the shape of an array as `int`, which no array has.
        distances,  # type: ignore[arg-type]
        durations,
        groups,
    )


def _distances(problem: Problem, travel: IntArray, shut: BoolArray, depots: int) -> IntArray:
    # Dearer than any penalty, so never driven; far from the overflow of a sum of hundreds.
    wall = max(5_000_000, 4 * int(problem.penalty_s.max(initial=0)))
    distance = np.where(travel >= UNREACHABLE_S, wall, travel)
    distance[:, depots:][:, shut] = wall
    np.fill_diagonal(distance, 0)
    return distance


def _clients(
    problem: Problem, copies: list[Copy], quickest: IntArray, depots: int
) -> tuple[list[pyvrp.Client], list[pyvrp.ClientGroup]]:
    of_place: dict[int, list[int]] = {}
    for number, copy in enumerate(copies):
        of_place.setdefault(copy.place, []).append(number)
    shared = {place: ids for place, ids in of_place.items() if len(ids) > 1}
    group = {place: number for number, place in enumerate(shared)}
    clients = [
        pyvrp.Client(
            depots + number,
            service_duration=int(quickest[copy.place]),
            tw_early=copy.open_s,
            tw_late=copy.close_s,
            prize=int(problem.penalty_s[copy.place]),
            required=False,
            group=group.get(copy.place),
        )
        for number, copy in enumerate(copies)
    ]
    return clients, [pyvrp.ClientGroup(ids, required=False) for ids in shared.values()]


def _vehicle_type(
    problem: Problem, vehicle: int, depots: list[int], profile: int
) -> pyvrp.VehicleType:
    van = problem.vehicles[vehicle]
    base = van.day * DAY_S
    lunch = van.lunch.duration_s if van.lunch else 0
    first = max(0, van.start_s - base)
    most = UNREACHABLE_S if van.max_travel_s is None else van.max_travel_s
    return pyvrp.VehicleType(
        1,
        start_depot=depots.index(van.start_node),
        end_depot=depots.index(van.end_node),
        tw_early=first,
        tw_late=max(first, van.end_s - base - lunch),
        profile=profile,
        max_distance=most,
    )


def _start(
    board: Board, data: pyvrp.ProblemData, copies: list[Copy], routes: Routes
) -> pyvrp.Solution:
    by_place: dict[int, list[int]] = {}
    for number, copy in enumerate(copies):
        by_place.setdefault(copy.place, []).append(number)
    driven = []
    for vehicle, route in enumerate(routes):
        if not route:
            continue
        base = board.problem.vehicles[vehicle].day * DAY_S
        visits = []
        for visit in schedule(board, vehicle, route).visits:
            at = visit.start_s - base
            fitting = [
                number
                for number in by_place.get(visit.candidate, [])
                if copies[number].open_s <= at <= copies[number].close_s
            ]
            visits.extend(fitting[:1])
        driven.append(pyvrp.Route(data, visits, vehicle))
    return pyvrp.Solution(data, driven)


def _routes_of(board: Board, best: pyvrp.Solution, copies: list[Copy]) -> Routes:
    routes: Routes = [[] for _ in board.problem.vehicles]
    for route in best.routes():
        routes[route.vehicle_type()] = [
            copies[stop.idx].place for stop in route.schedule() if stop.is_client()
        ]
    return routes
