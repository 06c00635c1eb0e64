"""Danger alerts: who is paged, who answered, and whom else to call."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.message import Input, Moment, Note, Output, Territory, Text

Email = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$",
        max_length=254,
        examples=["astreinte@example.org"],
    ),
]
Phone = Annotated[str, Field(pattern=r"^$|^\+?[0-9 .()-]{2,25}$", examples=["+33 1 44 00 00 00"])]


class AlertState(StrEnum):
    """How far an alert is."""

    raised = "raised"
    acknowledged = "acknowledged"
    closed = "closed"


class AlertSource(StrEnum):
    """What told the danger; `silence`: somebody on a visit is not heard of."""

    inspection = "inspection"
    complaint = "complaint"
    silence = "silence"


class Danger(Output):
    """One thing that is dangerous; `anomaly_id` when an inspection saw it."""

    item: str
    category: str
    severity: int
    anomaly_id: UUID | None = None


class AlertStepKind(StrEnum):
    """What happened to an alert."""

    raised = "raised"
    paged = "paged"
    nobody_on_call = "nobody_on_call"
    escalated = "escalated"
    acknowledged = "acknowledged"
    closed = "closed"


class AlertStep(Output):
    """One thing that happened to an alert; `shift_id` says who was paged."""

    kind: AlertStepKind
    occurred_at: datetime
    recorded_at: datetime
    level: int | None
    shift_id: UUID | None
    done_by: str | None
    note: str | None


class Alert(Output):
    """A danger somebody must answer for; levels are paged one after the other until then."""

    id: UUID
    accommodation_id: UUID
    source: AlertSource
    source_id: UUID
    dangers: list[Danger]
    occurred_at: datetime
    raised_at: datetime
    state: AlertState
    level: int = Field(description="The last level paged, 1 to 3; 0: nobody yet.")
    next_page_at: datetime | None


class SilenceInput(Input):
    """A visit that nobody has heard of for too long; who is on it is not told."""

    id: UUID = Field(description="Of this silence: told again it raises no second alert.")
    accommodation_id: UUID
    opened_at: Moment
    seen_at: Moment = Field(description="The last sign of life.")

    @model_validator(mode="after")
    def _seen_after_it_opened(self) -> "SilenceInput":
        if self.seen_at < self.opened_at:
            raise ValueError("seen_at must not be earlier than opened_at")
        return self


class AuthorityKind(StrEnum):
    """Who can act on a danger."""

    emergency = "emergency"
    fire_service = "fire_service"
    mayor = "mayor"
    health_agency = "health_agency"
    prefecture = "prefecture"
    child_protection = "child_protection"
    utility = "utility"
    other = "other"


class AuthorityContactInput(Input):
    """Whom to call in a territory; without one, everywhere."""

    territory: Territory | None = None
    kind: AuthorityKind
    name: Text
    phone: Phone = ""
    email: Email | None = None
    note: str = Field(default="", max_length=500)

    @model_validator(mode="after")
    def _can_be_reached(self) -> "AuthorityContactInput":
        if not self.phone and not self.email:
            raise ValueError("give a phone or an email")
        return self


class AuthorityContact(Output):
    """Whom to call about a danger; without `id`, a number of the whole country."""

    id: UUID | None
    territory: str | None
    kind: AuthorityKind
    name: str
    phone: str
    email: str
    note: str


class AlertAccount(Output):
    """An alert with all that happened to it, and whom else to call."""

    alert: Alert
    steps: list[AlertStep]
    contacts: list[AuthorityContact]


class AlertAnswer(Input):
    """What the person who answers says, or what was done in the end."""

    note: Note = ""


class OnCallShiftInput(Input):
    """Somebody's turn to be paged: level 1 first; without territory, for all nobody else has."""

    level: int = Field(default=1, ge=1, le=3)
    territory: Territory | None = None
    starts_at: Moment
    ends_at: Moment
    name: Text
    email: Email
    phone: Phone = ""

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "OnCallShiftInput":
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be later than starts_at")
        return self


class OnCallShift(Output):
    """Somebody's turn to be paged."""

    id: UUID
    level: int
    territory: str | None
    starts_at: datetime
    ends_at: datetime
    name: str
    email: str
    phone: str


class AlertChanged(Output):
    """Data of `alert.raised`, `.escalated`, `.acknowledged` and `.closed`; subject: the alert."""

    accommodation_id: UUID
    territory: str
    source: AlertSource
    source_id: UUID
    state: AlertState
    level: int
    dangers: list[Danger]
    next_page_at: datetime | None


class Mail(Output):
    """A mail of the outbox; `kept` when there was no server to send it."""

    id: UUID
    recipient: str
    subject: str
    body: str
    about: UUID
    state: str = Field(description="waiting, sent, failed or kept.")
    attempts: int
    last_error: str | None
    created_at: datetime
    sent_at: datetime | None
