"""The tables of photos."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Column, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from inspections.store.tables.columns import PLACE, Table, clock, maybe_moment


class PhotoRow(Table, table=True):
    """A photo; the files are blobs, by their sha256.

    `regions` are what to blur before anybody outside sees it; None until somebody looked.
    """

    __tablename__ = "photo"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        *(
            ForeignKeyConstraint(["organisation", f"{it}_id"], [f"{it}.organisation", f"{it}.id"])
            for it in ("inspection", "finding", "complaint")
        ),
        UniqueConstraint("organisation", "sent_as", name="photo_sent_as"),
        Index("photo_by_content", "organisation", "sha256"),
        Index("photo_by_place", "organisation", "accommodation_id", "created_at"),
        *(
            Index(
                f"photo_by_{it}",
                "organisation",
                f"{it}_id",
                postgresql_where=text(f"{it}_id is not null"),
            )
            for it in ("inspection", "finding", "complaint")
        ),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    accommodation_id: UUID | None
    inspection_id: UUID | None
    finding_id: UUID | None
    complaint_id: UUID | None
    item: str | None
    room: str | None
    sha256: str
    thumbnail_sha256: str
    media_type: str
    width: int
    height: int
    size_bytes: int
    taken_at: datetime | None = Field(sa_column=maybe_moment())
    regions: list[dict[str, object]] | None = Field(sa_column=Column(JSONB(none_as_null=True)))
    sent_as: str
    revision: int
    created_at: datetime = Field(sa_column=clock())


class PhotoDeletionRow(Table, table=True):
    """That a photo was deleted, by whom and why; `files_gone_at` is when its files went."""

    __tablename__ = "photo_deletion"
    __table_args__ = (
        ForeignKeyConstraint(["organisation", "accommodation_id"], PLACE),
        ForeignKeyConstraint(
            ["organisation", "complaint_id"], ["complaint.organisation", "complaint.id"]
        ),
        Index("photo_deletion_by_sending", "organisation", "sent_as"),
        Index(
            "photo_deletion_undone",
            "organisation",
            "deleted_at",
            postgresql_where=text("files_gone_at is null"),
        ),
    )

    organisation: UUID = Field(primary_key=True)
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    accommodation_id: UUID | None
    complaint_id: UUID | None
    sent_as: str
    sha256: str
    thumbnail_sha256: str
    reason: str
    deleted_by: str
    deleted_at: datetime = Field(sa_column=clock())
    files_gone_at: datetime | None = Field(sa_column=maybe_moment())
