"""The tables of visits."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from inspections.store.tables.columns import PLACE, Table, clock, maybe_moment, moment, uuids


class VisitRow(Table, table=True):
    """An appointment; `sent_as` makes a second sending known, `sent_digest` one with other content.

    `reason` says why it was last moved or cancelled; `rooms_seen` is of its inspection.
    """

    __tablename__ = "visit"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        UniqueConstraint("organisation", "sent_as", name="visit_sent_as"),
        Index("visit_by_time", "organisation", "scheduled_at", "id"),
        Index("visit_by_place", "organisation", "accommodation_id", "scheduled_at"),
        Index(
            "visit_by_end",
            "organisation",
            "kind",
            "ended_at",
            postgresql_where=text("ended_at is not null"),
        ),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    accommodation_id: UUID
    kind: str
    state: str
    origin: str | None
    scheduled_at: datetime = Field(sa_column=moment())
    scheduled_end_at: datetime | None = Field(sa_column=maybe_moment())
    announced: bool
    inspector_ids: list[UUID] = Field(sa_column=uuids())
    round_id: str | None
    sequence: int | None
    plan_id: UUID | None
    stop_id: UUID | None
    external_id: str | None
    sent_as: str | None
    sent_digest: str | None
    score_snapshot: dict[str, object] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    revision: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    en_route_at: datetime | None = Field(sa_column=maybe_moment())
    started_at: datetime | None = Field(sa_column=maybe_moment())
    ended_at: datetime | None = Field(sa_column=maybe_moment())
    rooms_seen: int | None
    reason: str | None
    created_at: datetime = Field(sa_column=clock())
    updated_at: datetime = Field(sa_column=clock())
