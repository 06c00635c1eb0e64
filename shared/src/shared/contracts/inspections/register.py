"""The register: the places people are housed in."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, WithJsonSchema, model_validator

from shared.contracts.message import Input, Output, Position, Text
from shared.field_errors import FieldError

Siret = Annotated[str, Field(pattern=r"^\d{14}$", description="14 digits, checked.")]
Phone = Annotated[str, Field(pattern=r"^$|^\+?[0-9][0-9 .()-]{5,24}$", examples=["01 40 00 00 00"])]
# In JSON Schema `format: time` has a time zone.
LocalTime = Annotated[
    time,
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$",
            "examples": ["09:00"],
        }
    ),
]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$", description="ISO 639 code, as fr or ti.")]


class AccommodationKind(StrEnum):
    """What kind of place people are housed in."""

    hotel = "hotel"
    residence = "residence"
    hostel = "hostel"
    guest_house = "guest_house"
    apartment = "apartment"


class ContractState(StrEnum):
    """Whether social services book the place."""

    active = "active"
    suspended = "suspended"
    withdrawn = "withdrawn"


class SafetyOpinion(StrEnum):
    """What the safety commission thought of the place."""

    favourable = "favourable"
    unfavourable = "unfavourable"
    deferred = "deferred"


class PositionSource(StrEnum):
    """Where the position of a place comes from; one to check is not used until somebody looked."""

    declared = "declared"
    geocoded = "geocoded"
    to_check = "to_check"
    unknown = "unknown"


class PositionGuess(Output):
    """Where a place may lie, not sure enough to be used."""

    lon: float
    lat: float
    confidence: float
    label: str


class VisitHours(Input):
    """Hours in which a place receives visitors, local time."""

    weekday: int = Field(ge=1, le=7, description="1 Monday to 7 Sunday.")
    opens: LocalTime
    closes: LocalTime


class AccommodationInput(Input):
    """A place as a client declares it; `external_id` makes a second sending an update."""

    external_id: Text
    name: Text
    kind: AccommodationKind = AccommodationKind.hotel
    address: str = Field(default="", max_length=300)
    postcode: str = Field(pattern=r"^\d{5}$")
    city: Text
    sector: str = Field(default="", max_length=60, description="The visiting teams' own division.")
    position: Position | None = Field(
        default=None, description="Kept as told; if null, found by the addresses imported."
    )
    rooms: int = Field(ge=1, le=5000)
    capacity: int | None = Field(default=None, ge=0, le=20000, description="People it can house.")
    operator: str = Field(
        default="", max_length=200, description="By name; one not known yet is entered."
    )
    operator_id: UUID | None = Field(default=None, description="Instead of the name.")
    siret: Siret | None = None
    insee_commune: str | None = Field(
        default=None, max_length=5, description="Decides the territory where it is given."
    )
    erp_category: int | None = Field(default=None, ge=1, le=5, description="1 large to 5 small.")
    safety_opinion: SafetyOpinion | None = None
    safety_opinion_on: date | None = None
    reception_phone: Phone = ""
    access_notes: str = Field(default="", max_length=2000, description="How to get in; no codes.")
    languages: list[Language] = Field(default_factory=list, max_length=20)
    contract_state: ContractState = ContractState.active
    visit_hours: list[VisitHours] = Field(default_factory=list, max_length=28)
    skills: list[Text] = Field(default_factory=list, max_length=10, description="A visitor needs.")
    confidential_address: bool = False
    opened_on: date | None = None

    @model_validator(mode="after")
    def _an_opinion_has_its_day(self) -> "AccommodationInput":
        if (self.safety_opinion is None) != (self.safety_opinion_on is None):
            raise ValueError("safety_opinion and safety_opinion_on go together: give both or none")
        return self


class Occupancy(Output):
    """How many live in a place on a day: the people exposed to what is wrong with it."""

    day: date
    rooms_booked: int
    people: int
    children_under_three: int


class Accommodation(Output):
    """A place of the register."""

    id: UUID
    external_id: str
    name: str
    kind: AccommodationKind
    address: str
    postcode: str
    city: str
    territory: str
    sector: str
    position: Position | None
    rooms: int
    capacity: int | None
    operator: str
    contract_state: ContractState
    visit_hours: list[VisitHours]
    skills: list[str]
    confidential_address: bool
    opened_on: date | None
    siret: str | None = None
    insee_commune: str | None = None
    operator_id: UUID | None = None
    erp_category: int | None = None
    safety_opinion: SafetyOpinion | None = None
    safety_opinion_on: date | None = None
    reception_phone: str = ""
    access_notes: str = ""
    languages: list[str] = Field(default=[])
    position_source: PositionSource = PositionSource.declared
    position_confidence: float | None = Field(default=None, description="0 to 1, if geocoded.")
    position_guess: PositionGuess | None = None
    occupancy: Occupancy | None = Field(default=None, description="The newest known.")
    merged_into: UUID | None = Field(
        default=None, description="The place that took it over, if it was entered twice."
    )
    created_at: datetime
    updated_at: datetime


class RowError(Output):
    """Why a row was not taken, and what to change."""

    line: int = Field(description="Line of the file, the header being line 1.")
    column: str
    value: str
    reason: str


class ImportReport(Output):
    """What an import did, or would do when `dry_run`."""

    dry_run: bool
    rows: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    errors: list[RowError]


class RowResult(StrEnum):
    """What became of a line of a bulk request."""

    created = "created"
    updated = "updated"
    unchanged = "unchanged"
    refused = "refused"


class BulkRow(Output):
    """What became of a line; the same line again is `unchanged`, under the same id."""

    line: int = Field(description="Of the request, the first being 1.")
    external_id: str | None = Field(default=None, description="Null where it cannot be read.")
    result: RowResult
    id: UUID | None = Field(default=None, description="Ours; null where it was refused.")
    errors: list[FieldError] = Field(default=[], description="Why it was refused.")


class BulkReport(Output):
    """What became of the lines of a bulk request, in their order."""

    created: int
    updated: int
    unchanged: int
    refused: int
    rows: list[BulkRow]


class AccommodationChanged(Output):
    """Data of the event `accommodation.changed`; its subject is the accommodation."""

    kind: AccommodationKind
    territory: str
    sector: str
    position: Position | None = Field(
        default=None, description="Left out for who may not know where places are."
    )
    rooms: int
    capacity: int | None
    operator: str
    contract_state: ContractState
    opened_on: date | None
