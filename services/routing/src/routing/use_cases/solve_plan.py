"""Solve a plan in a process of its own: open the roads, measure, search, verify, draw."""

import json
import time
from uuid import UUID

from routing.domain.planner import Effort, OnProgress
from routing.domain.problem import ProblemInvalidError
from routing.domain.profiles import Profile
from routing.store.bundle import BundleError
from routing.store.roads import open_roads
from routing.store.transit_bundle import open_timetable
from routing.use_cases.describe_plan import describe, draw
from routing.use_cases.plan_horizon import Horizon
from routing.use_cases.plan_points import measure_ground
from routing.use_cases.plan_stints import stints_of
from routing.use_cases.plan_ways import Network
from routing.use_cases.pose_problem import pose
from routing.use_cases.search_together import plan_together
from routing.use_cases.solve_means import ALONE, Company, Means
from routing.use_cases.solved_plan import Solved
from shared.child import JobFailed, Report
from shared.contracts.routing.plans import PlanRequest
from shared.contracts.routing.roads import TravelMethod

TELL_EVERY_S = 0.5
LIMITS = ((100, 5.0), (400, 15.0), (1000, 30.0))
LONGEST_S = 60.0
# Shares of the job: roads and travel times, the search, reasons and geometry.
SEARCH_FROM, SEARCH_TO = 0.05, 0.95


def solve(
    report: Report,
    request_json: str,
    means: Means,
    plan_id: str,
) -> tuple[str, str]:
    """Solve a stored request; called by name in a child process.

    Returns
    -------
    The plan's answer, and its shapes as GeoJSON, both as JSON text.

    Raises
    ------
    JobFailed : the request cannot be planned; the message says what to change.
    """
    request = PlanRequest.model_validate_json(request_json)
    report(0.01, "Opening the roads")
    try:
        network = open_network(request, means)
    except BundleError as error:
        raise JobFailed(f"The road graph cannot be read ({error}); import it again.") from error
    solved = solve_request(request, network, UUID(plan_id), _told(report), company=means.company)
    report(0.97, "Drawing the rounds")
    answer = describe(solved)
    shapes = draw(answer.rounds, network)
    return answer.model_dump_json(), json.dumps(shapes, ensure_ascii=False)


def open_network(request: PlanRequest, means: Means) -> Network:
    """Open what the teams travel on, each in its way.

    Raises
    ------
    BundleError : the road graph or the timetable cannot be read
    """
    source = means.source
    modes = {team.profile for team in request.teams}
    profiles: set[Profile] = {"walk" if mode == "transit" else mode for mode in modes}
    roads = {it: open_roads(source.bundle, source.engine, profile=it) for it in sorted(profiles)}
    if "transit" not in modes or source.timetable is None:
        return Network(roads)
    timetable = open_timetable(source.timetable, roads["walk"])
    return Network(roads, timetable, means.company.processes)


def solve_request(
    request: PlanRequest,
    network: Network,
    plan_id: UUID,
    on_progress: OnProgress | None = None,
    *,
    company: Company = ALONE,
) -> Solved:
    """Measure the travel, and plan.

    Raises
    ------
    JobFailed : a team starts or ends off the roads, or the request contradicts itself.
    """
    stints = stints_of(request, Horizon.of(request))
    ground = measure_ground(request, stints, network)
    try:
        problem = pose(request, stints, ground)
    except ProblemInvalidError as error:
        raise JobFailed(f"The request contradicts itself: {error}.") from error
    limit_s = request.time_limit_s or default_limit_s(len(request.candidates))
    solution = plan_together(
        problem,
        Effort(limit_s, request.seed, request.iteration_limit),
        company,
        on_progress,
    )
    guessed = any(it.method == "crow_fly" for it in network.roads.values())
    method: TravelMethod = "crow_fly" if guessed else "roads"
    return Solved(plan_id, request, problem, solution, ground, method)


def default_limit_s(candidates: int) -> float:
    """Give the time a search is worth by its size: beyond, it finds little more."""
    return next((limit for most, limit in LIMITS if candidates <= most), LONGEST_S)


def _told(report: Report) -> OnProgress:
    """Pass progress on, but not at every plan found: there may be hundreds a second."""
    due = 0.0

    def tell(share: float, objective_s: int, visits: int, bound_s: int) -> None:
        nonlocal due
        now = time.monotonic()
        if now < due:
            return
        due = now + TELL_EVERY_S
        report(
            SEARCH_FROM + share * (SEARCH_TO - SEARCH_FROM),
            f"Searching; the best plan so far has {visits} visits and costs {objective_s:,} s; "
            f"none costs less than {bound_s:,} s",
        )

    return tell
