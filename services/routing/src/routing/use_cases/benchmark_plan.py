"""Plan a published instance and write the answer in the form its benchmark reads."""

from pathlib import Path

from routing.domain.planner import plan
from routing.domain.pyvrp_engine import solve_prize_collecting
from routing.domain.solution import Solution, Tour
from routing.store.benchmark_files import (
    DAY_S,
    RealisticCase,
    kind_of,
    read_pcvrptw,
    read_realistic,
    read_toptw,
)

Answer = dict[str, object]
# Reading, verifying and explaining come on top of the search.
RESERVE_S = 0.3


def benchmark_plan(
    instance: Path, *, routes: int = 1, time_limit_s: float = 10.0, seed: int = 1
) -> Answer:
    """Solve an instance of any of the three kinds.

    Parameters
    ----------
    routes : how many rounds an orienteering file is solved for; the others say it themselves

    Raises
    ------
    InstanceError : the file is none of the three kinds.
    """
    kind = kind_of(instance)
    budget_s = max(0.1, time_limit_s - RESERVE_S)
    if kind == "pcvrptw":
        data = read_pcvrptw(instance)
        return {"routes": solve_prize_collecting(data, time_limit_s=budget_s, seed=seed)}
    if kind == "toptw":
        solution = plan(read_toptw(instance, routes), time_limit_s=budget_s, seed=seed)
        return {"routes": [[visit.candidate + 1 for visit in it.visits] for it in solution.tours]}
    case = read_realistic(instance)
    return _realistic(case, plan(case.problem, time_limit_s=budget_s, seed=seed))


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
