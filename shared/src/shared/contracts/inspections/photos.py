"""Photos: of a place, an inspection, a finding or a complaint."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.message import Input, Output


class RegionKind(StrEnum):
    """What a part of a photo shows that nobody outside may see."""

    face = "face"
    paper = "paper"
    other = "other"


class PhotoRegion(Input):
    """A part of a photo, as shares of its width and height from the upper left corner."""

    kind: RegionKind
    left: float = Field(ge=0, lt=1)
    top: float = Field(ge=0, lt=1)
    width: float = Field(gt=0, le=1)
    height: float = Field(gt=0, le=1)

    @model_validator(mode="after")
    def _lies_in_the_photo(self) -> "PhotoRegion":
        if self.left + self.width > 1 or self.top + self.height > 1:
            raise ValueError("the region leaves the photo; left + width and top + height are <= 1")
        return self


class RegionList(Input):
    """All that is to be blurred; an empty list says that somebody looked and found nothing."""

    items: list[PhotoRegion] = Field(max_length=100)


class Photo(Output):
    """A photo as it is kept: without what the camera wrote in it."""

    id: UUID
    accommodation_id: UUID | None
    inspection_id: UUID | None
    finding_id: UUID | None
    complaint_id: UUID | None
    item: str | None
    room: str | None
    sha256: str = Field(description="Of the file as it is kept.")
    media_type: str
    width: int
    height: int
    size_bytes: int
    taken_at: datetime | None = Field(description="As the sender says; never read from the file.")
    regions: list[PhotoRegion] | None = Field(description="Null until somebody looked.")
    created_at: datetime


class PhotoDeletionReason(StrEnum):
    """Why a photo is deleted."""

    wrong_photo = "wrong_photo"
    shows_person = "shows_person"
    shows_paper = "shows_paper"
    asked_for = "asked_for"
    other = "other"


class PhotoDeletion(Output):
    """That a photo was deleted; nothing of what it showed is left."""

    id: UUID = Field(description="Of the photo.")
    accommodation_id: UUID | None
    complaint_id: UUID | None
    reason: PhotoDeletionReason
    deleted_by: str
    deleted_at: datetime
    files_gone_at: datetime | None = Field(description="Null for the minute until they are.")
