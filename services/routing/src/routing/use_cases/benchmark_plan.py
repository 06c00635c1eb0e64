"""Plan a published instance and write the answer in the form its benchmark reads."""

import time
from pathlib import Path
from typing import cast

import numpy as np

from routing.domain.board import make_board
from routing.domain.improve import Until, load_search, ruin_and_recreate
from routing.domain.planner import Effort
from routing.domain.problem import Routes, objective_s
from routing.domain.pyvrp_engine import open_prize_collecting
from routing.domain.search_beside import LONG
from routing.domain.solution import Solution, Tour
from routing.store.benchmark_files import (
    DAY_S,
    RealisticCase,
    kind_of,
    prizes_as_problem,
    read_pcvrptw,
    read_realistic,
    read_toptw,
)
from routing.use_cases.search_together import Helpers, plan_together, seeds_apart
from routing.use_cases.solve_means import Company
from shared.child import Report

Answer = dict[str, object]
# What a prize-collecting plan costs, and its rounds.
Collected = tuple[int, list[list[int]]]
COLLECT = "routing.use_cases.benchmark_plan:collect_apart"
# What PyVRP has of the time of a prize-collecting plan.
OPENING = 0.15
# What prizes count while rounds open that may be long.
RAISED = 2
# Reading, verifying and explaining come on top of the search.
RESERVE_S = 0.3


def benchmark_plan(
    instance: Path,
    *,
    routes: int = 1,
    time_limit_s: float = 10.0,
    seed: int = 1,
    processes: int = 1,
) -> Answer:
    """Solve an instance of any of the three kinds.

    Parameters
    ----------
    routes : how many rounds an orienteering file is solved for; the others say it themselves

    Raises
    ------
    InstanceError : the file is none of the three kinds.
    """
    kind, company = kind_of(instance), Company(processes)
    budget_s = max(0.1, time_limit_s - RESERVE_S)
    if kind == "pcvrptw":
        return {"routes": _collect_prizes(instance, budget_s, seed, processes)}
    if kind == "toptw":
        solution = plan_together(read_toptw(instance, routes), Effort(budget_s, seed), company)
        return {"routes": [[visit.candidate + 1 for visit in it.visits] for it in solution.tours]}
    case = read_realistic(instance)
    return _realistic(case, plan_together(case.problem, Effort(budget_s, seed), company))


def _collect_prizes(instance: Path, budget_s: float, seed: int, processes: int) -> list[list[int]]:
    helpers, until = Helpers(), time.monotonic() + budget_s
    for other in seeds_apart(seed, processes):
        helpers.ask(COLLECT, instance, until, other)
    try:
        own = collect_apart(lambda _share, _message: None, instance, until, seed)
        return min([own, *cast("list[Collected]", helpers.found())], key=lambda item: item[0])[1]
    finally:
        helpers.end()


def collect_apart(_report: Report, instance: Path, until: float, seed: int) -> Collected:
    """Solve a prize-collecting instance in a process of its own; called by name.

    PyVRP opens rounds that only pay once they are long; from its plan the search goes on.
    """
    load_search()
    data = read_pcvrptw(instance)
    problem, left_s = prizes_as_problem(data), max(0.1, until - time.monotonic())
    load = float(np.mean([client.delivery[0] for client in data.clients()]))
    long = LONG * load <= data.vehicle_type(0).capacity[0]
    begun = open_prize_collecting(
        data, time_limit_s=OPENING * left_s, seed=seed, raised=RAISED if long else 1
    )
    spare: Routes = [[] for _ in problem.vehicles[len(begun) :]]
    found = ruin_and_recreate(
        make_board(problem),
        [*begun, *spare],
        until=Until(until),
        seed=seed,
        on_better=lambda _routes, _cost: None,
    )
    driven = [[place + 1 for place in route] for route in found if route]
    return objective_s(problem, found), driven


def _realistic(case: RealisticCase, solution: Solution) -> Answer:
    return {
        "routes": [_route(case, tour) for tour in solution.tours],
        "unvisited": [
            {"id": case.visit_ids[left.candidate], "reason": left.code}
            for left in solution.left_out
        ],
        "objective": solution.objective_s,
    }


def _route(case: RealisticCase, tour: Tour) -> Answer:
    van = case.problem.vehicles[tour.vehicle]
    midnight = van.day * DAY_S
    lunch = tour.lunch_s
    return {
        "inspector": case.inspector_ids[van.team],
        "day": van.day,
        "start_s": tour.leave_s - midnight,
        "end_s": tour.return_s - midnight,
        "break": None
        if lunch is None
        else {"start_s": lunch[0] - midnight, "end_s": lunch[1] - midnight},
        "visits": [
            {
                "id": case.visit_ids[visit.candidate],
                "arrive_s": visit.arrive_s - midnight,
                "start_s": visit.start_s - midnight,
                "end_s": visit.end_s - midnight,
            }
            for visit in tour.visits
        ],
    }
