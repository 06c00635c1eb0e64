"""What the inspections service says and takes: the record of places, visits and findings."""

from datetime import date, datetime, time
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.message import (
    Input,
    Label,
    Moment,
    Note,
    Output,
    Position,
    Territory,
    Text,
    Window,
)

Severity = Annotated[int, Field(strict=True, ge=0, le=4, description="0 good to 4 danger.")]


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


class VisitKind(StrEnum):
    """Why a visit takes place."""

    routine = "routine"
    complaint = "complaint"
    reinspection = "reinspection"
    opening = "opening"


class VisitOrigin(StrEnum):
    """What made us choose the visit; the first that applies, in this order."""

    override = "override"
    due = "due"
    audit = "audit"
    targeted = "targeted"


class VisitState(StrEnum):
    """How far a visit is."""

    planned = "planned"
    done = "done"
    refused = "refused"
    closed = "closed"
    nobody_there = "nobody_there"
    wrong_address = "wrong_address"
    cancelled = "cancelled"


class Scope(StrEnum):
    """What part of a place an item is about."""

    building = "building"
    room = "room"
    relation = "relation"
    document = "document"


class VisitHours(Input):
    """Hours in which a place receives visitors, local time."""

    weekday: int = Field(ge=1, le=7, description="1 Monday to 7 Sunday.")
    opens: time
    closes: time


class AccommodationInput(Input):
    """A place as a client declares it; `external_id` makes a second sending an update."""

    external_id: Text
    name: Text
    kind: AccommodationKind = AccommodationKind.hotel
    address: str = Field(default="", max_length=300)
    postcode: str = Field(pattern=r"^\d{5}$")
    city: Text
    sector: str = Field(default="", max_length=60, description="The visiting teams' own division.")
    position: Position | None = None
    rooms: int = Field(ge=1, le=5000)
    capacity: int | None = Field(default=None, ge=0, le=20000, description="People it can house.")
    operator: str = Field(default="", max_length=200)
    contract_state: ContractState = ContractState.active
    visit_hours: list[VisitHours] = Field(default_factory=list, max_length=28)
    skills: list[Text] = Field(default_factory=list, max_length=10, description="A visitor needs.")
    confidential_address: bool = False
    opened_on: date | None = None


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


class ItemInput(Input):
    """A thing to look at."""

    code: str = Field(pattern=r"^[a-z][a-z0-9_]{1,59}$")
    category: str = Field(pattern=r"^[a-z][a-z0-9_]{1,59}$")
    scope: Scope
    label: Label
    weight: int = Field(ge=1, le=6)
    danger_at: int = Field(ge=0, le=4, description="Severity that is a danger; 0 = never.")
    photo_from: int = Field(ge=0, le=4, description="Severity that asks for a photo; 0 = never.")
    references: str = ""


class ChecklistVersion(Output):
    """A published grid of items; never edited once published."""

    id: UUID
    code: str
    version: int
    published_at: datetime
    items: list[ItemInput]


class ScoreSnapshot(Input):
    """What was believed of a place when its visit was planned, kept beside what was found."""

    score_id: UUID
    model_id: str | None = None
    method: str
    as_of: Moment
    probability: float = Field(ge=0, le=1)
    priority_points: float = Field(ge=0, le=100)
    propensity: float | None = Field(default=None, ge=0, le=1)


class VisitInput(Input):
    """An appointment; `plan_id` with `stop_id`, or `external_id`, makes a retry harmless."""

    accommodation_id: UUID
    kind: VisitKind = VisitKind.routine
    origin: VisitOrigin = VisitOrigin.targeted
    scheduled_at: Moment
    scheduled_end_at: Moment | None = None
    announced: bool = False
    inspector_ids: list[UUID] = Field(default=[], max_length=10, description="Lead first.")
    round_id: str | None = None
    sequence: int | None = Field(default=None, ge=1)
    plan_id: UUID | None = None
    stop_id: UUID | None = None
    external_id: str | None = Field(default=None, max_length=200)
    score_snapshot: ScoreSnapshot | None = None

    @model_validator(mode="after")
    def _plan_and_stop_go_together(self) -> "VisitInput":
        if (self.plan_id is None) != (self.stop_id is None):
            raise ValueError("plan_id and stop_id go together: give both or none")
        return self


class Visit(Output):
    """An appointment of the record. Score and origin are hidden from inspectors until the end."""

    id: UUID
    accommodation_id: UUID
    kind: VisitKind
    state: VisitState
    origin: VisitOrigin | None
    scheduled_at: datetime
    scheduled_end_at: datetime | None
    announced: bool
    inspector_ids: list[UUID]
    round_id: str | None
    sequence: int | None
    plan_id: UUID | None
    stop_id: UUID | None
    external_id: str | None
    score_snapshot: ScoreSnapshot | None
    created_at: datetime


