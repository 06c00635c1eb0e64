"""What is left of the shifts of a plan: from now on, from where each team is."""

from collections.abc import Iterator
from dataclasses import dataclass

from routing.domain.problem import LunchBreak
from routing.use_cases.plan_horizon import Horizon
from shared.contracts.message import Position
from shared.contracts.routing.plans import Lunch, PlanRequest, Shift, Team


@dataclass(frozen=True, slots=True)
class Stint:
    """A shift still to be driven, in seconds of the horizon.

    Parameters
    ----------
    here : where the team is by then; `None` for where it starts its days
    appointments : numbers, in the team, of the appointments still to keep
    """

    team: int
    day: int
    start_s: int
    end_s: int
    here: Position | None
    lunch: LunchBreak | None
    max_travel_s: int | None
    appointments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Behind:
    """What a team has behind it in a shift: until when, where it ended, how far it went."""

    until_s: int
    here: Position | None
    travel_s: int


def stints_of(request: PlanRequest, horizon: Horizon) -> list[Stint]:
    """List the shifts that are not over, by team."""
    return [
        stint
        for number, team in enumerate(request.teams)
        for shift in team.shifts
        if (stint := _stint(request, horizon, number, shift)) is not None
    ]


def _stint(request: PlanRequest, horizon: Horizon, number: int, shift: Shift) -> Stint | None:
    team = request.teams[number]
    begins, end_s = horizon.second_after(shift.starts_at), horizon.second_before(shift.ends_at)
    behind = _behind(request, horizon, team, (begins, end_s))
    start_s = max(begins, behind.until_s)
    if start_s >= end_s > begins:
        return None
    day = horizon.day_of(shift.starts_at)
    lunch = lunch_of(team, shift, horizon)
    if lunch is not None and start_s > begins:
        lunch = None if team.lunch_taken else _still(lunch, start_s, end_s)
    most = team.max_travel_min
    return Stint(
        team=number,
        day=day,
        start_s=start_s,
        end_s=end_s,
        here=behind.here,
        lunch=lunch,
        max_travel_s=None if most is None else max(0, most * 60 - behind.travel_s),
        appointments=tuple(
            at
            for at, it in enumerate(team.appointments)
            if start_s <= horizon.second_after(it.starts_at) <= end_s
        ),
    )


def _behind(request: PlanRequest, horizon: Horizon, team: Team, shift: tuple[int, int]) -> _Behind:
    if request.now is None:
        return _Behind(0, None, 0)
    now_s, travel_s = horizon.second_after(request.now), 0
    ended: list[tuple[int, Position]] = []
    for visit in request.done:
        end_s = horizon.second_after(visit.ended_at)
        if visit.team_id == team.id and shift[0] <= end_s <= shift[1]:
            ended.append((end_s, visit.position))
            travel_s += visit.travel_s
    ended.extend(_begun(team, horizon, shift, now_s))
    until_s, here = max(ended, key=lambda item: item[0], default=(0, None))
    return _Behind(max(now_s, until_s), here, travel_s)


def _begun(
    team: Team, horizon: Horizon, shift: tuple[int, int], now_s: int
) -> Iterator[tuple[int, Position]]:
    """Yield the end and place of the appointments of a shift that have begun."""
    for it in team.appointments:
        start_s = horizon.second_after(it.starts_at)
        if shift[0] <= start_s <= shift[1] and start_s < now_s:
            yield horizon.second_after(it.ends_at), it.position or team.start


def lunch_of(team: Team, shift: Shift, horizon: Horizon) -> LunchBreak | None:
    """Give a shift its lunch, as if it had not begun."""
    if team.lunch is None:
        return None
    hours = horizon.second_after(shift.starts_at), horizon.second_before(shift.ends_at)
    return _lunch(team.lunch, horizon.day_of(shift.starts_at), hours, horizon)


def _lunch(lunch: Lunch, day: int, shift: tuple[int, int], horizon: Horizon) -> LunchBreak | None:
    """Give a shift its lunch: due when it spans all the starts of lunch, else a part-day shift."""
    earliest = horizon.minute_of_day(day, lunch.earliest_min)
    latest = horizon.minute_of_day(day, lunch.latest_min)
    duration = lunch.duration_min * 60
    if duration == 0 or shift[0] > earliest or shift[1] < latest:
        return None
    latest = min(latest, shift[1] - duration)
    return LunchBreak(earliest, latest, duration) if earliest <= latest else None


def _still(lunch: LunchBreak, start_s: int, end_s: int) -> LunchBreak | None:
    """Give the lunch of a team that has not eaten yet: at once when its hours are over."""
    earliest = max(lunch.earliest_s, start_s)
    latest = min(max(lunch.latest_s, earliest), end_s - lunch.duration_s)
    return LunchBreak(earliest, latest, lunch.duration_s) if earliest <= latest else None
