"""Inspectors as planning knows them: when they work, what they can, where they start.

Who they are is known to accounts alone; where they live is taken and never told.
"""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.message import Day, Input, Output, Position, Text
from shared.contracts.routing.roads import TravelMode

Site = Literal["office", "home"]
Minute = Annotated[int, Field(ge=0, le=1440, description="Minutes after local midnight.")]


class WorkingDay(Input):
    """Hours somebody works on a day of every week; days that are left out are free."""

    weekday: int = Field(ge=1, le=7, description="1 for Monday.")
    starts_min: Minute
    ends_min: Minute

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_min <= self.starts_min:
            raise ValueError("A working day ends after it starts.")
        return self


class Absence(Input):
    """Days on which somebody does not work, the last one included; the reason is nobody's."""

    starts_on: Day
    ends_on: Day

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.ends_on < self.starts_on:
            raise ValueError("An absence ends after it starts.")
        return self


class InspectorFacts(Input):
    """What planning needs to know of somebody."""

    subject: Text | None = Field(default=None, description="`sub` of their account.")
    is_active: bool = True
    working_days: list[WorkingDay] = Field(max_length=7)
    absences: list[Absence] = Field(default_factory=list, max_length=200)
    skills: list[Text] = Field(default_factory=list, max_length=20)
    languages: list[Text] = Field(default_factory=list, max_length=20)
    sectors: list[Text] = Field(default_factory=list, max_length=50, description="Empty: all.")
    travels_by: TravelMode = Field(
        default="drive",
        description="`drive` for who has a car; `transit` by public transport and on foot.",
    )
    never_alone: bool = Field(default=False, description="Visits in a crew of two at least.")
    office: Position
    starts_at: Site = "office"
    ends_at: Site = "office"

    @model_validator(mode="after")
    def _one_stretch_a_day(self) -> Self:
        if len({it.weekday for it in self.working_days}) < len(self.working_days):
            raise ValueError("A day of the week has one stretch of hours; lunch is its pause.")
        return self


class InspectorInput(InspectorFacts):
    """Enter somebody in the register, or replace what it knows."""

    home: Position | None = Field(
        default=None,
        description="Never told again. Left out: as it was; null: forgotten. Plans start from the "
        "middle of its square kilometre.",
    )


class Inspector(Output):
    """Somebody in the register; where they live is not told."""

    id: UUID
    facts: InspectorFacts
    has_home: bool
    updated_at: datetime
