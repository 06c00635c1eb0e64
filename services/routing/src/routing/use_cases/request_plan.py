"""Ask for a plan: refuse what cannot be planned, store the request, queue its solving."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfoNotFoundError

from sqlalchemy.ext.asyncio import AsyncSession

from routing.store import plans
from routing.store.plans import NewPlan
from routing.use_cases.plan_horizon import Horizon
from routing.use_cases.shift_overlaps import people_at_once
from shared.auth import Caller
from shared.contracts.routing import PlanCreated, PlanRequest
from shared.jobs import Jobs
from shared.problems import FieldError, Problem

KIND = "solve_plan"
LONGEST_SHIFT = timedelta(hours=16)
MOST_ERRORS = 100
# Places times shifts: what a plan can look through in about the time it was given.
MOST_CHOICES = 1_000_000
# Beyond, the days around a plan would leave the calendar.
FIRST_YEAR, LAST_YEAR = 1970, 9998


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, with which key against repeats, on which roads."""

    caller: Caller
    key: str | None
    graph_id: UUID | None


async def request_plan(
    session: AsyncSession, jobs: Jobs, request: PlanRequest, asked: Asked
) -> PlanCreated:
    """Store a request and queue it; the same key and request give the same plan.

    Raises
    ------
    Problem : 422 for what cannot be planned, each error with its place in the request; or when
        the key came before with another request.
    """
    refuse_impossible(request, asked.caller.territories)
    body = request.model_dump_json()
    digest = request.request_digest or sha256(body.encode()).hexdigest()
    organisation = asked.caller.organisation
    plan_id = uuid4() if asked.key is None else uuid5(organisation, f"plan {asked.key}")
    job = await jobs.enqueue(
        session,
        organisation=organisation,
        subject=asked.caller.subject,
        kind=KIND,
        key=asked.key,
        arguments={"plan_id": str(plan_id), "request": digest},
    )
    await plans.insert(
        session,
        NewPlan(
            id=plan_id,
            organisation=organisation,
            job_id=job.id,
            graph_id=asked.graph_id,
            created_by=asked.caller.subject,
            request=request,
            request_json=body,
        ),
    )
    return PlanCreated(id=plan_id, job=job)


def refuse_impossible(request: PlanRequest, territories: tuple[str, ...]) -> None:
    """Find every contradiction a message alone cannot exclude.

    Raises
    ------
    Problem : 422, with one error per place of the request that is wrong.
    """
    try:
        horizon = Horizon.of(request)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _refusal(
            [FieldError(pointer="/timezone", detail="Unknown; name one such as Europe/Paris.")]
        ) from error
    if not FIRST_YEAR <= request.starts_on.year <= LAST_YEAR:
        detail = f"A plan starts in a year from {FIRST_YEAR} to {LAST_YEAR}."
        raise _refusal([FieldError(pointer="/starts_on", detail=detail)])
    found = [
        *_repeats([team.id for team in request.teams], "/teams/{}/id"),
        *_repeats(
            [str(place.accommodation_id) for place in request.candidates],
            "/candidates/{}/accommodation_id",
        ),
        *_too_many(request),
        *_wrong_shifts(request, horizon),
        *people_at_once(request),
        *_wrong_lunches(request),
        *_wrong_windows(request),
        *_out_of_scope(request, territories),
    ]
    if found:
        raise _refusal(found[:MOST_ERRORS])


def _refusal(errors: list[FieldError]) -> Problem:
    first = errors[0]
    return Problem(422, "invalid-request", f"{first.pointer}: {first.detail}", errors=errors)


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
