"""How priorities are weighed and steered: the policy, and who moves if it changes."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.inspections.register import AccommodationKind
from shared.contracts.message import Day, Input, Output, Territory, Text

SeverityWeight = Annotated[float, Field(ge=0.1, le=10)]
LevelFactor = Annotated[float, Field(ge=0.1, le=10)]


class Steering(Input):
    """A wish that some places come sooner or later for a while: those for which all named holds."""

    name: Text = Field(description="What people call it: a campaign, a decision.")
    level: int = Field(ge=1, le=4, description="1 later, 2 as usual, 3 sooner, 4 first.")
    territory: Territory | None = None
    operator: Text | None = None
    kind: AccommodationKind | None = None
    accommodation_ids: list[UUID] = Field(default_factory=list, max_length=5000)
    starts_on: Day
    ends_on: Day | None = Field(default=None, description="Its last day.")

    @model_validator(mode="after")
    def _about_something(self) -> Self:
        if not (self.territory or self.operator or self.kind or self.accommodation_ids):
            raise ValueError("name a territory, an operator, a kind or accommodations to steer")
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise ValueError("end on the first day or later")
        return self


class PriorityWeights(Input):
    """How the parts of a priority are weighed; what is not named is as it comes."""

    severity_weights: list[SeverityWeight] = Field(
        default=[1.0, 1.0, 1.0, 1.1, 1.25],
        min_length=5,
        max_length=5,
        description="By the severity, 0 to 4, of the worst that the last visit saw.",
    )
    people_scale: float = Field(
        default=20.0, ge=1, le=10_000, description="So many people raise the factor to 1.3."
    )
    overdue_weight: float = Field(
        default=1.0, ge=0, le=10, description="What the longest delay adds to the factor."
    )
    longest_overdue_days: int = Field(default=365, ge=1, le=3650)
    level_factors: list[LevelFactor] = Field(
        default=[0.5, 1.0, 1.5, 2.0], min_length=4, max_length=4, description="By level, 1 to 4."
    )
    steering: list[Steering] = Field(
        default_factory=list,
        max_length=200,
        description="Of several that hold for a place the highest level counts.",
    )

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if sorted(self.level_factors) != self.level_factors:
            raise ValueError(
                "give level_factors in rising order: a higher level is never worth less"
            )
        return self


class PriorityPolicyChange(PriorityWeights):
    """Another version of the policy, and why."""

    reason: Text


class PriorityPolicy(Output):
    """How priorities are weighed; version 0 is as it comes."""

    version: int
    weights: PriorityWeights
    author: str | None
    reason: str | None
    created_at: datetime | None


class PriorityMove(Output):
    """A place under the policy that holds and under the one that is tried; rank 1 is highest."""

    accommodation_id: UUID
    points_before: float
    points_after: float
    rank_before: int
    rank_after: int


class PriorityPreview(Output):
    """Who would move if the policy changed; nothing is changed by asking."""

    as_of: datetime
    compared_with: int = Field(description="The version that holds.")
    places: int
    up: int = Field(description="Places that would rank higher.")
    down: int
    moves: list[PriorityMove] = Field(description="Those first that move by the most ranks.")
