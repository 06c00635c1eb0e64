"""The tables of checklists."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlmodel import Field

from inspections.store.tables.columns import Table, clock


class ChecklistRow(Table, table=True):
    """A published version of a grid; `items` as `domain.checklist.Item` has them.

    Of a row only the retirement is ever written again: the database refuses the rest.
    """

    __tablename__ = "checklist"
    __table_args__ = (
        UniqueConstraint("organisation", "code", "version", name="checklist_code_version"),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str
    version: int
    title_fr: str = Field(default="", sa_column_kwargs={"server_default": ""})
    title_en: str = Field(default="", sa_column_kwargs={"server_default": ""})
    items: list[dict[str, object]] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = Field(sa_column=clock())
    published_at: datetime = Field(sa_column=clock())
    retired_at: datetime | None = Field(sa_column=Column(TIMESTAMP(timezone=True)))
    retired_because: str | None


class ChecklistDraftRow(Table, table=True):
    """The version of a grid that is being written; a grid has one at the most.

    Its id, code and version become those of the published one.
    """

    __tablename__ = "checklist_draft"
    __table_args__ = (UniqueConstraint("organisation", "code", name="checklist_draft_code"),)

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    code: str
    version: int
    title_fr: str
    title_en: str
    items: list[dict[str, object]] = Field(sa_column=Column(JSONB, nullable=False))
    revision: int
    created_at: datetime = Field(sa_column=clock())
    updated_at: datetime = Field(sa_column=clock())
