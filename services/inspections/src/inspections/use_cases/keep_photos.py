"""Keep photos: checked, cleaned, with what they are of."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.domain.photographs import (
    NotAPhotoError,
    PhotoBrokenError,
    Photograph,
    Region,
    blurred,
    prepare,
)
from inspections.store import accommodations, complaints, inspections, photo_deletions, photos
from inspections.store.photo_files import PhotoFiles
from inspections.store.tables import PhotoRow
from inspections.use_cases.flag_inspections import flag_doubled_photo
from shared.contracts.inspections.photos import PhotoRegion
from shared.problems import Problem, conflict, invalid

Found = TypeVar("Found")

# One photo of many pixels takes some hundred megabytes while it is decoded: so few at once.
DECODING = asyncio.Semaphore(2)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a photo is of; `room` and `item` narrow it down."""

    accommodation_id: UUID | None = None
    inspection_id: UUID | None = None
    finding_id: UUID | None = None
    complaint_id: UUID | None = None
    item: str | None = None
    room: str | None = None
    taken_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    """A photo ready to be kept; `sent_sha256` is of the file as it came."""

    photograph: Photograph
    sent_sha256: str


async def clean(content: bytes, *, most_bytes: int, most_pixels: int) -> CleanPhoto:
    """Check a photo and take out what is not pixels, beside the event loop.

    Raises
    ------
    Problem : 413 too long, 415 no photo, 422 broken or of too many pixels
    """
    if len(content) > most_bytes:
        raise Problem(
            413, "body-too-long", f"The photo is longer than {most_bytes // 1_000_000} MB."
        )
    try:
        async with DECODING:
            photograph = await asyncio.to_thread(prepare, content, most_pixels=most_pixels)
    except NotAPhotoError as error:
        raise Problem(415, "unsupported-media-type", str(error)) from error
    except PhotoBrokenError as error:
        raise invalid("/", str(error)) from error
    return CleanPhoto(photograph, hashlib.sha256(content).hexdigest())


async def keep_photo(
    session: AsyncSession,
    organisation: UUID,
    territories: Sequence[str],
    subject: Subject,
    *,
    photo: CleanPhoto,
    files: PhotoFiles,
) -> tuple[PhotoRow, bool]:
    """Keep a photo and tell whether it is new; the same of the same thing again is harmless.

    Raises
    ------
    Problem : 422 for something it is of that is not there, or not of one place; 409 when it was
        deleted
    """
    placed = await _placed(session, territories, subject)
    sent_as = f"{photo.sent_sha256}:{_name(placed)}"
    known = await photos.by_sent_as(session, sent_as)
    if known is not None:
        return known, False
    if await photo_deletions.by_sent_as(session, sent_as) is not None:
        raise conflict("this photo was deleted, so it is not taken again; send another one")
    sha256, thumbnail = await _stored(session, files, photo.photograph)
    row = await photos.create(
        session,
        organisation,
        asdict(placed)
        | {
            "sent_as": sent_as,
            "sha256": sha256,
            "thumbnail_sha256": thumbnail,
            "media_type": photo.photograph.media_type,
            "width": photo.photograph.width,
            "height": photo.photograph.height,
            "size_bytes": len(photo.photograph.content),
        },
    )
    if row is not None:
        await flag_doubled_photo(session, row)
        return row, True
    kept = await photos.by_sent_as(session, sent_as)
    if kept is None:
        raise conflict("the photo is being kept by another request; send it again")
    return kept, False


async def _stored(
    session: AsyncSession, files: PhotoFiles, photograph: Photograph
) -> tuple[str, str]:
    """Keep the files, before the row: a row never names a file that is not there."""
    contents = (photograph.content, photograph.thumbnail)
    # Nobody removes a file meanwhile that a photo deleted just now had in common with this one.
    await photos.hold_files(session, (hashlib.sha256(it).hexdigest() for it in contents))
    content, thumbnail = [await asyncio.to_thread(files.put, it) for it in contents]
    return content, thumbnail


def _name(subject: Subject) -> str:
    parts = (subject.accommodation_id, subject.inspection_id, subject.finding_id)
    return ":".join(
        str(it or "") for it in (*parts, subject.complaint_id, subject.item, subject.room)
    )


async def _placed(session: AsyncSession, territories: Sequence[str], subject: Subject) -> Subject:
    """Find the place of what a photo is of; all that is named must be of one place."""
    places = {
        name: place
        for name, place in (
            ("accommodation_id", await _accommodation(session, territories, subject)),
            ("inspection_id", await _inspection(session, territories, subject)),
            ("finding_id", await _finding(session, territories, subject)),
            ("complaint_id", await _complaint(session, territories, subject)),
        )
        if place is not None
    }
    if not places and subject.complaint_id is None:
        raise invalid(
            "query: accommodation_id",
            "say what the photo is of: accommodation_id, inspection_id, finding_id, complaint_id",
        )
    first = next(iter(places.values()), None)
    for name, place in places.items():
        if place != first:
            raise invalid(f"query: {name}", "is of another place than the others")
    values = asdict(subject) | {"accommodation_id": first}
    return Subject(**values)


async def _accommodation(
    session: AsyncSession, territories: Sequence[str], subject: Subject
) -> UUID | None:
    if subject.accommodation_id is None:
        return None
    found = await accommodations.standing_for(session, subject.accommodation_id, territories)
    return _known("accommodation_id", found).id


async def _inspection(
    session: AsyncSession, territories: Sequence[str], subject: Subject
) -> UUID | None:
    if subject.inspection_id is None:
        return None
    found = await inspections.by_id(session, subject.inspection_id, territories)
    return _known("inspection_id", found).accommodation_id


async def _finding(
    session: AsyncSession, territories: Sequence[str], subject: Subject
) -> UUID | None:
    if subject.finding_id is None:
        return None
    found = await inspections.finding_by_id(session, subject.finding_id, territories)
    return _known("finding_id", found).accommodation_id


async def _complaint(
    session: AsyncSession, territories: Sequence[str], subject: Subject
) -> UUID | None:
    if subject.complaint_id is None:
        return None
    found = await complaints.by_id(session, subject.complaint_id, territories)
    return _known("complaint_id", found).accommodation_id


def _known(name: str, found: Found | None) -> Found:
    if found is None:
        raise invalid(f"query: {name}", "there is no such thing, or it is not yours to see")
    return found


async def exported(row: PhotoRow, files: PhotoFiles) -> bytes:
    """Give a photo that may leave the organisation: with its regions blurred, as JPEG.

    Raises
    ------
    Problem : 409 when nobody looked yet for faces and papers
    """
    if row.regions is None:
        raise conflict(
            "nobody looked for faces and papers yet; "
            f"PUT /v1/photos/{row.id}/regions first, with an empty list if there are none"
        )
    regions = [PhotoRegion.model_validate(it) for it in row.regions]
    areas = [Region(it.left, it.top, it.width, it.height) for it in regions]
    content = await asyncio.to_thread(files.get, row.sha256)
    async with DECODING:
        return await asyncio.to_thread(blurred, content, areas)
