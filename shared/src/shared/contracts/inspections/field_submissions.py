"""Field submissions: forms that field apps sent, and what became of them."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.message import Input, Output, Text


class FieldDecision(StrEnum):
    """What becomes of a form that could not be recorded."""

    record = "record"
    dismiss = "dismiss"


class FieldResolution(Input):
    """A decision about a form that could not be recorded, and why."""

    decision: FieldDecision = Field(
        description="`record` tries again, as when the checklist or visit is there now; `dismiss` "
        "gives the form up, with its photos."
    )
    visit_id: UUID | None = Field(default=None, description="The visit it is of, if it named none.")
    reason: Text

    @model_validator(mode="after")
    def _visit_of_what_is_recorded(self) -> "FieldResolution":
        if self.visit_id is not None and self.decision == FieldDecision.dismiss:
            raise ValueError("visit_id goes with `record`; leave it out")
        return self


class FieldPhotoState(Output):
    """A photo that the form names."""

    name: str
    item: str | None
    room: str | None
    state: Literal["awaited", "held", "kept", "refused"]
    photo_id: UUID | None
    problem: str | None


class FieldSubmission(Output):
    """A form that a field app sent: an inspection, a form conflict, or held for a problem."""

    id: UUID
    instance_id: UUID
    edits: UUID | None = Field(description="The filling-in it takes the place of, if it says so.")
    form: str
    sent_by: str
    received_at: datetime
    state: Literal["recorded", "conflict", "held", "dismissed"]
    visit_id: UUID | None
    accommodation_id: UUID | None
    inspection_id: UUID | None
    conflict_id: UUID | None
    problem: str | None = Field(description="Why it could not be recorded.")
    allowed_actions: list[FieldDecision]
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


class FieldSubmissionDetail(FieldSubmission):
    """A form with its photos, and as it came while it waits for a decision."""

    photos: list[FieldPhotoState]
    xml: str | None
