"""The tables of field apps: the forms they fetch, and what they sent."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from inspections.store.tables.columns import PLACE, Table, clock, maybe_moment


class FieldFormRow(Table, table=True):
    """A checklist as the XForm that devices hold: once made, its bytes never change."""

    __tablename__ = "field_form"

    organisation: UUID = Field(primary_key=True)
    code: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    xform: bytes
    md5: str
    created_at: datetime = Field(sa_column=clock())


class FieldSubmissionRow(Table, table=True):
    """A filled-in form of a field app.

    It became an inspection, or a form conflict; or it could be neither, for a `problem`: its `xml`
    is then kept until somebody decides.
    """

    __tablename__ = "field_submission"
    __table_args__ = (
        UniqueConstraint("organisation", "instance_id", "digest", name="field_submission_sent"),
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        Index("field_submission_by_time", "organisation", "received_at", "id"),
        Index(
            "field_submission_edited",
            "organisation",
            "deprecated_id",
            postgresql_where=text("deprecated_id is not null"),
        ),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    instance_id: UUID
    digest: str
    deprecated_id: UUID | None = None
    form: str
    sent_by: str
    received_at: datetime = Field(sa_column=clock())
    visit_id: UUID | None = None
    accommodation_id: UUID | None = None
    inspection_id: UUID | None = None
    conflict_id: UUID | None = None
    xml: str | None = None
    problem: str | None = None
    decision: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = Field(default=None, sa_column=maybe_moment())
    reason: str | None = None


class FieldAttachmentRow(Table, table=True):
    """A photo that a filled-in form names; it comes with the form or later.

    `held` is one whose form waits for a decision: its file lies under `sha256`.
    """

    __tablename__ = "field_attachment"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organisation", "submission_id"],
            ["field_submission.organisation", "field_submission.id"],
        ),
    )

    organisation: UUID = Field(primary_key=True)
    submission_id: UUID = Field(primary_key=True)
    name: str = Field(primary_key=True)
    item: str | None = None
    room: str | None = None
    state: str = Field(default="awaited", sa_column_kwargs={"server_default": "awaited"})
    sha256: str | None = None
    photo_id: UUID | None = None
    problem: str | None = None
