"""The day itself: what is done, who is away or late, what is closed; facts no revision undoes."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Self
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from shared.contracts.routing.day import DayReport
from shared.contracts.routing.plans import (
    Announcement,
    DoneVisit,
    PlanCandidate,
    PlanRequest,
    Round,
    Stop,
    Team,
    VisitLock,
)


class Facts(BaseModel):
    """What has happened since a plan was made.

    Parameters
    ----------
    done : visits made, under way, or tried in vain: their team goes on from there
    failed : places where nobody let the team in
    absent, closed : teams and places, each with the day
    late : until when a team is held up
    fed : teams that have had lunch on the day of `now`
    """

    now: datetime | None = None
    done: list[DoneVisit] = []
    failed: list[UUID] = []
    absent: list[tuple[str, date]] = []
    closed: list[tuple[UUID, date]] = []
    late: dict[str, datetime] = {}
    fed: list[str] = []

    @property
    def done_ids(self) -> set[UUID]:
        """Name the places whose visit is made or under way."""
        return {it.accommodation_id for it in self.done} - set(self.failed)

    def after(self, report: DayReport, rounds: Sequence[Round], zone: ZoneInfo) -> Self:
        """Add what is reported; visits under way go on to their planned end."""
        today = report.now.astimezone(zone).date()
        known = {it.accommodation_id for it in self.done}
        said = {it.accommodation_id: it.ended_at for it in (*report.done, *report.no_access)}
        done = [
            _done(round_, stop, said.get(stop.accommodation_id, stop.ends_at))
            for round_ in rounds
            for stop in round_.stops
            if stop.accommodation_id not in known
            if stop.accommodation_id in said or _is_under_way(round_, stop, report.now, said)
        ]
        fed = [
            it.team_id
            for it in rounds
            if it.day == today and it.lunch is not None and it.lunch.ends_at <= report.now
        ]
        return self.model_copy(
            update={
                "now": report.now,
                "done": [*(_corrected(it, said) for it in self.done), *done],
                "failed": [*self.failed, *(it.accommodation_id for it in report.no_access)],
                "absent": [*self.absent, *((team, today) for team in report.absent)],
                "closed": [*self.closed, *((place, today) for place in report.closed)],
                "late": {**self.late, **{it.team_id: it.until for it in report.late}},
                "fed": fed,
            }
        )


def under_way(request: PlanRequest, facts: Facts) -> PlanRequest:
    """Put the facts of the day into a request."""
    if facts.now is None:
        return request
    zone = ZoneInfo(request.timezone)
    done = [*request.done, *facts.done]
    return request.model_copy(
        update={
            "now": facts.now,
            "done": [_held_up(it, done, facts.late) for it in done],
            "teams": [_there(team, facts, done, zone) for team in request.teams],
            "candidates": [_open(place, facts.closed, zone) for place in request.candidates],
        }
    )


def still_locked(locks: Sequence[VisitLock], facts: Facts) -> list[VisitLock]:
    """Keep the pins that can be kept: not of what is done, of who is away, or of closed doors."""
    done = {it.accommodation_id for it in facts.done}
    return [
        it
        for it in locks
        if it.accommodation_id not in done
        and (it.team_id, it.day) not in facts.absent
        and (it.accommodation_id, it.day) not in facts.closed
    ]


def promised(request: PlanRequest, rounds: Sequence[Round]) -> PlanRequest:
    """Have every visit keep its day and team if it can: people count on the plan of the morning."""
    told = {
        stop.accommodation_id: Announcement(starts_at=stop.starts_at, team_id=round_.team_id)
        for round_ in rounds
        for stop in round_.stops
    }
    return request.model_copy(
        update={
            "candidates": [
                it
                if it.announced_for is not None or it.accommodation_id not in told
                else it.model_copy(update={"announced_for": told[it.accommodation_id]})
                for it in request.candidates
            ]
        }
    )


def _is_under_way(round_: Round, stop: Stop, now: datetime, said: Mapping[UUID, datetime]) -> bool:
    """Say whether a team is at a stop by its plan, and is not said to have left another later."""
    left = [said[it.accommodation_id] for it in round_.stops if it.accommodation_id in said]
    return stop.starts_at <= now < stop.ends_at and all(it <= stop.starts_at for it in left)


def _done(round_: Round, stop: Stop, ended_at: datetime) -> DoneVisit:
    return DoneVisit(
        accommodation_id=stop.accommodation_id,
        team_id=round_.team_id,
        position=stop.position,
        ended_at=ended_at,
        travel_s=stop.travel_s,
        service_s=max(0, int((ended_at - stop.starts_at).total_seconds())),
    )


def _corrected(visit: DoneVisit, said: Mapping[UUID, datetime]) -> DoneVisit:
    """Take the end that is reported in place of the one that was planned."""
    ended_at = said.get(visit.accommodation_id)
    if ended_at is None:
        return visit
    longer_s = int((ended_at - visit.ended_at).total_seconds())
    service_s = max(0, visit.service_s + longer_s)
    return visit.model_copy(update={"ended_at": ended_at, "service_s": service_s})


def _held_up(visit: DoneVisit, done: Sequence[DoneVisit], late: dict[str, datetime]) -> DoneVisit:
    """Hold a team up at the last place it has been to."""
    until = late.get(visit.team_id)
    last = max(it.ended_at for it in done if it.team_id == visit.team_id)
    if until is None or visit.ended_at != last or until <= last:
        return visit
    return visit.model_copy(update={"ended_at": until})


def _there(team: Team, facts: Facts, done: Sequence[DoneVisit], zone: ZoneInfo) -> Team:
    """Take away the shifts of days of absence; a team that has not begun begins late."""
    shifts = [
        it
        for it in team.shifts
        if (team.id, it.starts_at.astimezone(zone).date()) not in facts.absent
    ]
    until = facts.late.get(team.id)
    if until is not None and all(it.team_id != team.id for it in done):
        shifts = [
            it.model_copy(update={"starts_at": until}) if it.starts_at < until < it.ends_at else it
            for it in shifts
        ]
    return team.model_copy(
        update={"shifts": shifts, "lunch_taken": team.lunch_taken or team.id in facts.fed}
    )


def _open(
    place: PlanCandidate, closed: Sequence[tuple[UUID, date]], zone: ZoneInfo
) -> PlanCandidate:
    days = {day for it, day in closed if it == place.accommodation_id}
    if not days:
        return place
    windows = [it for it in place.windows if it.opens_at.astimezone(zone).date() not in days]
    return place.model_copy(update={"windows": windows})
