"""What belongs to places: operators, rooms, people in numbers, other systems' ids, zones."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.inspections.register import Phone, Siret
from shared.contracts.message import Day, Input, Output, Text

EMAIL = r"^$|^[^@\s]+@[^@\s]+\.[^@\s]+$"
System = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$", description="As siao or finess.")
]


class OperatorInput(Input):
    """Who runs places; the name is unique within an organisation."""

    name: Text
    siret: Siret | None = None
    email: str = Field(default="", max_length=200, pattern=EMAIL)
    phone: Phone = ""
    address: str = Field(default="", max_length=300)


class Operator(Output):
    """Who runs places and answers for their state."""

    id: UUID
    name: str
    siret: str | None
    email: str
    phone: str
    address: str
    created_at: datetime
    updated_at: datetime


class RoomInput(Input):
    """A room by the label on its door. Nothing of who lives there belongs here."""

    label: str = Field(min_length=1, max_length=30)
    floor: int | None = Field(default=None, ge=-5, le=60)
    capacity: int | None = Field(default=None, ge=0, le=50, description="People it can house.")
    area_m2: float | None = Field(default=None, gt=0, le=500)


class RoomList(Input):
    """All the rooms of a place; those left out are no longer in use."""

    items: list[RoomInput] = Field(max_length=5000)


class Room(Output):
    """A room of a place."""

    id: UUID
    label: str
    floor: int | None
    capacity: int | None
    area_m2: float | None
    in_use: bool


class PlacedRoom(Room):
    """A room, and of which place."""

    accommodation_id: UUID


class OccupancyInput(Input):
    """Who lives in a place on a day, in numbers; the same place and day again replaces it."""

    accommodation_id: UUID | None = None
    external_id: str | None = Field(
        default=None, max_length=200, description="Instead of accommodation_id."
    )
    day: Day
    rooms_booked: int = Field(ge=0, le=5000)
    people: int = Field(ge=0, le=20000)
    children_under_three: int = Field(default=0, ge=0, le=20000)

    @model_validator(mode="after")
    def _one_place_and_no_more_children_than_people(self) -> "OccupancyInput":
        if (self.accommodation_id is None) == (self.external_id is None):
            raise ValueError("give accommodation_id or external_id, one of them")
        if self.children_under_three > self.people:
            raise ValueError("children_under_three are among people; it cannot be more")
        return self


class OccupancyBatch(Input):
    """Up to 5,000 snapshots in one request, all or none."""

    items: list[OccupancyInput] = Field(min_length=1, max_length=5000)


class OccupancySnapshot(Output):
    """How many lived in a place on a day."""

    accommodation_id: UUID
    day: date
    rooms_booked: int
    people: int
    children_under_three: int
    recorded_at: datetime


class OccupancyChanged(Output):
    """Data of the event `occupancy.changed`: the newest snapshot of a place, its subject."""

    day: date
    rooms_booked: int
    people: int
    children_under_three: int


class UpsertReport(Output):
    """What a batch did."""

    created: int
    updated: int
    unchanged: int


class ExternalIdentifier(Input):
    """What another system calls a place; a place may have several of one system."""

    system: System
    external_id: Text
    accommodation_id: UUID


class IdentifierBatch(Input):
    """Up to 5,000 identifiers in one request, all or none."""

    items: list[ExternalIdentifier] = Field(min_length=1, max_length=5000)


class IdentifierLookup(Input):
    """Up to 5,000 identifiers of a system, or places of ours, to be told the other of."""

    system: System
    external_ids: list[Text] = Field(default=[], max_length=5000, description="Theirs.")
    accommodation_ids: list[UUID] = Field(default=[], max_length=5000, description="Or ours.")

    @model_validator(mode="after")
    def _one_way_at_a_time(self) -> "IdentifierLookup":
        if bool(self.external_ids) == bool(self.accommodation_ids):
            raise ValueError("give external_ids or accommodation_ids, one of them")
        return self


class IdentifiersFound(Output):
    """What was found; of a place merged away, the identifiers of the one that stands."""

    items: list[ExternalIdentifier]
    unknown: list[str] = Field(description="What was asked and is not known, as it was asked.")


class Geometry(Input):
    """A GeoJSON Polygon or MultiPolygon in longitude and latitude (RFC 7946)."""

    type: Literal["Polygon", "MultiPolygon"]
    coordinates: list[object] = Field(min_length=1)


class ZoneInput(Input):
    """An area: a shape, or lists of postcodes, communes or places; a place in any belongs to it."""

    name: Text
    geometry: Geometry | None = None
    postcodes: list[Annotated[str, Field(pattern=r"^\d{5}$")]] = Field(default=[], max_length=2000)
    communes: list[Annotated[str, Field(pattern=r"^(\d{2}|2[AB])\d{3}$")]] = Field(
        default=[], max_length=2000
    )
    accommodation_ids: list[UUID] = Field(default=[], max_length=5000)

    @model_validator(mode="after")
    def _something_is_in_it(self) -> "ZoneInput":
        if not (self.geometry or self.postcodes or self.communes or self.accommodation_ids):
            raise ValueError("give a geometry, or postcodes, communes or accommodation_ids")
        return self


class Zone(Output):
    """An area of an organisation's own."""

    code: str
    name: str
    geometry: Geometry | None
    postcodes: list[str]
    communes: list[str]
    accommodation_ids: list[UUID]
    created_at: datetime
    updated_at: datetime


class Merge(Input):
    """A place entered twice: the one that goes, and why."""

    duplicate_id: UUID
    reason: Text


class LikelyDuplicate(Output):
    """Two places that may be one."""

    first: UUID
    second: UUID
    likeness: float = Field(description="0 to 1.")
    reasons: list[str] = Field(description="Of siret, address, position, name.")


class AccommodationMerged(Output):
    """Data of the event `accommodation.merged`; its subject is the place that went."""

    into: UUID
    reason: str
