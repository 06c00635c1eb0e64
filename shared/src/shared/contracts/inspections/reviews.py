"""Reviews: what looks wrong with inspections, and what was decided about them."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Input, Note, Output


class ReviewState(StrEnum):
    """How far an inspection is; one that was sent back or voided counts nowhere."""

    submitted = "submitted"
    approved = "approved"
    sent_back = "sent_back"
    voided = "voided"


class InspectionFlag(Output):
    """Something that looks wrong; somebody is to look, nothing is refused for it."""

    code: str
    detail: str
    raised_at: datetime


class ReviewDecision(Output):
    """What a reviewer decided."""

    state: ReviewState
    reason: str
    decided_by: str
    decided_at: datetime


class InspectionReview(Output):
    """How far an inspection is, what looks wrong with it, and what was decided, the last first."""

    inspection_id: UUID
    state: ReviewState
    flags: list[InspectionFlag]
    decisions: list[ReviewDecision]


class ReviewInput(Input):
    """Decide about an inspection; a reason is needed to send it back or to void it."""

    state: Literal["approved", "sent_back", "voided"]
    reason: Note = ""


class FlaggedInspection(Output):
    """An inspection that waits for a reviewer."""

    id: UUID
    accommodation_id: UUID
    name: str
    occurred_at: datetime
    recorded_at: datetime
    grade: str | None
    flags: list[InspectionFlag]


class InspectionReviewed(Output):
    """Data of the event `inspection.reviewed`; its subject is the inspection."""

    accommodation_id: UUID
    visit_id: UUID
    state: ReviewState
    counts: bool = Field(description="Whether it still counts in grades and anomalies.")


class InspectionDraft(Output):
    """A form that is not finished, as its sender keeps it; it counts nowhere."""

    instance_id: UUID
    form: dict[str, object]
    saved_at: datetime
