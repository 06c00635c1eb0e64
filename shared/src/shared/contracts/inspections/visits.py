"""Visits: the appointments, why they were made and how they ended."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.message import Input, Moment, Output, Text


class VisitKind(StrEnum):
    """Why a visit takes place."""

    routine = "routine"
    complaint = "complaint"
    reinspection = "reinspection"
    opening = "opening"


class VisitOrigin(StrEnum):
    """What made us choose the visit; the first that applies, in this order."""

    override = "override"
    due = "due"
    audit = "audit"
    targeted = "targeted"


class VisitState(StrEnum):
    """How far a visit is."""

    planned = "planned"
    en_route = "en_route"
    done = "done"
    refused = "refused"
    closed = "closed"
    nobody_there = "nobody_there"
    wrong_address = "wrong_address"
    cancelled = "cancelled"


class ScoreSnapshot(Input):
    """What was believed of a place when its visit was planned, kept beside what was found."""

    score_id: UUID
    model_id: str | None = None
    method: str
    as_of: Moment
    probability: float = Field(ge=0, le=1)
    priority_points: float = Field(ge=0, le=100)
    propensity: float | None = Field(default=None, ge=0, le=1)


class VisitInput(Input):
    """An appointment; `plan_id` with `stop_id`, or `external_id`, makes a retry harmless."""

    accommodation_id: UUID
    kind: VisitKind = VisitKind.routine
    origin: VisitOrigin = VisitOrigin.targeted
    scheduled_at: Moment
    scheduled_end_at: Moment | None = None
    announced: bool = False
    inspector_ids: list[UUID] = Field(default=[], max_length=10, description="Lead first.")
    round_id: str | None = None
    sequence: int | None = Field(default=None, ge=1)
    plan_id: UUID | None = None
    stop_id: UUID | None = None
    external_id: str | None = Field(default=None, max_length=200)
    score_snapshot: ScoreSnapshot | None = None

    @model_validator(mode="after")
    def _plan_and_stop_go_together(self) -> "VisitInput":
        if (self.plan_id is None) != (self.stop_id is None):
            raise ValueError("plan_id and stop_id go together: give both or none")
        return self


class VisitChange(Input):
    """What to change of a visit that has not begun, and why; what is left out stays."""

    scheduled_at: Moment | None = None
    scheduled_end_at: Moment | None = Field(
        default=None, description="Null with a new start: as long after it as before."
    )
    inspector_ids: list[UUID] | None = Field(default=None, max_length=10, description="Lead first.")
    announced: bool | None = Field(
        default=None, description="What was announced cannot be taken back."
    )
    reason: Text


class VisitTransition(Input):
    """A step of a visit: people left for it, turned back, or it was cancelled (with a reason)."""

    to: Literal["planned", "en_route", "cancelled"]
    at: Moment | None = Field(default=None, description="When it happened; now, if left out.")
    reason: Text | None = None


class VisitTimes(Input):
    """When the team was there; visits to come are planned by what visits really took."""

    started_at: Moment
    ended_at: Moment | None = None


class AnnouncedVisit(Output):
    """What an operator may know of a visit that was announced: when, and nothing else."""

    id: UUID
    accommodation_id: UUID
    scheduled_at: datetime
    scheduled_end_at: datetime | None
    state: VisitState


class VisitAnnounced(Output):
    """Data of the events `visit.announced`, `visit.moved` and `visit.cancelled`.

    A visit that is not announced has none of them.
    """

    accommodation_id: UUID
    scheduled_at: datetime
    scheduled_end_at: datetime | None


class Visit(Output):
    """An appointment of the record. Score and origin are hidden from inspectors until the end."""

    id: UUID
    accommodation_id: UUID
    kind: VisitKind
    state: VisitState
    origin: VisitOrigin | None
    scheduled_at: datetime
    scheduled_end_at: datetime | None
    announced: bool
    inspector_ids: list[UUID]
    round_id: str | None
    sequence: int | None
    plan_id: UUID | None
    stop_id: UUID | None
    external_id: str | None
    score_snapshot: ScoreSnapshot | None
    en_route_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    rooms_seen: int | None = Field(default=None, description="By its inspection.")
    reason: str | None = Field(default=None, description="Why it was last moved or cancelled.")
    allowed_actions: list[str] = Field(default=[], description="What its state allows now.")
    created_at: datetime
    updated_at: datetime | None = None


class VisitWithdrawal(Input):
    """Withdraw the visits of a plan whose acceptance is undone."""

    plan_id: UUID


class VisitWithdrawalReport(Output):
    """What became of a plan's visits; those that were begun or done are kept."""

    plan_id: UUID
    cancelled: int
    kept: int


class PlanVisits(Input):
    """All visits of a plan, as its newest revision makes them."""

    items: list[VisitInput] = Field(max_length=5000)


class PlanVisitsReport(Output):
    """What became of the visits of a plan; `ids` are in the order they were sent."""

    plan_id: UUID
    created: int = Field(description="Or planned again, after the plan had cancelled them.")
    moved: int
    cancelled: int
    ids: list[UUID]


class VisitBatch(Input):
    """Up to 1,000 visits in one request; each is created once, however often it is sent."""

    items: list[VisitInput] = Field(min_length=1, max_length=1000)
