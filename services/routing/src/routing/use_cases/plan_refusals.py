"""What cannot be planned: every contradiction of a request that a message alone cannot exclude."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfoNotFoundError

from routing.use_cases.plan_horizon import Horizon
from routing.use_cases.plan_locks import lock_conflicts
from routing.use_cases.plan_work import preferred
from routing.use_cases.shift_overlaps import people_at_once
from shared.contracts.routing.plans import PlanRequest
from shared.field_errors import FieldError

LONGEST_SHIFT = timedelta(hours=16)
# Places times shifts: what a plan can look through in about the time it was given.
MOST_CHOICES = 1_000_000
LEAST_LUNCH_HOURS_MIN = 60
# Beyond, the days around a plan would leave the calendar.
FIRST_YEAR, LAST_YEAR = 1970, 9998


def impossibilities(request: PlanRequest, territories: tuple[str, ...]) -> list[FieldError]:
    """Find what is wrong, each with its place in the request; nothing for what can be planned."""
    try:
        horizon = Horizon.of(request)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return [FieldError(pointer="/timezone", detail="Unknown; name one such as Europe/Paris.")]
    if not FIRST_YEAR <= request.starts_on.year <= LAST_YEAR:
        detail = f"A plan starts in a year from {FIRST_YEAR} to {LAST_YEAR}."
        return [FieldError(pointer="/starts_on", detail=detail)]
    return [
        *_nobody(request),
        *_repeats([team.id for team in request.teams], "/teams/{}/id"),
        *_repeats(
            [str(place.accommodation_id) for place in request.candidates],
            "/candidates/{}/accommodation_id",
        ),
        *_too_many(request),
        *_wrong_shifts(request, horizon),
        *people_at_once(request),
        *_wrong_lunches(request),
        *_hasty_lunches(request),
        *_wrong_windows(request),
        *_wrong_preferences(request),
        *lock_conflicts(request, horizon),
        *_wrong_progress(request),
        *_out_of_scope(request, territories),
    ]


def _nobody(request: PlanRequest) -> list[FieldError]:
    if request.teams:
        return []
    return [FieldError(pointer="/teams", detail="Nobody would drive: give a team or a crew.")]


def _repeats(values: list[str], pointer: str) -> list[FieldError]:
    times = Counter(values)
    return [
        FieldError(pointer=pointer.format(number), detail=f"{value} is there twice; keep one.")
        for number, value in enumerate(values)
        if times[value] > 1
    ]


def _too_many(request: PlanRequest) -> list[FieldError]:
    places, shifts = len(request.candidates), sum(len(team.shifts) for team in request.teams)
    if places * shifts <= MOST_CHOICES:
        return []
    detail = (
        f"{places} places for {shifts} shifts are more than a plan can look through "
        f"({MOST_CHOICES:,} pairs); plan fewer places, teams or days at once."
    )
    return [FieldError(pointer="/candidates", detail=detail)]


def _wrong_shifts(request: PlanRequest, horizon: Horizon) -> list[FieldError]:
    found = []
    for team_number, team in enumerate(request.teams):
        days: set[int | None] = set()
        for number, shift in enumerate(team.shifts):
            day = horizon.day_within(shift.starts_at)
            detail = None
            if not timedelta() < shift.ends_at - shift.starts_at <= LONGEST_SHIFT:
                detail = "A shift ends after it starts, within 16 hours."
            elif day is None:
                detail = "The shift starts outside the days of the plan."
            elif day in days:
                detail = "A team has one shift a day: make it one, with lunch as its pause."
            days.add(day)
            if detail is not None:
                pointer = f"/teams/{team_number}/shifts/{number}"
                found.append(FieldError(pointer=pointer, detail=detail))
    return found


def _wrong_lunches(request: PlanRequest) -> list[FieldError]:
    return [
        FieldError(
            pointer=f"/teams/{number}/lunch/latest_min",
            detail="The latest start of lunch is before the earliest.",
        )
        for number, team in enumerate(request.teams)
        if team.lunch is not None and team.lunch.earliest_min > team.lunch.latest_min
    ]


def _hasty_lunches(request: PlanRequest) -> list[FieldError]:
    """Find lunches that would have to be eaten on a train."""
    return [
        FieldError(
            pointer=f"/teams/{number}/lunch/latest_min",
            detail="A team by public transport needs an hour at least between the earliest and "
            "the latest start of lunch: nobody eats on the way.",
        )
        for number, team in enumerate(request.teams)
        if team.profile == "transit"
        and team.lunch is not None
        and 0 <= team.lunch.latest_min - team.lunch.earliest_min < LEAST_LUNCH_HOURS_MIN
    ]


def _wrong_windows(request: PlanRequest) -> list[FieldError]:
    return [
        FieldError(
            pointer=f"/candidates/{place}/windows/{number}",
            detail="The window closes before it opens.",
        )
        for place, candidate in enumerate(request.candidates)
        for number, window in enumerate(candidate.windows)
        if window.closes_at < window.opens_at
    ]


def _wrong_preferences(request: PlanRequest) -> list[FieldError]:
    """Find preferences outside their window, and windows between which a visit would be unclear."""
    found = []
    for place, candidate in enumerate(request.candidates):
        if not preferred(candidate):
            continue
        for number, window in enumerate(candidate.windows):
            until = window.preferred_until
            if until is not None and not window.opens_at <= until <= window.closes_at:
                pointer = f"/candidates/{place}/windows/{number}/preferred_until"
                found.append(FieldError(pointer=pointer, detail="It lies outside the window."))
        in_order = sorted(candidate.windows, key=lambda it: it.opens_at)
        if any(before.closes_at >= after.opens_at for before, after in pairwise(in_order)):
            detail = "With `preferred_until`, the windows of a place may not touch; part them."
            found.append(FieldError(pointer=f"/candidates/{place}/windows", detail=detail))
    return found


def _wrong_progress(request: PlanRequest) -> list[FieldError]:
    """Find visits said to be done by nobody, or without saying when it is."""
    teams = {team.id for team in request.teams}
    found = [
        FieldError(pointer=f"/done/{number}/team_id", detail="No team has this id; name one.")
        for number, visit in enumerate(request.done)
        if visit.team_id not in teams
    ]
    if request.done and request.now is None:
        found.append(FieldError(pointer="/now", detail="Say what time it is when visits are done."))
    return found


def _out_of_scope(request: PlanRequest, territories: tuple[str, ...]) -> list[FieldError]:
    if not territories:
        return []
    return [
        FieldError(
            pointer=f"/candidates/{number}/territory",
            detail="Outside the territories of the caller.",
        )
        for number, candidate in enumerate(request.candidates)
        if candidate.territory not in territories
    ]
