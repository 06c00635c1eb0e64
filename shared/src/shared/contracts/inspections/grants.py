"""Grants: what one organisation lets another read of its places, until when."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.message import Input, Moment, Output, Territory


class GrantField(StrEnum):
    """What of a place may be granted."""

    name = "name"
    kind = "kind"
    address = "address"
    postcode = "postcode"
    city = "city"
    territory = "territory"
    sector = "sector"
    position = "position"
    rooms = "rooms"
    capacity = "capacity"
    operator = "operator"
    contract_state = "contract_state"
    visit_hours = "visit_hours"
    skills = "skills"
    opened_on = "opened_on"


class GrantInput(Input):
    """Let another organisation read named fields of some places, or of a territory, for a time."""

    grantee: UUID = Field(description="The organisation that may read.")
    fields: list[GrantField] = Field(min_length=1, max_length=15)
    accommodation_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=1000)
    territory: Territory | None = None
    until: Moment

    @model_validator(mode="after")
    def _either_places_or_a_territory(self) -> "GrantInput":
        if (self.accommodation_ids is None) == (self.territory is None):
            raise ValueError("give accommodation_ids or territory, one of the two")
        return self


class Grant(Output):
    """What one organisation lets another read."""

    id: UUID
    organisation: UUID = Field(description="Whose places they are.")
    grantee: UUID
    fields: list[GrantField]
    accommodation_ids: list[UUID] | None
    territory: str | None
    until: datetime
    created_at: datetime
    revoked_at: datetime | None
    allowed_actions: list[str] = Field(description="revoke, while it stands.")


class GrantedAccommodation(Output):
    """A place of another organisation, in the fields it granted and no other."""

    id: UUID
    organisation: UUID
    grants: list[UUID]
    until: datetime
    values: dict[str, object] = Field(description="The granted fields by their name.")


class GrantTold(Output):
    """Data of the events `grant.given` and `grant.revoked`; their subject is the grant."""

    grantee: UUID
    fields: list[GrantField]
    territory: str | None
    accommodations: int | None
    until: datetime
