"""The table of grants."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP, VARCHAR
from sqlalchemy.dialects.postgresql import UUID as UUID_TYPE
from sqlmodel import Field

from inspections.store.tables.columns import Table, clock, moment


class AccessGrantRow(Table, table=True):
    """What an organisation lets another read; of a list of places, or of a territory."""

    __tablename__ = "access_grant"
    __table_args__ = (
        UniqueConstraint("organisation", "sent_as", name="access_grant_sent_as"),
        Index("access_grant_by_grantee", "grantee"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    grantee: UUID
    fields: list[str] = Field(sa_column=Column(ARRAY(VARCHAR), nullable=False))
    accommodation_ids: list[UUID] | None = Field(sa_column=Column(ARRAY(UUID_TYPE(as_uuid=True))))
    territory: str | None
    until: datetime = Field(sa_column=moment())
    sent_as: str | None
    request_digest: str
    created_by: str
    created_at: datetime = Field(sa_column=clock())
    revoked_by: str | None
    revoked_at: datetime | None = Field(sa_column=Column(TIMESTAMP(timezone=True)))
