"""Solve a plan in a process of its own: open the roads, measure, search, verify, draw."""

import json
import time
from pathlib import Path
from uuid import UUID

import numpy as np

from routing.domain.planner import OnProgress, plan
from routing.domain.problem import UNREACHABLE_S, ProblemInvalidError
from routing.domain.roads import Roads
from routing.domain.sentences import no_position_sentence
from routing.domain.snapping import Snaps
from routing.store.bundle import BundleError
from routing.store.roads import open_roads
from routing.use_cases.describe_plan import Solved, describe, draw
from routing.use_cases.pose_problem import Places, pose
from shared.child import JobFailed, Report
from shared.contracts.message import Position
from shared.contracts.routing import PlanRequest

TELL_EVERY_S = 0.5
# Shares of the job: roads and travel times, the search, reasons and geometry.
SEARCH_FROM, SEARCH_TO = 0.05, 0.95


def solve(report: Report, request_json: str, bundle: str | None, plan_id: str) -> tuple[str, str]:
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
        roads = open_roads(None if bundle is None else Path(bundle))
    except BundleError as error:
        raise JobFailed(f"The road graph cannot be read ({error}); import it again.") from error
    solved = solve_request(request, roads, UUID(plan_id), _told(report))
    report(0.97, "Drawing the rounds")
    answer = describe(solved)
    shapes = draw(answer.rounds, roads.polyline)
    return answer.model_dump_json(), json.dumps(shapes, ensure_ascii=False)


def solve_request(
    request: PlanRequest, roads: Roads, plan_id: UUID, on_progress: OnProgress | None = None
) -> Solved:
    """Measure the travel, and plan.

    Raises
    ------
    JobFailed : a team starts or ends off the roads, or the request contradicts itself.
    """
    points, ends = _points(request)
    lon = np.array([point.lon for point in points], dtype=np.float64)
    lat = np.array([point.lat for point in points], dtype=np.float64)
    travel, snaps = roads.matrix(lon, lat)
    travel_s = np.where(travel < 0, UNREACHABLE_S, travel).astype(np.int64)
    np.fill_diagonal(travel_s, 0)
    places, refused = _places(request, snaps, ends)
    try:
        problem = pose(request, travel_s, places)
    except ProblemInvalidError as error:
        raise JobFailed(f"The request contradicts itself: {error}.") from error
    solution = plan(
        problem,
        time_limit_s=request.time_limit_s,
        seed=request.seed,
        on_progress=on_progress,
    )
    return Solved(plan_id, request, problem, solution, places.candidates, refused, roads.method)


def _points(request: PlanRequest) -> tuple[list[Position], list[tuple[int, int]]]:
    """List candidates, then the ends of each team; and where those are in the list."""
    points = [candidate.position for candidate in request.candidates]
    ends = []
    for team in request.teams:
        start = len(points)
        points.append(team.start)
        if team.end is not None:
            points.append(team.end)
        ends.append((start, len(points) - 1))
    return points, ends


def _places(
    request: PlanRequest, snaps: Snaps, ends: list[tuple[int, int]]
) -> tuple[Places, dict[int, tuple[str, str]]]:
    states = snaps.states()
    for team, (start, end) in zip(request.teams, ends, strict=True):
        if "refused" in {states[start], states[end]}:
            raise JobFailed(
                f"Team {team.name} starts or ends more than 500 m from any road; "
                "move its base, or import roads that reach it."
            )
    count = len(request.candidates)
    kept = tuple(number for number in range(count) if states[number] != "refused")
    refused = {
        number: no_position_sentence(float(snaps.distance_m[number]))
        for number in range(count)
        if states[number] == "refused"
    }
    node = np.array(kept, dtype=np.int64)
    starts, stops = (tuple(pair[side] for pair in ends) for side in (0, 1))
    return Places(kept, node, starts, stops), refused


def _told(report: Report) -> OnProgress:
    """Pass progress on, but not at every plan found: there may be hundreds a second."""
    due = 0.0

    def tell(share: float, _objective_s: int, visits: int) -> None:
        nonlocal due
        now = time.monotonic()
        if now < due:
            return
        due = now + TELL_EVERY_S
        report(
            SEARCH_FROM + share * (SEARCH_TO - SEARCH_FROM),
            f"Searching; the best plan so far has {visits} visits",
        )

    return tell
