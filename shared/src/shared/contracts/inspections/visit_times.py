"""How long visits took beside what was planned for them."""

from datetime import date

from pydantic import Field

from shared.contracts.inspections.visits import VisitKind
from shared.contracts.message import Output


class TimesDrift(Output):
    """By how much visits take longer, or shorter, against their plan than they did before."""

    ratio: float = Field(description="Of the geometric means of actual to planned; 1: no change.")
    low: float = Field(description="Of its 95 % interval.")
    high: float
    is_certain: bool = Field(description="Whether the interval leaves 1 out.")


class VisitTimesOf(Output):
    """Minutes planned and taken by visits of one kind and size of team."""

    kind: VisitKind
    team_size: int = Field(description="3 stands for three and more.")
    visits: int
    planned_min: float = Field(description="Mean of the appointments.")
    actual_min: float = Field(description="Mean of the visits.")
    ratio: float = Field(description="Geometric mean of actual to planned.")
    late_tenth_min: float = Field(description="One visit in ten ran over by more than this.")
    recent_visits: int
    drift: TimesDrift | None = Field(description="None under ten visits before or since.")


class VisitTimesReport(Output):
    """Visits that took place, were timed and had an end planned."""

    since: date
    recent_since: date
    items: list[VisitTimesOf]
