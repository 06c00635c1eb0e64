"""The work of teams over the days of a plan, and hours that places prefer."""

import numpy as np

from routing.domain.workload import NO_CAP_S, Workload
from routing.use_cases.plan_horizon import Horizon
from routing.use_cases.plan_stints import lunch_of
from shared.contracts.routing.plans import PlanCandidate, PlanRequest, Team


def preferred(candidate: PlanCandidate) -> bool:
    """Say whether a place would rather be visited in a part of its hours."""
    return any(window.preferred_until is not None for window in candidate.windows)


def asks_for_work(request: PlanRequest) -> bool:
    """Say whether the work of teams is limited or priced."""
    limited = any(team.max_work_min is not None for team in request.teams)
    return limited or request.minutes_per_uneven_hour > 0


def workload_of(request: PlanRequest, horizon: Horizon) -> Workload:
    """Give the limits of the teams, what they have done, and the length of their shifts."""
    most = [team.max_work_min for team in request.teams]
    return Workload(
        most_s=np.array([NO_CAP_S if it is None else it * 60 for it in most], dtype=np.int64),
        done_s=np.array([_done_s(request, team) for team in request.teams], dtype=np.int64),
        share_s=np.array([_shifts_s(team, horizon) for team in request.teams], dtype=np.int64),
        uneven_permille=round(request.minutes_per_uneven_hour * 1000 / 60),
    )


def _done_s(request: PlanRequest, team: Team) -> int:
    return sum(it.travel_s + it.service_s for it in request.done if it.team_id == team.id)


def _shifts_s(team: Team, horizon: Horizon) -> int:
    """Add up the shifts of a team, lunch taken off."""
    total = 0
    for shift in team.shifts:
        lunch = lunch_of(team, shift, horizon)
        length = horizon.second_before(shift.ends_at) - horizon.second_after(shift.starts_at)
        total += max(0, length - (0 if lunch is None else lunch.duration_s))
    return total
