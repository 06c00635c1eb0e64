"""What a team has to know of the places of its round; nothing that could sway it."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Label, Output


class BriefAnomaly(Output):
    """What was found at a place and was not seen put right."""

    item: str
    label: Label
    category: str
    room: str | None
    severity: int = Field(description="1 (minor) to 4 (danger).")
    first_seen_at: datetime


class VisitBrief(Output):
    """A place to visit: where it is, whom to call, what stands, the worst first."""

    accommodation_id: UUID
    name: str
    address: str
    postcode: str
    city: str
    reception_phone: str
    is_address_hidden: bool = Field(description="It is confidential, and not the caller's to see.")
    visit_id: UUID | None = Field(description="Of the plan asked for, if the visit was made.")
    standing: list[BriefAnomaly]


class VisitBriefs(Output):
    """The places asked for, in that order; those out of the caller's reach are left out."""

    items: list[VisitBrief]
