"""The tables of what is forgotten: rules, runs, and purges that a restore must do again."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from inspections.store.tables.columns import Table, clock


class RetentionRuleRow(Table, table=True):
    """After how many days an organisation has a kind of data forgotten."""

    __tablename__ = "retention_rule"

    organisation: UUID = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    days: int
    changed_by: str
    changed_at: datetime = Field(sa_column=clock())


class RetentionRunRow(Table, table=True):
    """What a run of the rules forgot, or would have; never changed."""

    __tablename__ = "retention_run"
    __table_args__ = (Index("retention_run_by_time", "organisation", "ran_at", "id"),)

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    dry_run: bool
    started_by: str
    counts: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False))
    ran_at: datetime = Field(sa_column=clock())


class PurgeRow(Table, table=True):
    """That something about a person was forgotten for good, and what; never who it was."""

    __tablename__ = "purge"

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str
    subject_id: UUID
    reason: str
    purged_by: str
    counts: dict[str, int] = Field(sa_column=Column(JSONB, nullable=False))
    purged_at: datetime = Field(sa_column=clock())
