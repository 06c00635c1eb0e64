"""Complaints: what somebody outside tells about a place, as other services may know it."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.inspections.places import EMAIL
from shared.contracts.inspections.register import Phone
from shared.contracts.message import Input, Moment, Output, Text


class ComplaintSource(StrEnum):
    """What kind of somebody told it; never who."""

    family = "family"
    social_worker = "social_worker"
    authority = "authority"
    association = "association"
    operator = "operator"
    neighbour = "neighbour"
    anonymous = "anonymous"


class ComplaintRecorded(Output):
    """Data of the event `complaint.recorded`; its subject is the complaint.

    It is told once when the complaint comes in, and once more when somebody has verified it. It
    says nothing about people: neither who complained nor what was written.
    """

    accommodation_id: UUID
    source: ComplaintSource
    verified: bool
    severity: int = Field(ge=1, le=4, description="1 minor to 4 danger.")
    occurred_at: datetime
    known_at: datetime = Field(description="Of this telling: the verification's own when verified.")


class ComplaintState(StrEnum):
    """How far a complaint is."""

    received = "received"
    triaged = "triaged"
    closed = "closed"


class Verdict(StrEnum):
    """What came out when somebody looked."""

    verified = "verified"
    unfounded = "unfounded"


class ComplaintContact(Input):
    """How to reach who complained; kept apart, and purged by rule."""

    name: str = Field(default="", max_length=200)
    phone: Phone = ""
    email: str = Field(default="", max_length=200, pattern=EMAIL)


class ComplaintInput(Input):
    """What somebody tells. `external_id`, or an Idempotency-Key, makes a retry harmless.

    The place may be named by id, by external id, or in words until somebody finds it.
    """

    external_id: str | None = Field(default=None, min_length=1, max_length=200)
    accommodation_id: UUID | None = None
    accommodation_external_id: str | None = Field(default=None, max_length=200)
    place: str = Field(default="", max_length=300, description="Name or address, in words.")
    postcode: str | None = Field(default=None, pattern=r"^\d{5}$")
    source: ComplaintSource
    category: str | None = Field(default=None, max_length=60)
    item: str | None = Field(default=None, max_length=60)
    room: str | None = Field(default=None, max_length=30)
    severity: int = Field(default=2, ge=1, le=4, description="1 minor to 4 danger.")
    text: str = Field(min_length=1, max_length=5000, description="No names of residents.")
    occurred_at: Moment | None = Field(default=None, description="Now, if left out.")
    contact: ComplaintContact | None = None

    @model_validator(mode="after")
    def _somewhere_and_by_nobody_if_anonymous(self) -> "ComplaintInput":
        if self.accommodation_id is not None and self.accommodation_external_id is not None:
            raise ValueError("give accommodation_id or accommodation_external_id, not both")
        if not (self.accommodation_id or self.accommodation_external_id or self.place):
            raise ValueError("say where: accommodation_id, accommodation_external_id or place")
        if self.source == ComplaintSource.anonymous and self.contact is not None:
            raise ValueError("an anonymous complaint has no contact; leave it out")
        return self


class ComplaintReceipt(Output):
    """What whoever complained is told."""

    id: UUID
    state: ComplaintState
    received_at: datetime


class Complaint(Output):
    """A complaint, without who made it."""

    id: UUID
    accommodation_id: UUID | None
    place: str
    territory: str | None
    source: ComplaintSource
    category: str | None
    item: str | None
    room: str | None
    finding_id: UUID | None
    severity: int
    text: str
    occurred_at: datetime
    known_at: datetime
    state: ComplaintState
    verdict: Verdict | None
    judged_at: datetime | None
    duplicate_of: UUID | None
    reason: str | None
    allowed_actions: list[str]
    created_at: datetime
    updated_at: datetime


class SimilarComplaint(Output):
    """A complaint that may be of the same trouble."""

    complaint: Complaint
    likeness: float = Field(description="0 to 1.")


class ComplaintTriage(Input):
    """What somebody made of a complaint; what is left out stays as it is."""

    accommodation_id: UUID | None = None
    category: str | None = Field(default=None, max_length=60)
    item: str | None = Field(default=None, max_length=60)
    room: str | None = Field(default=None, max_length=30)
    finding_id: UUID | None = None
    severity: int | None = Field(default=None, ge=1, le=4)
    duplicate_of: UUID | None = None
    verdict: Verdict | None = None
    close: bool = False
    reason: Text | None = Field(default=None, description="Needed to close.")
