"""The tables of danger alerts: who is paged, what was said, and whom else to call."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlmodel import Field

from inspections.store.tables.columns import PLACE, Table, clock, moment


class AlertRow(Table, table=True):
    """A danger somebody must answer for at once; `level` is the last one that was paged.

    `source_id` is the inspection or complaint that told it; `dangers` what is dangerous there.
    """

    __tablename__ = "alert"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        UniqueConstraint("organisation", "source", "source_id", name="alert_source"),
        Index("alert_by_time", "organisation", "raised_at", "id"),
        Index(
            "alert_unanswered",
            "organisation",
            "next_page_at",
            postgresql_where=text("state = 'raised'"),
        ),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    accommodation_id: UUID
    source: str
    source_id: UUID
    dangers: list[dict[str, object]] = Field(sa_column=Column(JSONB, nullable=False))
    occurred_at: datetime = Field(sa_column=moment())
    raised_at: datetime = Field(sa_column=moment())
    state: str
    level: int
    next_page_at: datetime | None = Field(sa_column=Column(TIMESTAMP(timezone=True)))


class AlertStepRow(Table, table=True):
    """One thing that happened to an alert; never changed."""

    __tablename__ = "alert_step"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "alert_id"], ["alert.organisation", "alert.id"]),
        Index("alert_step_by_alert", "organisation", "alert_id", "number"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    alert_id: UUID
    number: int
    kind: str
    occurred_at: datetime = Field(sa_column=moment())
    recorded_at: datetime = Field(sa_column=clock())
    level: int | None
    shift_id: UUID | None
    done_by: str | None
    note: str | None


class OnCallShiftRow(Table, table=True):
    """Whose turn it is to be paged; without territory, for those nobody else has."""

    __tablename__ = "on_call_shift"
    __table_args__ = (Index("on_call_shift_by_end", "organisation", "ends_at", "id"),)

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    level: int
    territory: str | None
    starts_at: datetime = Field(sa_column=moment())
    ends_at: datetime = Field(sa_column=moment())
    name: str
    email: str
    phone: str
    created_at: datetime = Field(sa_column=clock())


class AuthorityContactRow(Table, table=True):
    """Whom to call in a territory about a danger: the mayor, the fire service, …."""

    __tablename__ = "authority_contact"
    __table_args__ = (Index("authority_contact_by_territory", "organisation", "territory"),)

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    territory: str | None
    kind: str
    name: str
    phone: str
    email: str
    note: str
    created_at: datetime = Field(sa_column=clock())
