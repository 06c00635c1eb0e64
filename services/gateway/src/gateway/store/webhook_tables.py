"""The tables of webhooks: who is told what, with which secrets, and what became of each message."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, ForeignKey, Index, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP, VARCHAR
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE
from sqlmodel import Field

from gateway.store.tables import Table


def _clock() -> "Column[datetime]":
    return Column(TIMESTAMP(timezone=True), nullable=False, server_default=func.now())


def _moment(*, nullable: bool = True) -> "Column[datetime]":
    return Column(TIMESTAMP(timezone=True), nullable=nullable)


def _of_webhook() -> "Column[UUID]":
    return Column(
        UUID_TYPE(as_uuid=True), ForeignKey("webhook.id", ondelete="CASCADE"), nullable=False
    )


class WebhookRow(Table, table=True):
    """An address that is told of events; of all kinds where `kinds` is empty.

    `failures` counts those in a row; until `quiet_until` the receiver is left alone.
    """

    __tablename__ = "webhook"
    __table_args__ = (UniqueConstraint("organisation", "url", name="webhook_url"),)

    id: UUID = Field(primary_key=True)
    organisation: UUID
    url: str
    name: str
    kinds: list[str] = Field(sa_column=Column(ARRAY(VARCHAR), nullable=False))
    state: str = "active"
    paused_because: str | None = None
    failures: int = 0
    failing_since: datetime | None = Field(default=None, sa_column=_moment())
    quiet_until: datetime | None = Field(default=None, sa_column=_moment())
    revision: int = 1
    created_by: str
    created_at: datetime = Field(sa_column=_clock())


class WebhookSecretRow(Table, table=True):
    """A secret that messages of a webhook are signed with, encrypted; `until` it is replaced."""

    __tablename__ = "webhook_secret"
    __table_args__ = (Index("webhook_secret_webhook", "webhook_id"),)

    id: UUID = Field(primary_key=True)
    organisation: UUID
    webhook_id: UUID = Field(sa_column=_of_webhook())
    sealed: str
    created_at: datetime = Field(sa_column=_clock())
    until: datetime | None = Field(default=None, sa_column=_moment())


class WebhookDeliveryRow(Table, table=True):
    """A message on its way to a receiver: waiting, delivered, or dead.

    `claimed_until` is set while a worker has it under way, `queued_at` is when it was asked for
    last, and `told` holds its latest attempts.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "source", "position", name="webhook_delivery_event"),
        Index(
            "webhook_delivery_due",
            "organisation",
            "webhook_id",
            "due_at",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "webhook_delivery_order",
            "webhook_id",
            "source",
            "subject_id",
            "position",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("webhook_delivery_age", "webhook_id", "state", "queued_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    organisation: UUID
    webhook_id: UUID = Field(sa_column=_of_webhook())
    source: str
    position: int = Field(sa_type=BigInteger)
    kind: str
    subject_id: UUID
    body: str
    state: str = "waiting"
    attempts: int = 0
    queued_at: datetime = Field(sa_column=_clock())
    due_at: datetime = Field(sa_column=_clock())
    claimed_until: datetime | None = Field(default=None, sa_column=_moment())
    settled_at: datetime | None = Field(default=None, sa_column=_moment())
    told: list[dict[str, object]] = Field(sa_column=Column(JSONB, nullable=False))
