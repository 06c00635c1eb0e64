"""The tables of the register."""

from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from inspections.store.tables.columns import PLACE, Table, clock, uuids, words


class AccommodationRow(Table, table=True):
    """A place of the register; `revision` grows with every change.

    The newest occupancy is kept with it (`occupied_on` and what follows); it is no change.
    `merged_into` is the place that took its history over.
    """

    __tablename__ = "accommodation"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation", "operator_id"], ["operator.organisation", "operator.id"]
        ),
        ForeignKeyConstraint(["organisation", "merged_into"], PLACE),
        Index(
            "accommodation_by_operator",
            "organisation",
            "operator_id",
            postgresql_where=text("operator_id is not null"),
        ),
        Index(
            "accommodation_unsure",
            "organisation",
            "position_source",
            postgresql_where=text("position_source in ('unknown', 'to_check')"),
        ),
        Index(
            "accommodation_by_successor",
            "organisation",
            "merged_into",
            postgresql_where=text("merged_into is not null"),
        ),
        UniqueConstraint("organisation", "external_id", name="accommodation_external_id"),
        Index("accommodation_by_name", "organisation", "name", "id"),
        Index("accommodation_by_territory", "organisation", "territory", "id"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    external_id: str
    name: str
    kind: str
    address: str
    postcode: str
    city: str
    territory: str
    sector: str
    lon: float | None
    lat: float | None
    rooms: int
    capacity: int | None
    operator: str
    contract_state: str
    visit_hours: list[dict[str, object]] = Field(sa_column=Column(JSONB, nullable=False))
    skills: list[str] = Field(sa_column=words())
    confidential_address: bool
    opened_on: date | None
    siret: str | None
    insee_commune: str | None
    operator_id: UUID | None
    erp_category: int | None = Field(sa_type=SmallInteger)
    safety_opinion: str | None
    safety_opinion_on: date | None
    reception_phone: str
    access_notes: str
    languages: list[str] = Field(sa_column=words())
    occupied_on: date | None
    rooms_booked: int | None
    people: int | None
    children_under_three: int | None
    merged_into: UUID | None
    position_source: str
    position_confidence: float | None
    position_guess: dict[str, object] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    revision: int
    created_at: datetime = Field(sa_column=clock())
    updated_at: datetime = Field(sa_column=clock())


class OperatorRow(Table, table=True):
    """Who runs places."""

    __tablename__ = "operator"
    __table_args__ = (UniqueConstraint("organisation", "name", name="operator_name"),)

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str
    siret: str | None
    email: str
    phone: str
    address: str
    revision: int
    created_at: datetime = Field(sa_column=clock())
    updated_at: datetime = Field(sa_column=clock())


class RoomRow(Table, table=True):
    """A room of a place, by the label on its door; nothing of who lives there."""

    __tablename__ = "room"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        UniqueConstraint("organisation", "accommodation_id", "label", name="room_label"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    accommodation_id: UUID
    label: str
    floor: int | None
    capacity: int | None
    area_m2: float | None
    in_use: bool
    created_at: datetime = Field(sa_column=clock())


class OccupancyRow(Table, table=True):
    """How many live in a place on a day; no names."""

    __tablename__ = "occupancy"
    __table_args__ = (ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),)

    organisation: UUID = Field(primary_key=True)
    accommodation_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True)
    rooms_booked: int
    people: int
    children_under_three: int
    recorded_at: datetime = Field(sa_column=clock())


class ExternalIdentifierRow(Table, table=True):
    """What another system calls a place."""

    __tablename__ = "external_identifier"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        Index("external_identifier_by_place", "organisation", "accommodation_id"),
    )

    organisation: UUID = Field(primary_key=True)
    system: str = Field(primary_key=True)
    external_id: str = Field(primary_key=True)
    accommodation_id: UUID
    created_at: datetime = Field(sa_column=clock())


class ZoneRow(Table, table=True):
    """An area of an organisation's own: a shape on the map, or a list."""

    __tablename__ = "zone"
    __table_args__ = (UniqueConstraint("organisation", "code", name="zone_code"),)

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str
    name: str
    geometry: dict[str, object] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    postcodes: list[str] = Field(sa_column=words())
    communes: list[str] = Field(sa_column=words())
    accommodation_ids: list[UUID] = Field(sa_column=uuids())
    revision: int
    created_at: datetime = Field(sa_column=clock())
    updated_at: datetime = Field(sa_column=clock())
