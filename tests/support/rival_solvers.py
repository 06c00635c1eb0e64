"""Other solvers on the same instances: each alone, in a process of its own, by the clock."""

import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import vroom
from ortools_alone import solve_with_ortools

from routing.domain.board import NEVER, make_board
from routing.domain.improve import Until
from routing.domain.problem import Problem, Routes
from routing.domain.pyvrp_engine import solve_with_pyvrp
from routing.domain.schedule import keep_feasible
from routing.store.benchmark_files import kind_of, read_realistic, read_toptw

RIVALS = ("or-tools", "pyvrp", "vroom")
MOST_PRIORITY = 100


def read_problem(file: Path, m: int) -> Problem:
    """Read an instance that is planned with the search."""
    return read_toptw(file, m) if kind_of(file) == "toptw" else read_realistic(file).problem


def solve_alone(
    _report: object, name: str, asked: tuple[Path, int], seconds: float, seed: int
) -> Routes:
    """Solve an instance with one rival, from nothing; what cannot be driven is dropped.

    Its time begins when all is loaded, while ours holds the start of our processes.
    """
    problem = read_problem(*asked)
    board = make_board(problem)
    nothing: Routes = [[] for _ in problem.vehicles]
    until = time.monotonic() + seconds
    found: Routes | None
    if name == "or-tools":
        found = solve_with_ortools(board, nothing, deadline=until, on_better=lambda _cost: None)
    elif name == "pyvrp":
        found = solve_with_pyvrp(
            board, nothing, until=Until(until), seed=seed, on_better=lambda _cost: None
        )
    else:
        found = _solve_with_vroom(problem, until)
    return keep_feasible(board, nothing if found is None else found)


def _solve_with_vroom(problem: Problem, until: float) -> Routes:
    """Ask VROOM, which knows breaks, windows, skills and priorities of 0 to 100, two threads."""
    asked, allowed = vroom.Input(), problem.skilled & problem.in_sector
    asked.set_durations_matrix("car", np.minimum(problem.travel_s, NEVER // 10).astype(np.uint32))
    restricted = {place + 1 for place in np.flatnonzero(~allowed.all(axis=1)).tolist()}
    for number, van in enumerate(problem.vehicles):
        asked.add_vehicle(
            vroom.Vehicle(
                number,
                start=van.start_node,
                end=van.end_node,
                time_window=vroom.TimeWindow(van.start_s, van.end_s),
                skills={skill for skill in restricted if allowed[skill - 1, number]},
                breaks=[]
                if van.lunch is None
                else [
                    vroom.Break(
                        0,
                        [vroom.TimeWindow(van.lunch.earliest_s, van.lunch.latest_s)],
                        van.lunch.duration_s,
                    )
                ],
                max_travel_time=van.max_travel_s,
            )
        )
    dearest = max(1.0, float(problem.points.max(initial=1)))
    for place in range(problem.size):
        stay = int(problem.service_s[place].max())
        due = int(problem.due_s[place])
        starts = [(a, min(b, due) - stay) for a, b in problem.windows[place]]
        windows = [vroom.TimeWindow(a, b) for a, b in starts if a <= b]
        if not windows:
            continue
        share = float(problem.points[place]) / dearest
        asked.add_job(
            vroom.Job(
                place + 1,
                int(problem.node[place]),
                default_service=stay,
                skills={place + 1} & restricted,
                priority=MOST_PRIORITY
                if problem.must[place]
                else round(share * (MOST_PRIORITY - 1)),
                time_windows=windows,
            )
        )
    left = timedelta(seconds=max(0.5, until - time.monotonic()))
    answer = asked.solve(exploration_level=5, nb_threads=2, timeout=left).to_dict()
    routes: Routes = [[] for _ in problem.vehicles]
    for route in answer["routes"]:
        routes[route["vehicle"]] = [
            step["id"] - 1 for step in route["steps"] if step["type"] == "job"
        ]
    return routes
