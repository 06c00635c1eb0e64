"""Who would have to be in two places at once: a team, or an inspector, with two shifts."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.routing.plans import PlanRequest
from shared.field_errors import FieldError


@dataclass(frozen=True, slots=True)
class _Stint:
    """One shift of one team, with its place in the request."""

    begins: datetime
    ends: datetime
    team: int
    shift: int


def people_at_once(request: PlanRequest) -> Iterator[FieldError]:
    """Find the shifts that overlap another one of the same team, or of somebody in it."""
    of_person: dict[str, list[_Stint]] = {}
    for number, team in enumerate(request.teams):
        own = [
            _Stint(shift.starts_at, shift.ends_at, number, at)
            for at, shift in enumerate(team.shifts)
        ]
        for before, after in _pairs(own):
            yield _error(request, before, after, "A team drives one round at a time")
        for inspector in set(team.inspector_ids):
            of_person.setdefault(str(inspector), []).extend(own)
    for person, stints in of_person.items():
        for before, after in _pairs(stints):
            if before.team != after.team:
                yield _error(request, before, after, f"Inspector {person} is in both teams")


def _pairs(stints: list[_Stint]) -> Iterator[tuple[_Stint, _Stint]]:
    """Yield each stint that begins before the longest one so far has ended, with that one."""
    latest: _Stint | None = None
    for stint in sorted(stints, key=lambda stint: (stint.begins, stint.team, stint.shift)):
        if latest is not None and stint.begins < latest.ends:
            yield latest, stint
        if latest is None or stint.ends > latest.ends:
            latest = stint


def _error(request: PlanRequest, before: _Stint, after: _Stint, rule: str) -> FieldError:
    team = request.teams[before.team]
    until = team.shifts[before.shift].ends_at
    return FieldError(
        pointer=f"/teams/{after.team}/shifts/{after.shift}",
        detail=(
            f"{rule}; this shift begins before /teams/{before.team}/shifts/{before.shift} "
            f"of {team.name} ends at {until.isoformat()}. Make them follow each other."
        ),
    )
