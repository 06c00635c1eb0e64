"""What the feed tells of plans: which are accepted, and which are not any more."""

from datetime import date
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Output
from shared.contracts.routing.plans import ReasonCode


class PlanOutcome(Output):
    """What the feed tells of an accepted plan: the places it visits, and why it leaves others."""

    plan_id: UUID
    starts_on: date
    days: int
    visited: list[UUID]
    left_out: dict[str, ReasonCode] = Field(description="By accommodation.")
    revision: int = Field(default=0, description="0 for the plan as it was solved.")


class PlanWithdrawn(Output):
    """What the feed tells of a plan whose acceptance was taken back: it will not be driven."""

    plan_id: UUID
    starts_on: date
    days: int
