"""What a planner is asked: candidates, rounds that may be driven, and what each choice costs."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from routing.domain.workload import Workload, uneven_price_s

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

# No road leads there. Far above any horizon, far below an overflow when a few are added up.
UNREACHABLE_S = 100_000_000
MUST_PENALTY_S = 200_000
# The first is over 800 visits of the highest value a request can ask for; beyond the second a
# price, made three times higher by an optimistic search, would pass for impossible.
MOST_PENALTY_S = 300_000_000
MOST_DECIDED_S = 1_200_000_000
# No round holds more visits; so many must-visits together do not outweigh what is decided.
MOST_IN_A_ROUND = 24
MAX_HORIZON_S = 30 * 86_400

# One list of candidate numbers per vehicle, in visiting order; an empty list stays at home.
Routes = list[list[int]]


class ProblemInvalidError(ValueError):
    """The question itself is wrong; the message names the part and the way out."""


@dataclass(frozen=True, slots=True)
class LunchBreak:
    """A pause of `duration_s` that starts in `[earliest_s, latest_s]` of the horizon."""

    earliest_s: int
    latest_s: int
    duration_s: int


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One team on one day: it leaves a node, comes back to a node, inside one shift."""

    team: int
    day: int
    start_node: int
    end_node: int
    start_s: int
    end_s: int
    lunch: LunchBreak | None = None
    max_travel_s: int | None = None
    profile: int = 0
    most_load: int | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """What has been decided about a candidate beforehand.

    Parameters
    ----------
    vehicles : the rounds it may be in
    start_s : the second at which its visit starts, if that is decided
    order : within a round, locked visits come in rising order; 0 for no order
    """

    candidate: int
    vehicles: frozenset[int]
    start_s: int | None = None
    order: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """Everything a plan is made of, as arrays. Times are seconds from the horizon's start.

    Parameters
    ----------
    travel_s : shape (nodes, nodes), travel time `[from_node, to_node]` of vehicles of profile 0
    node : shape (n,), where each candidate is
    points : shape (n,), what each candidate is worth, >= 0
    penalty_s : shape (n,), seconds of driving lost when the candidate is left out
    must : shape (n,), places that have to be visited
    service_s : shape (n, vehicles), time on the spot (a larger team is faster)
    skilled, in_sector : shape (n, vehicles), whether the team may take the place
    windows : per candidate, disjoint `(open_s, close_s)` in order; a visit lies inside one
    due_s : shape (n,), the visit ends by then
    locks : at most one per candidate
    other_travel_s : like `travel_s`, for vehicles of profile 1, 2, ...
    moved_s : shape (n, vehicles), what a visit in that round costs beside the travel: it was
        announced for another day, or by another team; nothing when left out
    late_after_s : for each window of `windows`, the start from which a visit in it is late
    late_permille : what a thousand seconds of being late cost
    workload : limits and prices of the work of each team
    load : shape (n,), what each visit takes of `Vehicle.most_load`
    """

    travel_s: IntArray
    node: IntArray
    points: FloatArray
    penalty_s: IntArray
    must: BoolArray
    service_s: IntArray
    skilled: BoolArray
    in_sector: BoolArray
    windows: tuple[tuple[tuple[int, int], ...], ...]
    due_s: IntArray
    vehicles: tuple[Vehicle, ...]
    seconds_per_point: float = 60.0
    locks: tuple[Lock, ...] = ()
    other_travel_s: tuple[IntArray, ...] = ()
    moved_s: IntArray | None = None
    late_after_s: tuple[tuple[int, ...], ...] | None = None
    late_permille: int = 0
    workload: Workload | None = None
    load: IntArray | None = None

    def __post_init__(self) -> None:
        _validate_shapes(self)
        _validate_values(self)
        _validate_vehicles(self)

    @property
    def size(self) -> int:
        """Number of candidates."""
        return len(self.node)

    def travel_of(self, vehicle: int) -> IntArray:
        """Give the travel times of a vehicle's way of travelling."""
        profile = self.vehicles[vehicle].profile
        return self.travel_s if profile == 0 else self.other_travel_s[profile - 1]


def must_penalty_s(optional_penalty_s: IntArray, travel_s: IntArray) -> int:
    """Price a must-visit left out: finite, and above all the points its time could bring.

    A whole day of short visits may stand in the way of one long must-visit, so all the others
    together count, not only the dearest.
    """
    reachable = travel_s[travel_s < UNREACHABLE_S]
    longest = int(reachable.max(initial=0))
    dearest, together = int(optional_penalty_s.max(initial=0)), int(optional_penalty_s.sum())
    wanted = max(MUST_PENALTY_S, 20 * dearest, together + 2 * longest)
    return min(MOST_PENALTY_S, wanted)


def decided_penalty_s(must_s: int, musts: int) -> int:
    """Price a pinned visit or an appointment left out: above all the must-visits in its place.

    Parameters
    ----------
    must_s : what the dearest must-visit costs left out
    musts : how many there are
    """
    return min(MOST_DECIDED_S, (1 + min(musts, MOST_IN_A_ROUND)) * must_s)


