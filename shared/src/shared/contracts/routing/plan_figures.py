"""A plan in figures, and what simpler ways of choosing would have reached."""

from typing import Literal

from pydantic import Field

from shared.contracts.message import Output
from shared.contracts.routing.roads import TravelMethod


class Churn(Output):
    """What became of the visits announced for a day."""

    announced: int
    kept: int
    moved: int = Field(description="To another day, or another team than the one named.")
    dropped: int


class TeamWork(Output):
    """What a team works over the days of a plan: travel and visits, those done included."""

    team_id: str
    work_s: int
    shifts_s: int = Field(description="All its shifts, lunch taken off.")


class Totals(Output):
    """A plan in figures."""

    visits: int
    must_visits: int
    points: float
    points_available: float
    expected_critical: float | None
    expected_critical_per_hour: float | None = Field(
        default=None, description="Per hour of travel and visits."
    )
    travel_s: int
    driven_m: int | None = Field(
        default=None, description="Metres by car; none in plans made before they were measured."
    )
    service_s: int
    distance_method: TravelMethod
    objective_s: float
    bound_s: float | None = Field(
        default=None, description="No plan costs less; the best there is may well cost more."
    )
    work: list[TeamWork] = Field(default_factory=list)
    uneven_s: int = Field(
        default=0,
        description="Work that would have to change hands for all teams to work the same share of "
        "their shifts.",
    )
    late_s: int = Field(default=0, description="How late visits start, added up.")
    churn: Churn | None = Field(default=None, description="None when no day was announced.")
    missed_engagements: list[str] = Field(
        default_factory=list, description="Appointments that no round can keep."
    )


class Baseline(Output):
    """What a simpler way of choosing would have reached in the same hours."""

    name: Literal["score_order", "nearest_first"]
    visits: int
    points: float
    travel_s: int
    expected_critical: float | None
    expected_critical_per_hour: float | None = None
    must_visits: int
