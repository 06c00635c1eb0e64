"""The tables of charters, and of notices to operators."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from inspections.store.tables.columns import PLACE, Table, clock, moment, uuids


class CharterRow(Table, table=True):
    """A version of a charter, never changed; `articles` as their messages."""

    __tablename__ = "charter"
    __table_args__ = (
        UniqueConstraint("organisation", "code", "version", name="charter_code_version"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str
    version: str
    title: str
    in_force_from: date
    articles: list[dict[str, object]] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = Field(sa_column=clock())


class CharterAcceptanceRow(Table, table=True):
    """That an operator accepted a version of a charter, with the name he then had."""

    __tablename__ = "charter_acceptance"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation", "charter_id"], ["charter.organisation", "charter.id"]
        ),
        ForeignKeyConstraint(
            ["organisation", "operator_id"], ["operator.organisation", "operator.id"]
        ),
        UniqueConstraint("organisation", "charter_id", "operator", name="charter_acceptance_once"),
        Index(
            "charter_acceptance_once_an_operator",
            "organisation",
            "charter_id",
            "operator_id",
            unique=True,
            postgresql_where=text("operator_id is not null"),
        ),
        Index("charter_acceptance_by_operator", "organisation", "operator", "accepted_on"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    charter_id: UUID
    operator: str
    operator_id: UUID | None = None
    accepted_on: date
    recorded_by: str
    created_at: datetime = Field(sa_column=clock())


class NoticeRow(Table, table=True):
    """A notice as it was issued, never changed; `documents` names the files of its documents."""

    __tablename__ = "notice"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        UniqueConstraint("organisation", "number", name="notice_number"),
        UniqueConstraint("organisation", "sent_as", name="notice_sent_as"),
        Index("notice_by_time", "organisation", "issued_at", "id"),
        Index("notice_by_place", "organisation", "accommodation_id", "issued_at"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    accommodation_id: UUID
    number: str
    anomaly_ids: list[UUID] = Field(sa_column=uuids())
    content: dict[str, object] = Field(sa_column=Column(JSONB, nullable=False))
    documents: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    issued_at: datetime = Field(sa_column=moment())
    issued_by: str
    sent_as: str | None
    request_digest: str


class NoticeStepRow(Table, table=True):
    """That a notice was received or answered; never changed."""

    __tablename__ = "notice_step"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "notice_id"], ["notice.organisation", "notice.id"]),
        UniqueConstraint("organisation", "notice_id", "kind", name="notice_step_once"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    notice_id: UUID
    kind: str
    occurred_at: datetime = Field(sa_column=moment())
    recorded_at: datetime = Field(sa_column=clock())
    means: str
    text: str
    done_by: str
