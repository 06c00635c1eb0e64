"""Revisions: what every record became, by whom and why; what it differs in; going back."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field, JsonValue

from shared.contracts.message import Input, Output, Text


class RevisionAction(StrEnum):
    """What a change made of a record; `found` is how it was before revisions were kept."""

    found = "found"
    created = "created"
    changed = "changed"
    removed = "removed"


class Revision(Output):
    """That a record changed; its `id` names the revision, `subject_id` the record."""

    id: str
    subject_kind: str = Field(examples=["accommodation"])
    subject_id: str
    number: int = Field(description="Of the record, from 1.")
    action: RevisionAction
    author: str
    reason: str = Field(description="As `Change-Reason` told, else the operation.")
    recorded_at: datetime
    change: int = Field(description="Number of the change in the chain; it may hold others too.")


class RevisionContent(Output):
    """A revision with what the record then was."""

    revision: Revision
    content: dict[str, JsonValue]
    withheld: list[str] = Field(
        description="Fields that were forgotten since, or are not the caller's to know."
    )


class FieldChange(Output):
    """What a field was and what it is; null where there was, or is, nothing."""

    field: str
    before: JsonValue
    after: JsonValue


class RevisionChanges(Output):
    """What two revisions of a record differ in, by field."""

    subject_kind: str
    subject_id: str
    before: int = Field(description="Number of the earlier one; 0 for nothing.")
    after: int
    changes: list[FieldChange]
    withheld: list[str]


class Restoration(Input):
    """Why a record is to be again what it was."""

    reason: Text


class Restored(Output):
    """The record after it was restored; fields forgotten since stay as they are."""

    subject_kind: str
    subject_id: str
    number: int = Field(description="Of its newest revision.")
    kept: list[str] = Field(description="Fields that could not be restored.")


class ChainFault(Output):
    """Something that is not as it was kept."""

    what: str = Field(
        description="`change`: the chain is broken there; `revision`, `value`: it was altered; "
        "`record`: it was altered without a revision."
    )
    subject_kind: str | None
    subject_id: str | None
    number: int | None


class RevisionChain(Output):
    """What came out of checking all digests, and where the chain ends.

    Note `last_change` and `digest` elsewhere: a chain that ends earlier was cut.
    """

    changes: int
    revisions: int
    values: int = Field(description="Personal values that are still there.")
    last_change: int
    digest: str
    change_id: UUID | None
    whole: bool
    faults: list[ChainFault] = Field(description="The first hundred.")
