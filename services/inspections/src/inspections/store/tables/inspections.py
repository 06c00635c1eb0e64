"""The tables of inspections and of what they found."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from inspections.store.tables.columns import PLACE, Table, clock, maybe_moment, moment, uuids


class InspectionRow(Table, table=True):
    """A filled-in checklist with its verdict; neither ever changes.

    One that was voided is seen by nobody who does not ask for it: the database hides it.

    `digest` tells whether a second sending is the same; `reinspect_by` is the earliest deadline
    of its critical findings; `known_at_stated` is false where we supposed `known_at`.
    """

    __tablename__ = "inspection"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        ForeignKeyConstraint(["organisation", "visit_id"], ["visit.organisation", "visit.id"]),
        UniqueConstraint("organisation", "instance_id", name="inspection_instance_id"),
        Index(
            "inspection_visit_id",
            "organisation",
            "visit_id",
            unique=True,
            postgresql_where=text("voided_at is null"),
        ),
        # The policy that hides what was voided does not let a reader use that part of an index.
        Index("inspection_by_visit", "organisation", "visit_id"),
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
    occurred_at: datetime = Field(sa_column=moment())
    known_at: datetime = Field(sa_column=moment())
    known_at_stated: bool
    recorded_at: datetime = Field(sa_column=clock())
    inspector_ids: list[UUID] = Field(sa_column=uuids())
    rooms_seen: int
    rooms_total: int
    insalubrity_index: float | None
    coverage: float
    grade: str | None
    grading: str = Field(default="", sa_column_kwargs={"server_default": "insalubrity-1"})
    place_index: float | None
    rooms_mean_index: float | None
    rooms_worst_index: float | None
    reinspect_by: date | None
    answers: list[dict[str, object]] = Field(sa_column=Column(JSONB, nullable=False))
    voided_at: datetime | None = Field(default=None, sa_column=maybe_moment())


class InspectionRoomRow(Table, table=True):
    """What became of a room at an inspection; `drawn` and `instead_of` are numbers of its draw."""

    __tablename__ = "inspection_room"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        ForeignKeyConstraint(
            ["organisation", "inspection_id"], ["inspection.organisation", "inspection.id"]
        ),
        Index("inspection_room_by_place", "organisation", "accommodation_id", "room"),
    )

    organisation: UUID = Field(primary_key=True)
    inspection_id: UUID = Field(primary_key=True)
    room: str = Field(primary_key=True)
    accommodation_id: UUID
    outcome: str
    drawn: int | None
    instead_of: int | None
    reason: str | None
    occurred_at: datetime = Field(sa_column=moment())


class FindingRow(Table, table=True):
    """Something wrong that was seen; `anomaly_id` is what it continues."""

    __tablename__ = "finding"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        ForeignKeyConstraint(
            ["organisation", "inspection_id"], ["inspection.organisation", "inspection.id"]
        ),
        Index("finding_by_time", "organisation", "occurred_at", "id"),
        Index("finding_by_place", "organisation", "accommodation_id", "item", "occurred_at"),
        Index("finding_by_inspection", "organisation", "inspection_id"),
        Index("finding_by_anomaly", "organisation", "anomaly_id"),
        Index(
            "finding_unlinked",
            "organisation",
            "inspection_id",
            postgresql_where=text("anomaly_id is null"),
        ),
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
    occurred_at: datetime = Field(sa_column=moment())
    known_at: datetime = Field(sa_column=moment())
    note: str | None
    anomaly_id: UUID | None
    voided_at: datetime | None = Field(default=None, sa_column=maybe_moment())
