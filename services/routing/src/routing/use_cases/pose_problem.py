"""A request for a plan as the arrays its solvers take."""

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np

from routing.domain.problem import (
    MAX_HORIZON_S,
    BoolArray,
    IntArray,
    Problem,
    Vehicle,
    merge_windows,
)
from routing.use_cases.plan_engagements import engagements_of, with_engagements
from routing.use_cases.plan_horizon import Horizon
from routing.use_cases.plan_locks import locks_of
from routing.use_cases.plan_points import Ground
from routing.use_cases.plan_prices import moving_prices, price_visits
from routing.use_cases.plan_stints import Stint
from routing.use_cases.plan_work import asks_for_work, preferred, workload_of
from shared.contracts.routing.plans import PlanCandidate, PlanRequest, Team


def pose(request: PlanRequest, stints: Sequence[Stint], ground: Ground) -> Problem:
    """Turn a valid request into a problem; its vehicles are the stints.

    Appointments come after the candidates, locked to their round and hour.
    """
    horizon, places = Horizon.of(request), ground.places
    chosen = [request.candidates[number] for number in places.candidates]
    teams = [request.teams[stint.team] for stint in stints]
    numbers = {place.accommodation_id: at for at, place in enumerate(chosen)}
    locks = locks_of(request, horizon, numbers, stints)
    end_s = _end_s(request, horizon)
    points = np.array([candidate.priority_points for candidate in chosen], dtype=np.float64)
    seconds_per_point = 60.0 * request.minutes_per_point
    prices = price_visits(chosen, locks, seconds_per_point, ground.travel_s[0])
    problem = Problem(
        travel_s=ground.travel_s[0],
        node=places.node,
        points=points,
        penalty_s=prices.penalty_s,
        must=prices.must,
        service_s=_service_s(chosen, teams),
        skilled=_matches(chosen, teams, _has_skills),
        in_sector=_matches(chosen, teams, _has_sector),
        windows=tuple(
            merge_windows([(a, b) for a, b, _ in _hours(candidate, horizon, end_s)])
            for candidate in chosen
        ),
        due_s=np.array([_due_s(place.due_on, horizon, end_s) for place in chosen], dtype=np.int64),
        vehicles=tuple(_vehicle(stint, number, ground) for number, stint in enumerate(stints)),
        seconds_per_point=seconds_per_point,
        locks=tuple(locks),
        other_travel_s=ground.travel_s[1:],
        moved_s=moving_prices(chosen, stints, request),
        late_after_s=_late_after_s(chosen, horizon, end_s),
        late_permille=round(request.minutes_per_late_hour * 1000 / 60),
        workload=workload_of(request, horizon) if asks_for_work(request) else None,
    )
    return with_engagements(problem, engagements_of(request, ground.places), prices.decided_s)


def _service_s(candidates: list[PlanCandidate], teams: list[Team]) -> IntArray:
    fixed = np.array([candidate.fixed_min for candidate in candidates], dtype=np.float64)
    shared = np.array([candidate.person_min for candidate in candidates], dtype=np.float64)
    size = np.array([team.size for team in teams], dtype=np.float64)
    minutes = fixed[:, None] + shared[:, None] / size[None, :]
    seconds: IntArray = np.ceil(np.round(minutes * 60, 6)).astype(np.int64)
    return seconds


def _has_skills(candidate: PlanCandidate, team: Team) -> bool:
    skilled = set(candidate.skills) <= set(team.skills)
    return skilled and set(candidate.languages) <= set(team.languages)


def _has_sector(candidate: PlanCandidate, team: Team) -> bool:
    return not team.sectors or candidate.sector in team.sectors


def _matches(
    candidates: list[PlanCandidate],
    teams: list[Team],
    test: Callable[[PlanCandidate, Team], bool],
) -> BoolArray:
    """Test every pair once; the shifts of a team share the answer. Shape (n, shifts)."""
    found = np.ones((len(candidates), len(teams)), dtype=np.bool_)
    columns: dict[str, list[int]] = {}
    for column, team in enumerate(teams):
        columns.setdefault(team.id, []).append(column)
    for same in columns.values():
        team = teams[same[0]]
        fits = np.array([test(candidate, team) for candidate in candidates], dtype=np.bool_)
        found[:, same] = fits[:, None]
    return found


def _end_s(request: PlanRequest, horizon: Horizon) -> int:
    """Give the end of the plan: a night shift of the last day goes on after midnight."""
    ends = [shift.ends_at for team in request.teams for shift in team.shifts]
    return horizon.second_before(max(horizon.midnight(horizon.days), *ends))


def _hours(candidate: PlanCandidate, horizon: Horizon, end_s: int) -> list[tuple[int, int, int]]:
    """List the windows in order: when each opens and closes, and from when a visit is late."""
    found = []
    for window in candidate.windows:
        open_s = max(0, horizon.second_after(window.opens_at))
        close_s = min(end_s, horizon.second_before(window.closes_at))
        until = window.preferred_until
        late_s = MAX_HORIZON_S if until is None else horizon.second_before(until)
        if open_s <= close_s:
            found.append((open_s, close_s, late_s))
    return sorted(found)


def _late_after_s(
    candidates: list[PlanCandidate], horizon: Horizon, end_s: int
) -> tuple[tuple[int, ...], ...] | None:
    """Say for each window from when a visit is late; those of a place without it may be merged."""
    if not any(preferred(place) for place in candidates):
        return None
    found = []
    for place in candidates:
        hours = _hours(place, horizon, end_s)
        count = len(hours if preferred(place) else merge_windows([(a, b) for a, b, _ in hours]))
        late = [late_s for *_, late_s in hours] if preferred(place) else [MAX_HORIZON_S] * count
        found.append(tuple(late))
    return tuple(found)


def _due_s(due_on: date | None, horizon: Horizon, end_s: int) -> int:
    """Give the end of the due day; an overdue place has no limit left but the horizon's."""
    if due_on is None or due_on < horizon.starts_on:
        return MAX_HORIZON_S
    after = (due_on - horizon.starts_on).days + 1
    # A shift that starts on the last day ends on the next one at the latest.
    return end_s if after > horizon.days else horizon.second_before(horizon.midnight(after))


def _vehicle(stint: Stint, number: int, ground: Ground) -> Vehicle:
    return Vehicle(
        team=stint.team,
        day=stint.day,
        start_node=ground.places.start_node[number],
        end_node=ground.places.end_node[number],
        start_s=stint.start_s,
        end_s=stint.end_s,
        lunch=stint.lunch,
        max_travel_s=stint.max_travel_s,
        profile=ground.travel.way_of[number],
    )