def merge_windows(windows: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Sort opening hours and join those that touch or overlap."""
    merged: list[tuple[int, int]] = []
    for open_s, close_s in sorted(windows):
        if merged and open_s <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], close_s))
        else:
            merged.append((open_s, close_s))
    return tuple(merged)


def route_travel_s(problem: Problem, vehicle: int, route: list[int]) -> int:
    """Sum the driving of one round; a round without visits is not driven."""
    if not route:
        return 0
    van = problem.vehicles[vehicle]
    nodes = [van.start_node, *problem.node[route].tolist(), van.end_node]
    return int(problem.travel_of(vehicle)[nodes[:-1], nodes[1:]].sum())


def route_work_s(problem: Problem, vehicle: int, route: list[int]) -> int:
    """Sum the travel and the visits of one round."""
    return route_travel_s(problem, vehicle, route) + int(problem.service_s[route, vehicle].sum())


def room_left(problem: Problem, vehicle: int, route: list[int]) -> int | None:
    """Say what a round can still take on; `None` where nothing limits it."""
    most = problem.vehicles[vehicle].most_load
    if problem.load is None or most is None:
        return None
    return most - int(problem.load[route].sum())


def work_of(problem: Problem, routes: Routes) -> IntArray | None:
    """Sum the work of each team; `None` where nobody asks how it falls."""
    if problem.workload is None:
        return None
    work_s = problem.workload.done_s.copy()
    for vehicle, route in enumerate(routes):
        work_s[problem.vehicles[vehicle].team] += route_work_s(problem, vehicle, route)
    return work_s


def objective_s(problem: Problem, routes: Routes) -> int:
    """Cost of a plan without being late: seconds driven, moves, uneven work, what is left out."""
    visited = [candidate for route in routes for candidate in route]
    travel = sum(route_travel_s(problem, v, route) for v, route in enumerate(routes))
    work_s = work_of(problem, routes)
    if problem.workload is not None and work_s is not None:
        travel += uneven_price_s(problem.workload, work_s)
    if problem.moved_s is not None:
        travel += sum(int(problem.moved_s[route, v].sum()) for v, route in enumerate(routes))
    return travel + int(problem.penalty_s.sum()) - int(problem.penalty_s[visited].sum())


def _validate_shapes(problem: Problem) -> None:
    n, vehicles, nodes = len(problem.node), len(problem.vehicles), len(problem.travel_s)
    expected: dict[str, tuple[int, ...]] = {
        "travel_s": (nodes, nodes),
        "points": (n,),
        "penalty_s": (n,),
        "must": (n,),
        "due_s": (n,),
        "service_s": (n, vehicles),
        "skilled": (n, vehicles),
        "in_sector": (n, vehicles),
    }
    if problem.moved_s is not None:
        expected["moved_s"] = (n, vehicles)
    if problem.load is not None:
        expected["load"] = (n,)
    for name, shape in expected.items():
        found = getattr(problem, name).shape
        if found != shape:
            raise ProblemInvalidError(f"{name} has the shape {found}; {shape} is needed")
    if any(other.shape != problem.travel_s.shape for other in problem.other_travel_s):
        raise ProblemInvalidError("other_travel_s has not the shape of travel_s")
    if len(problem.windows) != n:
        raise ProblemInvalidError(f"windows lists {len(problem.windows)} places; {n} are needed")
    _validate_prices(problem)


def _validate_prices(problem: Problem) -> None:
    late = problem.late_after_s
    if late is not None and [len(it) for it in late] != [len(it) for it in problem.windows]:
        raise ProblemInvalidError("late_after_s has not one moment for each window")
    teams = max((van.team for van in problem.vehicles), default=-1) + 1
    if problem.workload is not None and len(problem.workload.most_s) < teams:
        raise ProblemInvalidError(f"workload has fewer than {teams} teams")


def _validate_values(problem: Problem) -> None:
    nodes = len(problem.travel_s)
    if problem.size and (problem.node.min() < 0 or problem.node.max() >= nodes):
        raise ProblemInvalidError(f"node names a place outside the {nodes} of travel_s")
    for name in ("travel_s", "points", "penalty_s", "service_s"):
        values = getattr(problem, name)
        if values.size and values.min() < 0:
            raise ProblemInvalidError(f"{name} has a negative value; give zero or more")
    for number, windows in enumerate(problem.windows):
        flat = [bound for window in windows for bound in window]
        strictly = all(a[1] < b[0] for a, b in pairwise(windows))
        if flat != sorted(flat) or not strictly:
            raise ProblemInvalidError(
                f"the windows of candidate {number} overlap or close before they open; "
                "merge and sort them"
            )


def _validate_vehicles(problem: Problem) -> None:
    nodes = len(problem.travel_s)
    for number, van in enumerate(problem.vehicles):
        if not (0 <= van.start_node < nodes and 0 <= van.end_node < nodes):
            raise ProblemInvalidError(f"vehicle {number} starts or ends outside travel_s")
        if not 0 <= van.start_s <= van.end_s <= MAX_HORIZON_S:
            raise ProblemInvalidError(
                f"the shift of vehicle {number} ends before it starts, or outside 30 days"
            )
        if not 0 <= van.profile <= len(problem.other_travel_s):
            raise ProblemInvalidError(f"vehicle {number} travels in a way without travel times")
        if van.lunch is not None and van.lunch.earliest_s > van.lunch.latest_s:
            raise ProblemInvalidError(f"the lunch of vehicle {number} has no possible start")
    days = [(van.team, van.day) for van in problem.vehicles]
    if len(set(days)) != len(days):
        raise ProblemInvalidError("a team has two shifts on one day; make them one shift")
    locked = [lock.candidate for lock in problem.locks]
    if len(set(locked)) != len(locked) or not set(locked) <= set(range(problem.size)):
        raise ProblemInvalidError("a lock names an unknown candidate, or one locked already")
