"""Sanctions, booking status, and the re-inspections the record proposes."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Input, Moment, Output


class SanctionStep(StrEnum):
    """A step against an operator about one of his places, and the step back."""

    reminder = "reminder"
    formal_notice = "formal_notice"
    suspension = "suspension"
    relocation = "relocation"
    withdrawal = "withdrawal"
    reinstatement = "reinstatement"


class SanctionState(StrEnum):
    """How far a step is."""

    proposed = "proposed"
    decided = "decided"
    dropped = "dropped"


class BookingStatus(StrEnum):
    """Whether households may be booked into a place."""

    open = "open"
    suspended = "suspended"
    relocating = "relocating"
    closed = "closed"


class SanctionInput(Input):
    """A step somebody proposes, with its grounds; a reminder takes effect at once."""

    accommodation_id: UUID
    step: SanctionStep
    grounds: str = Field(min_length=1, max_length=2000)
    anomaly_ids: list[UUID] = Field(default=[], max_length=500)
    notice_id: UUID | None = None
    reply_by: Moment | None = Field(
        default=None, description="The operator's time to reply; eight days, if left out."
    )


class ReplyInput(Input):
    """What the operator replied to a proposed step."""

    replied_at: Moment
    text: str = Field(min_length=1, max_length=5000)


class DecisionInput(Input):
    """What the second person decides, and why."""

    state: SanctionState = Field(description="decided or dropped.")
    reason: str = Field(min_length=1, max_length=2000)


class Sanction(Output):
    """A step against an operator: proposed by one, answered by him, decided by another."""

    id: UUID
    accommodation_id: UUID
    step: SanctionStep
    state: SanctionState
    grounds: str
    anomaly_ids: list[UUID]
    notice_id: UUID | None
    proposed_by: str
    proposed_at: datetime
    reply_by: datetime | None
    replied_at: datetime | None
    reply: str | None
    reply_recorded_by: str | None
    decided_by: str | None
    decided_at: datetime | None
    decision: str | None


class SanctionChanged(Output):
    """Data of `sanction.proposed`, `.replied`, `.decided` and `.dropped`; subject: the sanction."""

    accommodation_id: UUID
    step: SanctionStep
    state: SanctionState


class BookingStatusChanged(Output):
    """Data of the event `booking_status.changed`; its subject is the accommodation."""

    external_id: str
    status: BookingStatus
    sanction_id: UUID
    since: datetime


class ReinspectionReason(Output):
    """Why a place should be seen again: something overdue, said to be fixed, or due for review."""

    anomaly_id: UUID
    item: str
    cause: str = Field(description="overdue, claimed_fixed, review or danger.")


class Reinspection(Output):
    """That a place should be seen again; closed by the next visit that sees something."""

    id: UUID
    accommodation_id: UUID
    see_by: date
    reasons: list[ReinspectionReason]
    proposed_at: datetime
    closed_at: datetime | None
    inspection_id: UUID | None


class ReinspectionProposed(Output):
    """Data of the event `reinspection.proposed`; its subject is the accommodation."""

    see_by: date
    reasons: list[ReinspectionReason]
