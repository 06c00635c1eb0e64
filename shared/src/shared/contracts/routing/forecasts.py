"""What would be: a plan with other means, tried and not kept; the weeks to come."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.message import Day, Input, JobState, Output, Text
from shared.contracts.routing.plan_figures import Totals
from shared.contracts.routing.plans import Unvisited
from shared.contracts.routing.revisions import PlanDiff


class TrialRequest(Input):
    """Change the means of a plan to see what comes of it; the plan stays as it is."""

    another_like: Text | None = Field(default=None, description="A team to have twice, by its id.")
    longer_min: int = Field(default=0, ge=-480, le=480, description="Added to every shift's end.")
    visit: list[UUID] = Field(
        default_factory=list, max_length=50, description="Places to visit whatever they cost."
    )
    minutes_per_point: float | None = Field(default=None, gt=0, le=60)
    time_limit_s: float = Field(default=3.0, ge=0.1, le=30)
    iteration_limit: int | None = Field(default=None, ge=1, le=10_000_000)
    seed: int = Field(default=1, ge=0, le=2**31)

    @model_validator(mode="after")
    def _something_changes(self) -> Self:
        if not (self.another_like or self.longer_min or self.visit or self.minutes_per_point):
            raise ValueError("Change a team, the shifts, a visit or what a point is worth.")
        return self


class Trial(Output):
    """What would come of a change; nothing of it is planned."""

    revision: int = Field(description="Of the plan that is compared with.")
    before: Totals
    after: Totals
    diff: PlanDiff
    hours: float = Field(description="Of travel and visits, after less before.")
    impossible: list[Unvisited] = Field(description="Of the places to visit, those that cannot be.")


class TrialPending(Output):
    """A trial that is asked for; `trial` is there once its job is done."""

    id: UUID
    job: JobState
    trial: Trial | None = None


class DuePlace(Input):
    """A place that is to be visited at least every so many days."""

    accommodation_id: UUID
    due_on: Day = Field(description="The last day of its interval, by now perhaps past.")
    interval_days: int = Field(ge=1, le=3660)
    visit_min: int = Field(ge=1, le=6000, description="A team's minutes there and on the way.")


class CoverageRequest(Input):
    """Foresee visits at a staffing: each day those due first, as far as the minutes go."""

    starts_on: Day
    weeks: int = Field(default=26, ge=1, le=104)
    places: list[DuePlace] = Field(max_length=20_000)
    minutes_by_weekday: list[Annotated[int, Field(ge=0, le=1_000_000)]] = Field(
        min_length=7, max_length=7, description="What all teams work, from Monday on."
    )
    days_off: list[Day] = Field(default_factory=list, max_length=400)
    earliest_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="A place is not visited again before this much of its interval has passed.",
    )


class LatePlace(Output):
    """A place that will pass its interval."""

    accommodation_id: UUID
    late_on: date = Field(description="The first day past its interval.")
    visited_on: date | None = Field(description="When it is visited after that, if it is.")


class CoverageWeek(Output):
    """A week to come."""

    starts_on: date
    visits: int
    used_min: int
    free_min: int
    late_places: int = Field(description="Past their interval when the week ends.")


class Coverage(Output):
    """The weeks to come, and the places that will pass their interval, the first ones first."""

    weeks: list[CoverageWeek]
    late: list[LatePlace]