class VisitBatch(Input):
    """Up to 1,000 visits in one request; each is created once, however often it is sent."""

    items: list[VisitInput] = Field(min_length=1, max_length=1000)


class Answer(Input):
    """What was seen of one item; without `room`, of the place as a whole."""

    item: str = Field(max_length=60)
    value: Severity | Literal["not_applicable", "not_seen"]
    room: str | None = Field(default=None, max_length=30)
    note: Note | None = None


class InspectionInput(Input):
    """A filled-in checklist. `instance_id` is the device's own: a second sending is harmless."""

    instance_id: UUID
    accommodation_id: UUID
    visit_id: UUID | None = Field(default=None, description="Without, a finished visit is made.")
    visit_kind: VisitKind = VisitKind.routine
    outcome: VisitState = VisitState.done
    checklist: str = "default"
    checklist_version: int = Field(default=1, ge=1)
    occurred_at: Moment
    known_at: Moment | None = None
    inspector_ids: list[UUID] = Field(default_factory=list, max_length=10)
    rooms_seen: int = Field(default=0, ge=0, le=5000)
    answers: list[Answer] = Field(default_factory=list, max_length=5000)


class Finding(Output):
    """Something wrong that was seen: an answer of 1 to 4."""

    id: UUID
    accommodation_id: UUID
    inspection_id: UUID
    item: str
    category: str
    room: str | None
    severity: int
    critical: bool
    repeat: bool
    due_on: date | None
    occurred_at: datetime
    known_at: datetime
    note: str | None


class Inspection(Output):
    """An inspection of the record, with the grade it was given for ever."""

    id: UUID
    instance_id: UUID
    accommodation_id: UUID
    visit_id: UUID
    visit_kind: VisitKind
    outcome: VisitState
    checklist: str
    checklist_version: int
    occurred_at: datetime
    known_at: datetime
    recorded_at: datetime
    inspector_ids: list[UUID]
    rooms_seen: int
    rooms_total: int
    insalubrity_index: float | None = Field(description="0 good to 100 bad; null: nothing seen.")
    coverage: float = Field(description="Share of the items that were answered, 0 to 1.")
    grade: Literal["A", "B", "C", "D"] | None
    findings: list[Finding]


class TimelineEntry(Output):
    """One visit of a place with what it found; `inspection` is null until there is one."""

    visit: Visit
    inspection: Inspection | None


class InspectionBatch(Input):
    """Up to 500 inspections in one request, each recorded once, all or none."""

    items: list[InspectionInput] = Field(min_length=1, max_length=500)


class BatchReport(Output):
    """What a batch did."""

    created: int
    unchanged: int
    ids: list[UUID] = Field(description="In the order of the request.")


class Candidate(Output):
    """A place that could be visited in the days asked for."""

    accommodation_id: UUID
    name: str
    territory: Territory
    sector: str
    position: Position
    rooms_to_see: int
    fixed_min: float = Field(ge=0, description="Minutes that do not shrink with the team.")
    person_min: float = Field(ge=0, description="Minutes of one person's work, shared by the team.")
    windows: list[Window]
    visit_kind: VisitKind = Field(description="A re-inspection where a critical finding stands.")
    due_on: date | None
    must_visit: bool
    must_reason: Label | None
    skills: list[str]
    announced: bool
    last_visit_on: date | None


class CandidatePage(Output):
    """Places to choose from. The unplaced ones have no position yet and cannot be planned."""

    items: list[Candidate]
    unplaced: list[UUID]


class RecordedFinding(Output):
    """A finding inside the event of its inspection."""

    item: str
    category: str
    room: str | None
    severity: int
    critical: bool
    repeat: bool


class InspectionRecorded(Output):
    """Data of the event `inspection.recorded`; its subject is the inspection."""

    accommodation_id: UUID
    visit_id: UUID
    visit_kind: VisitKind
    outcome: VisitState
    origin: VisitOrigin | None
    inspector_ids: list[UUID]
    occurred_at: datetime
    known_at: datetime
    rooms_seen: int
    grade: str | None
    insalubrity_index: float | None
    findings: list[RecordedFinding]
    next_due_on: date | None


class AccommodationChanged(Output):
    """Data of the event `accommodation.changed`; its subject is the accommodation."""

    kind: AccommodationKind
    territory: str
    sector: str
    position: Position | None
    rooms: int
    capacity: int | None
    operator: str
    contract_state: ContractState
    opened_on: date | None
