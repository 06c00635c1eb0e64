"""A request for a plan as the arrays its solvers take."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from routing.domain.problem import (
    MAX_HORIZON_S,
    BoolArray,
    IntArray,
    LunchBreak,
    Problem,
    Vehicle,
    merge_windows,
    must_penalty_s,
)
from routing.use_cases.plan_horizon import Horizon
from shared.contracts.routing import Lunch, PlanCandidate, PlanRequest, Shift, Team

# What an announced visit is worth beside its points, in seconds of driving: people were told.
ANNOUNCED_S = 900


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are in the travel matrix.

    Parameters
    ----------
    candidates : numbers, in the request, of the candidates the roads reach
    node : node of each of those
    start_node, end_node : per team
    """

    candidates: tuple[int, ...]
    node: IntArray
    start_node: tuple[int, ...]
    end_node: tuple[int, ...]


def pose(request: PlanRequest, travel_s: IntArray, places: Places) -> Problem:
    """Turn a valid request into a problem; vehicles are ordered by team, then by shift."""
    horizon = Horizon.of(request)
    chosen = [request.candidates[number] for number in places.candidates]
    shifts = [(t, shift) for t, team in enumerate(request.teams) for shift in team.shifts]
    teams = [request.teams[t] for t, _ in shifts]
    end_s = _end_s(request, horizon)
    points = np.array([candidate.priority_points for candidate in chosen], dtype=np.float64)
    must = np.array([candidate.must_visit for candidate in chosen], dtype=np.bool_)
    seconds_per_point = 60.0 * request.minutes_per_point
    announced = np.array([candidate.announced for candidate in chosen], dtype=np.bool_)
    value = np.rint(points * seconds_per_point).astype(np.int64) + ANNOUNCED_S * announced
    return Problem(
        travel_s=travel_s,
        node=places.node,
        points=points,
        penalty_s=np.where(must, must_penalty_s(value, travel_s), value),
        must=must,
        service_s=_service_s(chosen, teams),
        skilled=_matches(chosen, teams, _has_skills),
        in_sector=_matches(chosen, teams, _has_sector),
        windows=tuple(_windows(candidate, horizon, end_s) for candidate in chosen),
        due_s=np.array([_due_s(place.due_on, horizon, end_s) for place in chosen], dtype=np.int64),
        vehicles=tuple(
            _vehicle(t, shift, request.teams[t], places=places, horizon=horizon)
            for t, shift in shifts
        ),
        seconds_per_point=seconds_per_point,
    )


def _service_s(candidates: list[PlanCandidate], teams: list[Team]) -> IntArray:
    fixed = np.array([candidate.fixed_min for candidate in candidates], dtype=np.float64)
    shared = np.array([candidate.person_min for candidate in candidates], dtype=np.float64)
    size = np.array([team.size for team in teams], dtype=np.float64)
    minutes = fixed[:, None] + shared[:, None] / size[None, :]
    seconds: IntArray = np.ceil(np.round(minutes * 60, 6)).astype(np.int64)
    return seconds


def _has_skills(candidate: PlanCandidate, team: Team) -> bool:
    return set(candidate.skills) <= set(team.skills)


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


def _windows(candidate: PlanCandidate, horizon: Horizon, end_s: int) -> tuple[tuple[int, int], ...]:
    found = []
    for window in candidate.windows:
        open_s = max(0, horizon.second_after(window.opens_at))
        close_s = min(end_s, horizon.second_before(window.closes_at))
        if open_s <= close_s:
            found.append((open_s, close_s))
    return merge_windows(found)


def _due_s(due_on: date | None, horizon: Horizon, end_s: int) -> int:
    """Give the end of the due day; an overdue place has no limit left but the horizon's."""
    if due_on is None or due_on < horizon.starts_on:
        return MAX_HORIZON_S
    after = (due_on - horizon.starts_on).days + 1
    # A shift that starts on the last day ends on the next one at the latest.
    return end_s if after > horizon.days else horizon.second_before(horizon.midnight(after))


def _vehicle(number: int, shift: Shift, team: Team, *, places: Places, horizon: Horizon) -> Vehicle:
    day = horizon.day_of(shift.starts_at)
    start_s, end_s = horizon.second_after(shift.starts_at), horizon.second_before(shift.ends_at)
    lunch = None if team.lunch is None else _lunch(team.lunch, day, (start_s, end_s), horizon)
    most = team.max_travel_min
    return Vehicle(
        number,
        day,
        places.start_node[number],
        places.end_node[number],
        start_s,
        end_s,
        lunch,
        None if most is None else most * 60,
    )


def _lunch(lunch: Lunch, day: int, shift: tuple[int, int], horizon: Horizon) -> LunchBreak | None:
    """Give a shift its lunch: due when it spans all the starts of lunch, else a part-day shift."""
    earliest = horizon.minute_of_day(day, lunch.earliest_min)
    latest = horizon.minute_of_day(day, lunch.latest_min)
    duration = lunch.duration_min * 60
    if duration == 0 or shift[0] > earliest or shift[1] < latest:
        return None
    latest = min(latest, shift[1] - duration)
    return LunchBreak(earliest, latest, duration) if earliest <= latest else None
