"""Inspections: what a visit saw, and what was found wrong."""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.inspections.checklists import Severity
from shared.contracts.inspections.visits import Visit, VisitKind, VisitOrigin, VisitState
from shared.contracts.message import KEPT, Input, Moment, Note, Output


class Responsibility(StrEnum):
    """Who has to put right what is wrong; only the operator's counts in a grade."""

    operator = "operator"
    organisation = "organisation"
    household = "household"
    unknown = "unknown"


class RoomOutcome(StrEnum):
    """What became of a room. A household that refuses or is away is within its rights."""

    seen = "seen"
    household_refused = "household_refused"
    household_absent = "household_absent"
    out_of_use = "out_of_use"
    not_reached = "not_reached"


class RoomReason(StrEnum):
    """Why a room was seen that the draw had not asked for."""

    household_refused = "household_refused"
    household_absent = "household_absent"
    out_of_use = "out_of_use"
    asked_by_household = "asked_by_household"
    danger_reported = "danger_reported"
    no_such_room = "no_such_room"
    other = "other"


class RoomVisit(Input):
    """What became of a room, by the label on its door; nothing of who lives there."""

    room: str = Field(min_length=1, max_length=30, pattern=KEPT)
    outcome: RoomOutcome = RoomOutcome.seen
    drawn: int | None = Field(
        default=None, ge=1, description="Its number in the draw; found by the label if left out."
    )
    instead_of: int | None = Field(
        default=None, ge=1, description="Number in the draw of the room it stands in for."
    )
    reason: RoomReason | None = Field(
        default=None, description="Needed for a room the draw had not asked for."
    )


class Answer(Input):
    """What was seen of one item; without `room`, of the place as a whole."""

    item: str = Field(max_length=60, pattern=KEPT)
    value: Severity | Literal["not_applicable", "not_seen"]
    room: str | None = Field(default=None, max_length=30, pattern=KEPT)
    note: Note | None = None
    responsibility: Responsibility | None = Field(
        default=None, description="Who has to put it right, if the visit could tell."
    )


class InspectionInput(Input):
    """A filled-in checklist. `instance_id` is the device's own: a second sending is harmless."""

    instance_id: UUID
    accommodation_id: UUID
    visit_id: UUID | None = Field(default=None, description="Without, a finished visit is made.")
    visit_kind: VisitKind = VisitKind.routine
    outcome: VisitState = VisitState.done
    checklist: str = Field(default="default", max_length=60, pattern=KEPT)
    checklist_version: int = Field(default=1, ge=1)
    occurred_at: Moment
    known_at: Moment | None = None
    started_at: Moment | None = Field(default=None, description="When the team arrived.")
    ended_at: Moment | None = Field(default=None, description="When it left.")
    inspector_ids: list[UUID] = Field(default_factory=list, max_length=10)
    rooms_seen: int = Field(
        default=0, ge=0, le=5000, description="May be left out where `rooms` are given."
    )
    rooms: list[RoomVisit] = Field(default_factory=list, max_length=5000)
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
    anomaly_id: UUID | None = Field(default=None, description="What it continues across visits.")


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
    grading: str = Field(description="Name of the formulas that gave index and grade.")
    place_index: float | None = Field(description="Of all but the rooms.")
    rooms_mean_index: float | None
    rooms_worst_index: float | None
    findings: list[Finding]


class InspectionForm(Output):
    """An inspection as it was filled in: its rooms with their numbers in the draw, its answers."""

    inspection_id: UUID
    instance_id: UUID
    checklist: str
    checklist_version: int
    rooms: list[RoomVisit]
    answers: list[Answer]


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


class InspectionBatchReport(BatchReport):
    """What a batch of inspections did."""

    held: list[int] = Field(
        default=[],
        description="Positions in the request of forms whose visit was over: kept, to be decided. "
        "Their ids are those of form conflicts.",
    )


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
