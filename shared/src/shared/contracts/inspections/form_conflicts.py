"""Conflicts of forms: a second form for a visit that is over, kept until somebody decides."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.inspections.inspection import InspectionInput
from shared.contracts.message import Input, Output, Text


class ConflictDecision(StrEnum):
    """What becomes of a form that came second."""

    keep_recorded = "keep_recorded"
    record_apart = "record_apart"


class Resolution(Input):
    """A decision about a form, and why."""

    decision: ConflictDecision = Field(
        description="`keep_recorded` leaves the record as it is; `record_apart` makes the form an "
        "inspection of its own, of a visit of its own."
    )
    reason: Text


class FormConflict(Output):
    """A form whose visit was over when it came. It is no part of the record until decided."""

    id: UUID
    accommodation_id: UUID
    visit_id: UUID
    inspection_id: UUID | None = Field(description="What the record held; null: a closed visit.")
    instance_id: UUID
    sent_by: str
    occurred_at: datetime
    received_at: datetime
    state: Literal["open", "resolved"]
    allowed_actions: list[str] = Field(description="Decisions that can be taken now.")
    decision: ConflictDecision | None
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None
    recorded_as: UUID | None = Field(description="The inspection the form became, if it did.")


class FormDifference(Output):
    """Something the two forms say otherwise: an item, its note, or a field of the form."""

    what: str
    room: str | None
    recorded: str | int | None
    sent: str | int | None


class FormConflictDetail(FormConflict):
    """A conflict with the form as it was sent, and what it says otherwise than the record."""

    form: InspectionInput
    differences: list[FormDifference]


class FormConflictChanged(Output):
    """Data of the events `form_conflict.opened` and `form_conflict.resolved`."""

    accommodation_id: UUID
    visit_id: UUID
    inspection_id: UUID | None
    decision: ConflictDecision | None
    recorded_as: UUID | None
