"""The tables of complaints."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlmodel import Field

from inspections.store.tables.columns import PLACE, Table, clock, maybe_moment, moment


class ComplaintRow(Table, table=True):
    """What somebody outside told of a place; who it was lies apart, if we know at all.

    `duplicate_of` is the first complaint of the same trouble; `territory` is that of the place,
    or of the postcode told while the place is not known.
    """

    __tablename__ = "complaint"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        ForeignKeyConstraint(
            ["organisation", "finding_id"], ["finding.organisation", "finding.id"]
        ),
        ForeignKeyConstraint(
            ["organisation", "duplicate_of"], ["complaint.organisation", "complaint.id"]
        ),
        UniqueConstraint("organisation", "sent_as", name="complaint_sent_as"),
        Index("complaint_by_time", "organisation", "occurred_at", "id"),
        Index("complaint_by_place", "organisation", "accommodation_id", "occurred_at"),
        Index(
            "complaint_by_group",
            "organisation",
            "duplicate_of",
            postgresql_where=text("duplicate_of is not null"),
        ),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    accommodation_id: UUID | None
    place: str
    territory: str | None
    source: str
    category: str | None
    item: str | None
    room: str | None
    finding_id: UUID | None
    severity: int = Field(sa_type=SmallInteger)
    text: str
    occurred_at: datetime = Field(sa_column=moment())
    known_at: datetime = Field(sa_column=moment())
    state: str
    verdict: str | None
    judged_at: datetime | None = Field(sa_column=maybe_moment())
    duplicate_of: UUID | None
    reason: str | None
    sent_as: str | None
    sent_digest: str | None
    revision: int
    created_at: datetime = Field(sa_column=clock())
    updated_at: datetime = Field(sa_column=clock())


class ComplaintContactRow(Table, table=True):
    """How to reach who complained, until `purge_on`; never in a list, an event or a log."""

    __tablename__ = "complaint_contact"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation", "complaint_id"], ["complaint.organisation", "complaint.id"]
        ),
        Index("complaint_contact_by_day", "organisation", "purge_on"),
    )

    organisation: UUID = Field(primary_key=True)
    complaint_id: UUID = Field(primary_key=True)
    name: str
    phone: str
    email: str
    purge_on: date
    created_at: datetime = Field(sa_column=clock())
