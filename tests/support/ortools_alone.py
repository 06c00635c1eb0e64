"""OR-Tools as a second opinion: the same problem in whole minutes, lunch cut from the shift.

Seconds over several days made the holes of the opening hours cost 3.4 s of processor for 300
places; in minutes they cost nothing. Times are rounded up and hours inwards, so what this model
accepts the exact schedule accepts too, lunch apart.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from ortools.constraint_solver.pywrapcp import Assignment, RoutingIndexManager, RoutingModel

from routing.domain.board import NEVER, Board
from routing.domain.problem import UNREACHABLE_S, IntArray, Problem, Routes
from routing.domain.schedule import keep_feasible

MINUTE = 60
HORIZON_MIN = 31 * 1440
# Building the model takes about that long; less is no search.
WORTH_STARTING_S = 0.3


@dataclass(frozen=True, slots=True)
class MinuteModel:
    """The problem as OR-Tools sees it.

    Parameters
    ----------
    places : candidate of each model node after the depots
    travel_s : shape (nodes, nodes), depots first
    spans : per vehicle, first and last minute
    starts : per place, the ranges of minutes in which a visit may start
    stay_s : shape (nodes, vehicles), 0 at the depots
    """

    problem: Problem
    places: tuple[int, ...]
    depots: tuple[int, ...]
    travel_s: IntArray
    stay_s: IntArray
    spans: tuple[tuple[int, int], ...]
    starts: tuple[tuple[tuple[int, int], ...], ...]

    def step_min(self, vehicle: int) -> IntArray:
        """Give the minutes from the start of one visit to the arrival at the next, rounded up."""
        seconds = self.travel_s + self.stay_s[:, vehicle][:, None]
        minutes: IntArray = np.minimum(-(-seconds // MINUTE), HORIZON_MIN)
        return minutes


def solve_with_ortools(
    board: Board,
    routes: Routes,
    *,
    deadline: float,
    on_better: Callable[[int], None],
) -> Routes | None:
    """Improve a plan until a moment of `time.monotonic()`; `None` when nothing was found.

    The answer is drivable: visits that do not fit around lunch are dropped. The interpreter is
    held for the whole of the search, apart from `on_better` (called with each plan's cost).
    """
    model = minute_model(board)
    left_s = deadline - time.monotonic()
    if not model.places or left_s < WORTH_STARTING_S:
        return None
    vans = board.problem.vehicles
    manager = pywrapcp.RoutingIndexManager(
        len(model.travel_s),
        len(vans),
        [model.depots.index(van.start_node) for van in vans],
        [model.depots.index(van.end_node) for van in vans],
    )
    routing = pywrapcp.RoutingModel(manager)
    _add_costs(routing, manager, model)
    _add_hours(routing, manager, model)
    _add_teams(routing, manager, board, model)
    routing.AddAtSolutionCallback(lambda: on_better(int(routing.CostVar().Max())))
    start = fit_minutes(model, board, routes)
    answer = _run(routing, manager, model, (start, deadline))
    return (
        None
        if answer is None
        else keep_feasible(board, _routes_of(routing, manager, model, answer))
    )


def minute_model(board: Board) -> MinuteModel:
    """Translate a problem into minutes; places nobody can visit are not part of it."""
    problem = board.problem
    depots = sorted({node for van in problem.vehicles for node in (van.start_node, van.end_node)})
    starts = {place: _starts(board, place) for place in range(problem.size)}
    places = tuple(place for place, ranges in starts.items() if ranges)
    nodes = np.array([*depots, *problem.node[list(places)].tolist()], dtype=np.int64)
    stay = np.zeros((len(nodes), len(problem.vehicles)), dtype=np.int64)
    stay[len(depots) :] = problem.service_s[list(places)]
    spans = tuple(
        (
            -(-van.start_s // MINUTE),
            (van.end_s - (van.lunch.duration_s if van.lunch else 0)) // MINUTE,
        )
        for van in problem.vehicles
    )
    return MinuteModel(
        problem,
        places,
        tuple(depots),
        np.minimum(problem.travel_s[np.ix_(nodes, nodes)], UNREACHABLE_S),
        stay,
        spans,
        tuple(starts[place] for place in places),
    )


def _starts(board: Board, place: int) -> tuple[tuple[int, int], ...]:
    problem = board.problem
    takers = np.flatnonzero(board.opens[:, 0, place] < NEVER)
    if not takers.size:
        return ()
    stay = int(problem.service_s[place, takers].max())
    due = int(problem.due_s[place])
    ranges = [
        (-(-open_s // MINUTE), (min(close_s, due) - stay) // MINUTE)
        for open_s, close_s in problem.windows[place]
    ]
    return tuple((first, last) for first, last in ranges if first <= last)


def fit_minutes(model: MinuteModel, board: Board, routes: Routes) -> Routes:
    """Keep of a plan what the minute model accepts, to start from."""
    number = {place: len(model.depots) + at for at, place in enumerate(model.places)}
    kept: Routes = []
    for vehicle, route in enumerate(routes):
        van, known = board.problem.vehicles[vehicle], [p for p in route if p in number]
        kept.append([])
        if not known:
            continue
        step = model.step_min(vehicle)
        home = model.depots.index(van.end_node)
        here, clock = model.depots.index(van.start_node), model.spans[vehicle][0]
        for place in known:
            arrival = clock + int(step[here, number[place]])
            ranges = model.starts[number[place] - len(model.depots)]
            times = [max(arrival, a) for a, b in ranges if max(arrival, a) <= b]
            if times and times[0] + step[number[place], home] <= model.spans[vehicle][1]:
                here, clock = number[place], times[0]
                kept[-1].append(place)
    return kept


def _add_costs(routing: RoutingModel, manager: RoutingIndexManager, model: MinuteModel) -> None:
    travel = routing.RegisterTransitMatrix(model.travel_s.tolist())
    routing.SetArcCostEvaluatorOfAllVehicles(travel)
    for at, place in enumerate(model.places):
        index = manager.NodeToIndex(len(model.depots) + at)
        routing.AddDisjunction([index], int(model.problem.penalty_s[place]))
    limits = [van.max_travel_s for van in model.problem.vehicles]
    if any(limit is not None for limit in limits):
        most = [UNREACHABLE_S if limit is None else limit for limit in limits]
        routing.AddDimensionWithVehicleCapacity(travel, 0, most, True, "travel")


def _add_hours(routing: RoutingModel, manager: RoutingIndexManager, model: MinuteModel) -> None:
    evaluators: dict[bytes, int] = {}
    chosen = []
    for vehicle in range(len(model.problem.vehicles)):
        key = model.stay_s[:, vehicle].tobytes()
        if key not in evaluators:
            evaluators[key] = routing.RegisterTransitMatrix(model.step_min(vehicle).tolist())
        chosen.append(evaluators[key])
    routing.AddDimensionWithVehicleTransits(chosen, HORIZON_MIN, HORIZON_MIN, False, "time")
    clock = routing.GetDimensionOrDie("time")
    for vehicle, (first, last) in enumerate(model.spans):
        if first <= last:
            clock.CumulVar(routing.Start(vehicle)).SetRange(first, last)
            clock.CumulVar(routing.End(vehicle)).SetRange(first, last)
    for at, ranges in enumerate(model.starts):
        start = clock.CumulVar(manager.NodeToIndex(len(model.depots) + at))
        start.SetRange(ranges[0][0], ranges[-1][1])
        for (_, shut), (reopen, _) in pairwise(ranges):
            if shut + 1 <= reopen - 1:
                start.RemoveInterval(shut + 1, reopen - 1)


def _add_teams(
    routing: RoutingModel, manager: RoutingIndexManager, board: Board, model: MinuteModel
) -> None:
    # `SetAllowedVehiclesForIndex` cannot be called from Python in this version.
    open_days = [first <= last for first, last in model.spans]
    for at, place in enumerate(model.places):
        takers = [v for v in np.flatnonzero(board.allowed[place]).tolist() if open_days[v]]
        index = manager.NodeToIndex(len(model.depots) + at)
        routing.VehicleVar(index).SetValues([-1, *takers])


def _run(
    routing: RoutingModel,
    manager: RoutingIndexManager,
    model: MinuteModel,
    start: tuple[Routes, float],
) -> Assignment | None:
    routes, deadline = start
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.ALL_UNPERFORMED
    parameters.local_search_metaheuristic = (
        routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    )
    left_ms = max(1, int((deadline - time.monotonic()) * 1000))
    parameters.time_limit.FromMilliseconds(left_ms)
    routing.CloseModelWithParameters(parameters)
    number = {place: len(model.depots) + at for at, place in enumerate(model.places)}
    indices = [
        [manager.NodeToIndex(number[place]) for place in route if place in number]
        for route in routes
    ]
    warm = routing.ReadAssignmentFromRoutes(indices, True)
    if warm is None:
        return routing.SolveWithParameters(parameters)
    return routing.SolveFromAssignmentWithParameters(warm, parameters)


def _routes_of(
    routing: RoutingModel,
    manager: RoutingIndexManager,
    model: MinuteModel,
    answer: Assignment,
) -> Routes:
    routes: Routes = []
    for vehicle in range(len(model.problem.vehicles)):
        route, index = [], answer.Value(routing.NextVar(routing.Start(vehicle)))
        while not routing.IsEnd(index):
            route.append(model.places[manager.IndexToNode(index) - len(model.depots)])
            index = answer.Value(routing.NextVar(index))
        routes.append(route)
    return routes
