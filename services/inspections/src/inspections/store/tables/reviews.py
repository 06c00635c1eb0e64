"""The tables of what looks wrong with inspections, and of what reviewers decided."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, ForeignKeyConstraint, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from inspections.store.tables.columns import Table, clock


class InspectionFlagRow(Table, table=True):
    """Something that looks wrong with an inspection."""

    __tablename__ = "inspection_flag"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation", "inspection_id"], ["inspection.organisation", "inspection.id"]
        ),
    )

    organisation: UUID = Field(primary_key=True)
    inspection_id: UUID = Field(primary_key=True)
    code: str = Field(primary_key=True)
    detail: str
    raised_at: datetime = Field(sa_column=clock())


class InspectionReviewRow(Table, table=True):
    """What a reviewer decided about an inspection; never changed, the last one stands."""

    __tablename__ = "inspection_review"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation", "inspection_id"], ["inspection.organisation", "inspection.id"]
        ),
        Index("inspection_review_by_inspection", "organisation", "inspection_id", "decided_at"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    inspection_id: UUID
    state: str
    reason: str
    decided_by: str
    decided_at: datetime = Field(sa_column=clock())


class InspectionDraftRow(Table, table=True):
    """A form that is not finished; it counts nowhere."""

    __tablename__ = "inspection_draft"

    organisation: UUID = Field(primary_key=True)
    instance_id: UUID = Field(primary_key=True)
    form: dict[str, object] = Field(sa_column=Column(JSONB, nullable=False))
    saved_by: str
    saved_at: datetime = Field(sa_column=clock())
