"""Checklists: what is looked at, and how bad an answer is."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Input, Label, Output, Text

Severity = Annotated[int, Field(strict=True, ge=0, le=4, description="0 good to 4 danger.")]
Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,59}$")]
# A spreadsheet would run a cell that begins so.
CELL = r"^[^=+\-@\t\r]"
CellText = Annotated[str, Field(min_length=1, max_length=200, pattern=CELL)]


class Scope(StrEnum):
    """What part of a place an item is about."""

    building = "building"
    common_parts = "common_parts"
    room = "room"
    relation = "relation"
    document = "document"


class ChecklistState(StrEnum):
    """Whether a version of a checklist may be edited, filled in, or neither."""

    draft = "draft"
    published = "published"
    retired = "retired"


class ItemLabel(Input):
    """What people read of an item."""

    fr: CellText
    en: CellText


class ItemInput(Input):
    """A thing to look at."""

    code: Code
    category: Code
    scope: Scope
    label: ItemLabel
    weight: int = Field(strict=True, ge=1, le=6)
    danger_at: int = Field(
        strict=True, ge=0, le=4, description="Severity that is a danger; 0 = never."
    )
    photo_from: int = Field(
        strict=True, ge=0, le=4, description="Severity that asks for a photo; 0 = never."
    )
    references: str = Field(default="", max_length=500, pattern=r"^([^=+\-@\t\r]|$)")


class ChecklistInput(Input):
    """A grid of items as its draft says it."""

    title: ItemLabel
    items: list[ItemInput] = Field(min_length=1, max_length=500)


class Retirement(Input):
    """Why a version is not filled in any more."""

    reason: Text


class ChecklistVersion(Output):
    """A version of a grid of items: edited while a draft, never once published."""

    id: UUID
    code: str
    version: int
    state: ChecklistState
    title: Label
    created_at: datetime
    published_at: datetime | None
    retired_at: datetime | None
    retired_because: str | None
    allowed_actions: list[str] = Field(description="What its state allows now.")
    items: list[ItemInput]


class ChecklistSummary(Output):
    """A version of a grid, without its items."""

    id: UUID
    code: str
    version: int
    state: ChecklistState
    title: Label
    item_count: int
    published_at: datetime | None
    retired_at: datetime | None


class ItemChange(Output):
    """What another version says otherwise of an item."""

    code: str
    fields: list[str]


class ChecklistChanges(Output):
    """What a version changes of an earlier one, by the codes of the items."""

    since: int
    added: list[str]
    removed: list[str]
    changed: list[ItemChange]


class ChecklistImport(Output):
    """What a checklist in CSV became, or would become when `dry_run`."""

    dry_run: bool
    item_count: int
    version: int
    changes: ChecklistChanges | None = Field(description="Since the last published version.")


class ChecklistChanged(Output):
    """Data of the events `checklist.published` and `checklist.retired`."""

    code: str
    version: int
    state: ChecklistState
