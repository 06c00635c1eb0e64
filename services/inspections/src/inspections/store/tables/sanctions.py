"""The table of sanctions, and that of re-inspections the record proposes."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlmodel import Field

from inspections.store.tables.columns import PLACE, Table, moment, uuids


class SanctionRow(Table, table=True):
    """A step against an operator: proposed by one, answered by him, decided by another."""

    __tablename__ = "sanction"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        UniqueConstraint("organisation", "sent_as", name="sanction_sent_as"),
        Index("sanction_by_time", "organisation", "proposed_at", "id"),
        Index("sanction_by_place", "organisation", "accommodation_id", "decided_at"),
        Index(
            "sanction_proposed",
            "organisation",
            "accommodation_id",
            "step",
            unique=True,
            postgresql_where=text("state = 'proposed'"),
        ),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    accommodation_id: UUID
    step: str
    state: str
    grounds: str
    anomaly_ids: list[UUID] = Field(sa_column=uuids())
    notice_id: UUID | None
    proposed_by: str
    proposed_at: datetime = Field(sa_column=moment())
    reply_by: datetime | None = Field(sa_column=Column(TIMESTAMP(timezone=True)))
    replied_at: datetime | None = Field(sa_column=Column(TIMESTAMP(timezone=True)))
    reply: str | None
    reply_recorded_by: str | None
    decided_by: str | None
    decided_at: datetime | None = Field(sa_column=Column(TIMESTAMP(timezone=True)))
    decision: str | None
    sent_as: str | None


class ReinspectionRow(Table, table=True):
    """That a place should be seen again, by when and why; one is open for a place at a time."""

    __tablename__ = "reinspection"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        Index(
            "reinspection_open",
            "organisation",
            "accommodation_id",
            unique=True,
            postgresql_where=text("closed_at is null"),
        ),
        Index("reinspection_by_day", "organisation", "see_by", "id"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    accommodation_id: UUID
    see_by: date
    reasons: list[dict[str, object]] = Field(sa_column=Column(JSONB, nullable=False))
    proposed_at: datetime = Field(sa_column=moment())
    closed_at: datetime | None = Field(sa_column=Column(TIMESTAMP(timezone=True)))
    inspection_id: UUID | None
