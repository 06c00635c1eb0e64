"""The tables of the gateway.

Every row of an organisation carries it, and the database enforces it.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP, VARCHAR
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry()):
    """Where the tables of this service, and of no other, are known."""


def _clock() -> "Column[datetime]":
    return Column(TIMESTAMP(timezone=True), nullable=False, server_default=func.now())


class WeeklyPlanRow(Table, table=True):
    """A week that was asked for; `territories` is null until its places are known.

    `step` says how far it is: gathering, refused, asked, accepting, accepted, withdrawing,
    withdrawn.
    """

    __tablename__ = "weekly_plan"
    __table_args__ = (Index("weekly_plan_by_age", "organisation", "created_at", "id"),)

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    job_id: UUID
    step: str
    starts_on: date
    days: int
    request: dict[str, object] = Field(sa_column=Column(JSONB, nullable=False))
    routing_key: str
    asked_within: list[str] = Field(sa_column=Column(ARRAY(VARCHAR), nullable=False))
    territories: list[str] | None = Field(sa_column=Column(ARRAY(VARCHAR)))
    candidates: int | None
    unplaced: list[UUID] = Field(sa_column=Column(ARRAY(UUID_TYPE(as_uuid=True)), nullable=False))
    notices: list[dict[str, object]] = Field(sa_column=Column(JSONB, nullable=False))
    refusal: dict[str, object] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    acceptances: int
    acceptance_job_id: UUID | None
    withdrawn_because: str | None
    created_by: str
    created_at: datetime = Field(sa_column=_clock())


class KnownScoresRow(Table, table=True):
    """The priorities an organisation was last told, for the hours in which scoring is away."""

    __tablename__ = "known_scores"

    organisation: UUID = Field(primary_key=True)
    priorities: dict[str, object] = Field(sa_column=Column(JSONB, nullable=False))
    told_at: datetime = Field(sa_column=_clock())


class AuditBatchRow(Table, table=True):
    """Lines of the audit that were written together, chained to those before."""

    __tablename__ = "audit_batch"
    __table_args__ = (
        Index("audit_batch_lines", "lines", postgresql_using="gin"),
        Index("audit_batch_age", "organisation", "last_at"),
    )

    organisation: UUID = Field(primary_key=True)
    number: int = Field(sa_column=Column(BigInteger, primary_key=True))
    previous: str
    digest: str
    lines: list[dict[str, object]] = Field(sa_column=Column(JSONB, nullable=False))
    last_at: datetime = Field(sa_column=Column(TIMESTAMP(timezone=True), nullable=False))
    recorded_at: datetime = Field(sa_column=_clock())


class AuditCheckpointRow(Table, table=True):
    """Where the chain begins since older batches were dropped."""

    __tablename__ = "audit_checkpoint"

    organisation: UUID = Field(primary_key=True)
    number: int = Field(sa_column=Column(BigInteger, primary_key=True))
    digest: str
    dropped_at: datetime = Field(sa_column=_clock())


class ServicePageRow(Table, table=True):
    """The OpenAPI document that a service last told; of no organisation."""

    __tablename__ = "service_page"

    service: str = Field(primary_key=True)
    page: dict[str, object] = Field(sa_column=Column(JSONB, nullable=False))
    told_at: datetime = Field(sa_column=_clock())
