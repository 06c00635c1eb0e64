"""What the gateway itself says and takes: weekly plans, and who is asking."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.contracts.inspections import BatchReport
from shared.contracts.message import Input, Output
from shared.contracts.routing import PlanCreated, Team


class WeeklyPlanRequest(Input):
    """Plan some days with these teams; places, priorities and roads are the services' affair."""

    starts_on: date
    days: int = Field(default=5, ge=1, le=10)
    teams: list[Team] = Field(min_length=1, max_length=100)
    minutes_per_point: float = Field(default=1.0, gt=0, le=60)
    time_limit_s: float = Field(default=10.0, ge=0.5, le=600)
    seed: int = Field(default=1, ge=0)


class WeeklyPlanCreated(PlanCreated):
    """A weekly plan has been asked for; its id is the routing plan's."""

    candidates: int
    unplaced: list[UUID]


class Acceptance(BatchReport):
    """The visits an accepted plan made; accepting again makes no more."""

    plan_id: UUID


class Me(Output):
    """Who is asking, as every service sees it."""

    subject: str
    organisation: UUID
    organisations: list[UUID]
    territories: list[str]
    roles: list[str]
