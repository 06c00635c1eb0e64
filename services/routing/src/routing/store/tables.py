"""The tables of routing. Road graphs are everybody's; all else carries its organisation."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column, Index, func, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Table(SQLModel, registry=registry()):
    """Where the tables of this service, and of no other, are known."""


class GraphRow(Table, table=True):
    """A version of the road graph; its arrays are the blob `bundle`."""

    __tablename__ = "graph"
    __table_args__ = (
        Index("graph_active", "state", unique=True, postgresql_where=text("state = 'active'")),
        Index("graph_by_age", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    name: str
    state: str
    bundle: str
    source_sha256: str
    osm_timestamp: str | None
    nodes: int
    arcs: int
    length_km: float
    component_share: float
    missing_nodes: int
    cut_ways: int
    west: float
    south: float
    east: float
    north: float
    attribution: str
    country: str | None = None
    profile_sha256: str | None = None
    profiles: dict[str, dict[str, object]] | None = Field(
        default=None, sa_column=Column(JSONB, nullable=True)
    )
    changed_share: float | None = None
    created_at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True), nullable=False, server_default=func.now())
    )


class TimetableRow(Table, table=True):
    """A version of the timetable of public transport; its arrays are the blob `bundle`."""

    __tablename__ = "timetable"
    __table_args__ = (
        Index("timetable_active", "state", unique=True, postgresql_where=text("state = 'active'")),
        Index("timetable_by_age", "created_at", "id"),
    )

    id: UUID = Field(primary_key=True)
    name: str
    state: str
    bundle: str
    source_sha256: str
    timezone: str
    first_day: date
    last_day: date
    stops: int
    lines: int
    trips: int
    times: int
    lone_stops: int
    created_at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True), nullable=False, server_default=func.now())
    )
