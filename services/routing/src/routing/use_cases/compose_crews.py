"""Crews of a request as teams: who is there on which day, what they can, from where they start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.ext.asyncio import AsyncSession

from routing.domain.blurred import blurred
from routing.store import inspectors
from shared.contracts.message import Position
from shared.contracts.routing.inspectors import InspectorFacts, Site
from shared.contracts.routing.plans import Crew, PlanRequest, Shift, Team
from shared.field_errors import FieldError
from shared.problems import Problem

ALONE = 1


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a crew; `home` is the middle of its square kilometre."""

    facts: InspectorFacts
    home: Position | None

    def site(self, which: Site) -> Position:
        """Give the office, or the home where it is known."""
        return self.home if which == "home" and self.home is not None else self.facts.office


async def with_crews(session: AsyncSession, request: PlanRequest) -> PlanRequest:
    """Turn the crews of a request into teams of the register as it is now.

    Raises
    ------
    Problem : 422 for somebody unknown, and for a crew that cannot work
    """
    if not request.crews:
        return request
    ids = {it for crew in request.crews for it in crew.inspector_ids}
    stored = await inspectors.members(session, sorted(ids))
    known = {
        it: Member(
            InspectorFacts.model_validate(member.facts),
            None if member.home is None else _place(*blurred(*member.home)),
        )
        for it, member in stored.items()
    }
    errors = [it for at, crew in enumerate(request.crews) for it in wrong(crew, at, known)]
    teams = [] if errors else [composed(crew, request, known) for crew in request.crews]
    idle = [at for at, team in enumerate(teams) if team is None]
    detail = "On none of these days do all of them work; change the crew, or the days."
    errors += [FieldError(pointer=f"/crews/{at}", detail=detail) for at in idle]
    if errors:
        first = f"{errors[0].pointer}: {errors[0].detail}"
        raise Problem(422, "invalid-request", first, errors=errors)
    # A repeat says the same, whatever the register has learnt since.
    digest = request.request_digest or sha256(request.model_dump_json().encode()).hexdigest()
    both = [*request.teams, *(team for team in teams if team is not None)]
    return request.model_copy(update={"teams": both, "crews": [], "request_digest": digest})


def wrong(crew: Crew, at: int, known: Mapping[UUID, Member]) -> list[FieldError]:
    """Find who of a crew is unknown, inactive, named twice, or may not be alone."""
    found = []
    for number, it in enumerate(crew.inspector_ids):
        pointer = f"/crews/{at}/inspector_ids/{number}"
        if it not in known or not known[it].facts.is_active:
            detail = "No active inspector has this id; enter them in the register."
            found.append(FieldError(pointer=pointer, detail=detail))
        elif it in crew.inspector_ids[:number]:
            found.append(FieldError(pointer=pointer, detail="They are in the crew already."))
        elif known[it].facts.never_alone and len(crew.inspector_ids) == ALONE:
            detail = "They never visit alone: add somebody to the crew."
            found.append(FieldError(pointer=pointer, detail=detail))
    return found


def composed(crew: Crew, request: PlanRequest, known: Mapping[UUID, Member]) -> Team | None:
    """Make the team of a crew; None when they never work together on the days of the plan."""
    members = [known[it] for it in crew.inspector_ids]
    facts, lead = [it.facts for it in members], members[0]
    shifts = _shifts(facts, request)
    if not shifts:
        return None
    sites = {lead.facts.starts_at, lead.facts.ends_at}
    bound = [set(it.sectors) for it in facts if it.sectors]
    return Team(
        id=crew.id,
        name=crew.name,
        size=len(members),
        inspector_ids=crew.inspector_ids,
        skills=sorted({skill for it in facts for skill in it.skills})[:20],
        languages=sorted({language for it in facts for language in it.languages})[:20],
        profile="drive" if any(it.travels_by == "drive" for it in facts) else lead.facts.travels_by,
        sectors=sorted(set.intersection(*bound)) or ["—"] if bound else [],
        start=lead.site(lead.facts.starts_at),
        end=lead.site(lead.facts.ends_at),
        at_home="home" in sites and lead.home is not None,
        shifts=shifts,
        lunch=crew.lunch,
        max_travel_min=crew.max_travel_min,
        max_work_min=crew.max_work_min,
    )


def _shifts(facts: Sequence[InspectorFacts], request: PlanRequest) -> list[Shift]:
    """List, day by day, the hours in which all of a crew work."""
    try:
        zone = ZoneInfo(request.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        at = FieldError(pointer="/timezone", detail="Unknown; name one such as Europe/Paris.")
        raise Problem(422, "invalid-request", f"{at.pointer}: {at.detail}", errors=[at]) from error
    found = []
    for number in range(request.days):
        day = request.starts_on + timedelta(days=number)
        hours = [_hours(it, day) for it in facts]
        starts = max(it[0] for it in hours)
        ends = min(it[1] for it in hours)
        if starts < ends:
            midnight = datetime.combine(day, time(), zone)
            found.append(
                Shift(
                    starts_at=midnight + timedelta(minutes=starts),
                    ends_at=midnight + timedelta(minutes=ends),
                )
            )
    return found


def _hours(facts: InspectorFacts, day: date) -> tuple[int, int]:
    """Give the minutes between which somebody works on a day; none when they do not."""
    absent = any(it.starts_on <= day <= it.ends_on for it in facts.absences)
    for it in facts.working_days:
        if it.weekday == day.isoweekday() and not absent:
            return it.starts_min, it.ends_min
    return 0, 0


def _place(lon: float, lat: float) -> Position:
    return Position(lon=lon, lat=lat)
