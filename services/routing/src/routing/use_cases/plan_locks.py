"""Locks of a request: what contradicts what, and what they mean for its rounds."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from routing.domain.problem import Lock
from routing.use_cases.plan_horizon import Horizon
from routing.use_cases.plan_stints import Stint
from shared.contracts.routing.plans import PlanCandidate, PlanRequest, Team, VisitLock
from shared.field_errors import FieldError


@dataclass(frozen=True, slots=True)
class _Taken:
    """A stretch of a team's time that is decided, with its place in the request."""

    begins: datetime
    ends: datetime
    pointer: str
    what: str


def lock_conflicts(request: PlanRequest, horizon: Horizon) -> Iterator[FieldError]:
    """Find locks that name nothing known, and pairs that cannot both be kept."""
    teams = {team.id: team for team in request.teams}
    places = {place.accommodation_id: place for place in request.candidates}
    done = {visit.accommodation_id: number for number, visit in enumerate(request.done)}
    first: dict[UUID, int] = {}
    for number, lock in enumerate(request.locks):
        pointer = f"/locks/{number}"
        unknown = _unknown(lock, horizon, teams, places.keys())
        if unknown is not None:
            yield FieldError(pointer=pointer + unknown[0], detail=unknown[1])
        elif lock.accommodation_id in done:
            other = f"/done/{done[lock.accommodation_id]}"
            yield FieldError(
                pointer=pointer, detail=f"{other} says it is done: drop one of the two."
            )
        earlier = first.setdefault(lock.accommodation_id, number)
        if earlier != number:
            detail = f"/locks/{earlier} locks the same place; make them one lock."
            yield FieldError(pointer=pointer, detail=detail)
    yield from _appointments_outside(request)
    for team in request.teams:
        yield from _clashes(_taken(request, team, places))
    yield from _disorder(request)


def locks_of(
    request: PlanRequest, horizon: Horizon, numbers: dict[UUID, int], stints: Sequence[Stint]
) -> list[Lock]:
    """Turn the locks into numbers of candidates and rounds; `numbers` by accommodation."""
    found = []
    for lock in request.locks:
        candidate = numbers.get(lock.accommodation_id)
        if candidate is None:
            continue
        start_s = None if lock.starts_at is None else horizon.second_after(lock.starts_at)
        rounds = frozenset(
            vehicle
            for vehicle, stint in enumerate(stints)
            if lock.team_id in {None, request.teams[stint.team].id}
            if lock.day is None or horizon.date_of(stint.day) == lock.day
        )
        found.append(Lock(candidate, rounds, start_s, lock.order or 0))
    return found


def _unknown(
    lock: VisitLock, horizon: Horizon, teams: dict[str, Team], places: Collection[UUID]
) -> tuple[str, str] | None:
    if lock.accommodation_id not in places:
        return "/accommodation_id", "No candidate has this id; lock one of the candidates."
    if lock.team_id is not None and lock.team_id not in teams:
        return "/team_id", "No team has this id; name one of the teams."
    if lock.team_id is None and lock.day is None and lock.starts_at is None:
        return "", "A lock says the team, the day or the time; give one of them."
    if lock.order is not None and (lock.team_id is None or lock.day is None):
        return "/order", "An order is one within a round: give team_id and day with it."
    days = {
        horizon.date_of(day)
        for team in teams.values()
        if lock.team_id in {None, team.id}
        for shift in team.shifts
        if (day := horizon.day_within(shift.starts_at)) is not None
    }
    if lock.day is not None and lock.day not in days:
        return "/day", "Nobody it may go with works on this day; lock another day or team."
    return None


def _appointments_outside(request: PlanRequest) -> Iterator[FieldError]:
    for number, team in enumerate(request.teams):
        for at, it in enumerate(team.appointments):
            inside = any(
                shift.starts_at <= it.starts_at <= it.ends_at <= shift.ends_at
                for shift in team.shifts
            )
            if not inside:
                detail = "An appointment lies within one shift of its team and does not end first."
                yield FieldError(pointer=f"/teams/{number}/appointments/{at}", detail=detail)


def _taken(request: PlanRequest, team: Team, places: dict[UUID, PlanCandidate]) -> list[_Taken]:
    """List what is decided of a team's time: its appointments and the visits locked to an hour."""
    number = request.teams.index(team)
    found = [
        _Taken(it.starts_at, it.ends_at, f"/teams/{number}/appointments/{at}", it.title)
        for at, it in enumerate(team.appointments)
    ]
    for at, lock in enumerate(request.locks):
        place = places.get(lock.accommodation_id)
        alone = len(request.teams) == 1 and lock.team_id is None
        if lock.starts_at is None or place is None or not (alone or lock.team_id == team.id):
            continue
        stay = timedelta(minutes=place.fixed_min + place.person_min / team.size)
        name = place.name or str(place.accommodation_id)
        ends = lock.starts_at + stay
        found.append(_Taken(lock.starts_at, ends, f"/locks/{at}", name))
    return sorted(found, key=lambda it: (it.begins, it.pointer))


def _clashes(taken: list[_Taken]) -> Iterator[FieldError]:
    """Compare each stretch with the one before that ends last."""
    latest: _Taken | None = None
    for it in taken:
        if latest is not None and it.begins < latest.ends:
            yield FieldError(
                pointer=it.pointer,
                detail=f"{it.what} begins before {latest.what} ({latest.pointer}) ends at "
                f"{latest.ends.isoformat()}, for the same team; move one of the two.",
            )
        if latest is None or it.ends > latest.ends:
            latest = it


def _disorder(request: PlanRequest) -> Iterator[FieldError]:
    """Find locked orders that are given twice, or that the locked hours turn round."""
    of_round: dict[tuple[str | None, date | None], list[tuple[int, int, VisitLock]]] = {}
    for number, lock in enumerate(request.locks):
        if lock.order is not None:
            round_ = of_round.setdefault((lock.team_id, lock.day), [])
            round_.append((lock.order, number, lock))
    for locks in of_round.values():
        ordered = sorted(locks, key=lambda item: item[:2])
        timed = [item for item in ordered if item[2].starts_at is not None]
        pairs = [pair for pair in pairwise(ordered) if pair[0][0] == pair[1][0]]
        pairs += [pair for pair in pairwise(timed) if _later(*pair)]
        for (_, one, _), (_, two, _) in pairs:
            detail = f"Its place in the round contradicts /locks/{one}; change one of the two."
            yield FieldError(pointer=f"/locks/{two}", detail=detail)


def _later(before: tuple[int, int, VisitLock], after: tuple[int, int, VisitLock]) -> bool:
    begins, then = before[2].starts_at, after[2].starts_at
    return begins is not None and then is not None and begins > then
