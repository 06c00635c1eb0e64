"""A round as those who drive it may read it: no score, no priority, no reason of choice."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from shared.contracts.inspections.visits import VisitKind
from shared.contracts.message import Output, Position
from shared.contracts.routing.plans import Pause
from shared.contracts.routing.transit import JourneyLeg


class UnscoredStop(Output):
    """One visit of a round."""

    stop_id: UUID
    sequence: int
    accommodation_id: UUID
    name: str
    position: Position
    starts_at: datetime
    ends_at: datetime
    visit_kind: VisitKind
    announced: bool
    legs: list[JourneyLeg] = Field(
        default_factory=list,
        description="By public transport: how one comes from the stop before; none from a home.",
    )


class UnscoredRound(Output):
    """What one team does on one day, in order."""

    plan_id: UUID
    round_id: str
    revision: int
    team_name: str
    day: date
    timezone: str = Field(description="Of the plan, such as Europe/Paris.")
    leaves_at: datetime = Field(description="From a home: when the first visit starts.")
    returns_at: datetime
    travel_s: int
    lunch: Pause | None
    stops: list[UnscoredStop]
    legs_back: list[JourneyLeg] = Field(
        default_factory=list, description="By public transport: the way back; none to a home."
    )
    attribution: str
