"""What is reported of the day itself, so that the rest of it is planned again."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.contracts.message import Input, Output, Text


class EndedVisit(Input):
    """A visit that is over, or was tried in vain, and when the team left."""

    accommodation_id: UUID
    ended_at: AwareDatetime


class LateTeam(Input):
    """A team that is held up where it is."""

    team_id: Text
    until: AwareDatetime


class DayReport(Input):
    """What has happened by now. A visit that has begun is taken to go on to its planned end."""

    now: AwareDatetime
    done: list[EndedVisit] = Field(default_factory=list, max_length=200)
    no_access: list[EndedVisit] = Field(default_factory=list, max_length=200)
    absent: list[Text] = Field(
        default_factory=list, max_length=100, description="Teams that do not work today, by id."
    )
    late: list[LateTeam] = Field(default_factory=list, max_length=100)
    closed: list[UUID] = Field(
        default_factory=list, max_length=200, description="Places that nobody can enter today."
    )
    time_limit_s: float = Field(default=1.0, ge=0.1, le=30, description="To plan the rest again.")
    iteration_limit: int | None = Field(default=None, ge=1, le=10_000_000)


class SilentVisit(Output):
    """A visit that nobody has heard of for too long; where they are is not known."""

    plan_id: UUID
    accommodation_id: UUID
    opened_at: datetime
    seen_at: datetime = Field(description="The last sign of life.")
