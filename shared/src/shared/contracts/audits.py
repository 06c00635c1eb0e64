"""Places drawn at random for audit, and what they tell of all places."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.message import Day, Input, Output, Territory
from shared.contracts.scoring import Interval


class AuditDrawRequest(Input):
    """Draw places of a week; a week that was drawn stays as it was drawn."""

    week: Day = Field(description="Its Monday.")
    territories: list[Territory] = Field(
        default_factory=list, max_length=200, description="All the caller's if none is named."
    )
    capacity: int | None = Field(
        default=None,
        ge=1,
        le=20_000,
        description="Visits that can be made that week; by default the mean of the eight before.",
    )
    share: float = Field(default=0.1, gt=0, le=1, description="Part of them that is drawn.")

    @model_validator(mode="after")
    def _from_a_monday(self) -> Self:
        if self.week.isoweekday() != 1:
            raise ValueError("name the week by its Monday")
        return self


class AuditPick(Output):
    """A place that was drawn, and how likely it was to be."""

    accommodation_id: UUID
    territory: str
    stratum: str
    propensity: float


class AuditDraw(Output):
    """The draw of a territory's week; the same seed and places give it again."""

    week: date
    territory: str
    places: int
    expected: float = Field(description="Places drawn on average.")
    seed: int
    drawn_by: str
    drawn_at: datetime
    picks: list[AuditPick]


class AuditDraws(Output):
    """The draws of a week, territory by territory."""

    items: list[AuditDraw]


class AuditResult(Output):
    """What places drawn at random tell of all places; weeks that ended two weeks ago or earlier.

    A figure is left out where no audit can tell it.
    """

    since: date
    until: date
    drawn: int
    seen: int = Field(description="Drawn places that a visit saw within two weeks.")
    positives: int
    base_rate: Interval | None = Field(
        description="Share of places where a visit finds something critical."
    )
    missed: Interval | None = Field(
        description="Share of those that the ranking of the week would have left out."
    )
