"""The tables of revisions: what every record became, by whom and why."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB, VARCHAR
from sqlmodel import Field

from inspections.store.tables.columns import Table, moment


def _key() -> "Column[str]":
    return Column(VARCHAR(collation="C"), primary_key=True)


class RecordChangeRow(Table, table=True):
    """What one transaction changed, by whom and why; `digest` chains it to the change before."""

    __tablename__ = "record_change"
    __table_args__ = (UniqueConstraint("organisation", "id", name="record_change_id"),)

    organisation: UUID = Field(primary_key=True)
    number: int = Field(sa_type=BigInteger, primary_key=True)
    id: UUID
    author: str
    reason: str
    recorded_at: datetime = Field(sa_column=moment())
    digest: bytes = Field(sa_type=LargeBinary)


class RevisionRow(Table, table=True):
    """What a record became; personal values are in `content` as their digests only."""

    __tablename__ = "revision"
    __table_args__ = (Index("revision_by_change", "organisation", "change_id"),)

    organisation: UUID = Field(primary_key=True)
    subject_kind: str = Field(sa_column=_key())
    subject_id: str = Field(sa_column=_key())
    number: int = Field(primary_key=True)
    change_id: UUID
    action: str
    content: dict[str, object] = Field(sa_column=Column(JSONB, nullable=False))
    salt: bytes = Field(sa_type=LargeBinary)
    digest: bytes = Field(sa_type=LargeBinary)


class PersonalValueRow(Table, table=True):
    """What of a revision is personal, or written freely; it may be forgotten."""

    __tablename__ = "personal_value"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation", "subject_kind", "subject_id", "number"],
            [
                "revision.organisation",
                "revision.subject_kind",
                "revision.subject_id",
                "revision.number",
            ],
        ),
    )

    organisation: UUID = Field(primary_key=True)
    subject_kind: str = Field(sa_column=_key())
    subject_id: str = Field(sa_column=_key())
    number: int = Field(primary_key=True)
    field: str = Field(primary_key=True)
    value: object = Field(sa_column=Column(JSONB, nullable=False))
    salt: bytes = Field(sa_type=LargeBinary)
