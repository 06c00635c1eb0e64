"""The table of forms that compete with what the record holds of their visit."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, ForeignKeyConstraint, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlmodel import Field

from inspections.store.tables.columns import PLACE, Table, clock, moment


class FormConflictRow(Table, table=True):
    """A form whose visit was over when it came: kept as sent, until somebody decides.

    `inspection_id` is what the record held of the visit; `recorded_as` the inspection the form
    became, if it did.
    """

    __tablename__ = "form_conflict"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        ForeignKeyConstraint(["organisation", "visit_id"], ["visit.organisation", "visit.id"]),
        UniqueConstraint("organisation", "instance_id", name="form_conflict_instance_id"),
        Index("form_conflict_by_time", "organisation", "received_at", "id"),
        Index("form_conflict_by_visit", "organisation", "visit_id"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    accommodation_id: UUID
    visit_id: UUID
    inspection_id: UUID | None
    instance_id: UUID
    digest: str
    form: dict[str, object] = Field(sa_column=Column(JSONB, nullable=False))
    sent_by: str
    occurred_at: datetime = Field(sa_column=moment())
    received_at: datetime = Field(sa_column=clock())
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None = Field(sa_column=Column(TIMESTAMP(timezone=True)))
    reason: str | None
    recorded_as: UUID | None
