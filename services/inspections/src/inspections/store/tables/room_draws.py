"""The table of draws of rooms."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, ForeignKeyConstraint, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from inspections.store.tables.columns import PLACE, Table, clock


class RoomDrawRow(Table, table=True):
    """The rooms drawn for a visit, in their order, with what was known of them; never changed."""

    __tablename__ = "room_draw"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        ForeignKeyConstraint(["organisation", "visit_id"], ["visit.organisation", "visit.id"]),
        UniqueConstraint("organisation", "visit_id", name="room_draw_visit_id"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    visit_id: UUID
    accommodation_id: UUID
    method: str
    seed: str
    size: int
    rooms: list[dict[str, object]] = Field(sa_column=Column(JSONB, nullable=False))
    drawn_by: str
    drawn_at: datetime = Field(sa_column=clock())
