"""The tables of the record. Every row carries its organisation, and the database enforces it.

Keys begin with the organisation, so that row-level security reads them through the index.
"""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, ForeignKeyConstraint, Index, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP, VARCHAR
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

PLACE = ("accommodation.organisation", "accommodation.id")


class Table(SQLModel, registry=registry()):
    """Where the tables of this service, and of no other, are known."""


def _moment() -> "Column[datetime]":
    return Column(TIMESTAMP(timezone=True), nullable=False)


def _clock() -> "Column[datetime]":
    return Column(TIMESTAMP(timezone=True), nullable=False, server_default=func.now())


def _uuids() -> "Column[list[UUID]]":
    return Column(ARRAY(UUID_TYPE(as_uuid=True)), nullable=False)


class AccommodationRow(Table, table=True):
    """A place of the register; `revision` grows with every change."""

    __tablename__ = "accommodation"
    __table_args__ = (
        UniqueConstraint("organisation", "external_id", name="accommodation_external_id"),
        Index("accommodation_by_name", "organisation", "name", "id"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    external_id: str
    name: str
    kind: str
    address: str
    postcode: str
    city: str
    territory: str
    sector: str
    lon: float | None
    lat: float | None
    rooms: int
    capacity: int | None
    operator: str
    contract_state: str
    visit_hours: list[dict[str, object]] = Field(sa_column=Column(JSONB, nullable=False))
    skills: list[str] = Field(sa_column=Column(ARRAY(VARCHAR), nullable=False))
    confidential_address: bool
    opened_on: date | None
    revision: int
    created_at: datetime = Field(sa_column=_clock())
    updated_at: datetime = Field(sa_column=_clock())


class ChecklistRow(Table, table=True):
    """A published version of a grid, never changed; `items` as their messages."""

    __tablename__ = "checklist"
    __table_args__ = (
        UniqueConstraint("organisation", "code", "version", name="checklist_code_version"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str
    version: int
    items: list[dict[str, object]] = Field(sa_column=Column(JSONB, nullable=False))
    published_at: datetime = Field(sa_column=_clock())


class VisitRow(Table, table=True):
    """An appointment; `sent_as` is what makes a second sending of it known."""

    __tablename__ = "visit"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        UniqueConstraint("organisation", "sent_as", name="visit_sent_as"),
        Index("visit_by_time", "organisation", "scheduled_at", "id"),
        Index("visit_by_place", "organisation", "accommodation_id", "scheduled_at"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    accommodation_id: UUID
    kind: str
    state: str
    origin: str | None
    scheduled_at: datetime = Field(sa_column=_moment())
    scheduled_end_at: datetime | None = Field(sa_column=Column(TIMESTAMP(timezone=True)))
    announced: bool
    inspector_ids: list[UUID] = Field(sa_column=_uuids())
    round_id: str | None
    sequence: int | None
    plan_id: UUID | None
    stop_id: UUID | None
    external_id: str | None
    sent_as: str | None
    score_snapshot: dict[str, object] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    created_at: datetime = Field(sa_column=_clock())


class InspectionRow(Table, table=True):
    """A filled-in checklist with its verdict; neither ever changes.

    `digest` tells whether a second sending is the same; `reinspect_by` is the earliest deadline
    of its critical findings; `known_at_stated` is false where we supposed `known_at`.
    """

    __tablename__ = "inspection"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        ForeignKeyConstraint(["organisation", "visit_id"], ["visit.organisation", "visit.id"]),
        UniqueConstraint("organisation", "instance_id", name="inspection_instance_id"),
        UniqueConstraint("organisation", "visit_id", name="inspection_visit_id"),
        Index("inspection_by_time", "organisation", "occurred_at", "id"),
        Index("inspection_by_place", "organisation", "accommodation_id", "occurred_at"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    instance_id: UUID
    digest: str
    accommodation_id: UUID
    visit_id: UUID
    visit_kind: str
    outcome: str
    checklist: str
    checklist_version: int
    occurred_at: datetime = Field(sa_column=_moment())
    known_at: datetime = Field(sa_column=_moment())
    known_at_stated: bool
    recorded_at: datetime = Field(sa_column=_clock())
    inspector_ids: list[UUID] = Field(sa_column=_uuids())
    rooms_seen: int
    rooms_total: int
    insalubrity_index: float | None
    coverage: float
    grade: str | None
    reinspect_by: date | None
    answers: list[dict[str, object]] = Field(sa_column=Column(JSONB, nullable=False))


class FindingRow(Table, table=True):
    """Something wrong that was seen."""

    __tablename__ = "finding"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        ForeignKeyConstraint(
            ["organisation", "inspection_id"], ["inspection.organisation", "inspection.id"]
        ),
        Index("finding_by_time", "organisation", "occurred_at", "id"),
        Index("finding_by_place", "organisation", "accommodation_id", "item", "occurred_at"),
        Index("finding_by_inspection", "organisation", "inspection_id"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    accommodation_id: UUID
    inspection_id: UUID
    item: str
    category: str
    room: str | None
    severity: int
    critical: bool
    repeat: bool
    due_on: date | None
    occurred_at: datetime = Field(sa_column=_moment())
    known_at: datetime = Field(sa_column=_moment())
    note: str | None
