"""Keep the photos of filled-in forms, each once, whenever they come."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store import field_submissions
from inspections.store.photo_files import PhotoFiles
from inspections.store.tables import FieldAttachmentRow, FieldSubmissionRow
from inspections.use_cases.keep_photos import CleanPhoto, Subject, clean, keep_photo
from shared.db import Database
from shared.problems import Problem

HELD_FOLDER = "held"
AWAITED = "awaited"
REFUSED = frozenset({409, 413, 415, 422})


@dataclass(frozen=True, slots=True)
class SentPhoto:
    """A file that came with a form, under the name that the form calls it by."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class PhotoKeeper:
    """Where photos are kept, of what size at most, and for whom."""

    files_url: str
    organisation: UUID
    territories: Sequence[str]
    most_bytes: int
    most_pixels: int

    @property
    def files(self) -> PhotoFiles:
        """Photos of the record."""
        return PhotoFiles(self.files_url, self.organisation)

    @property
    def held(self) -> PhotoFiles:
        """Photos of forms that wait for a decision."""
        return PhotoFiles(f"{self.files_url}/{HELD_FOLDER}", self.organisation)


async def attach_photos(
    database: Database, keeper: PhotoKeeper, submission_id: UUID, sent: Sequence[SentPhoto]
) -> None:
    """Keep the photos that a form names and that came now; others are nobody's, and let go.

    Each in a transaction of its own: what was kept stays so when the connection breaks.
    """
    async with database.session(keeper.organisation) as session:
        named = await field_submissions.attachments_of(session, submission_id)
    awaited = {it.name for it in named if it.state == AWAITED}
    for photo in sent:
        if photo.name not in awaited:
            continue
        cleaned = await _cleaned(keeper, photo)
        async with database.session(keeper.organisation) as session:
            await _attach(session, keeper, submission_id, name=photo.name, photo=cleaned)


async def attach_held(
    session: AsyncSession, keeper: PhotoKeeper, row: FieldSubmissionRow
) -> list[str]:
    """Keep the photos of a form that was recorded after a decision; return their held files."""
    held = [
        it
        for it in await field_submissions.attachments_of(session, row.id, lock=True)
        if it.state == "held" and it.sha256 is not None
    ]
    for it in held:
        content = await asyncio.to_thread(keeper.held.get, str(it.sha256))
        cleaned = await _cleaned(keeper, SentPhoto(it.name, content))
        await _keep(session, keeper, it, of=row, photo=cleaned)
    await session.flush()
    return [str(it.sha256) for it in held]


async def _cleaned(keeper: PhotoKeeper, photo: SentPhoto) -> CleanPhoto | Problem:
    """Clean a photo; a file that is none is told, so that no device sends it for ever."""
    try:
        return await clean(
            photo.content, most_bytes=keeper.most_bytes, most_pixels=keeper.most_pixels
        )
    except Problem as problem:
        if problem.status not in REFUSED:
            raise
        return problem


async def _attach(
    session: AsyncSession,
    keeper: PhotoKeeper,
    submission_id: UUID,
    *,
    name: str,
    photo: CleanPhoto | Problem,
) -> None:
    row = await field_submissions.by_id(session, submission_id, (), lock=True)
    named = await field_submissions.attachments_of(session, submission_id, lock=True)
    it = next(it for it in named if it.name == name)
    if row is not None and it.state == AWAITED:
        await _keep(session, keeper, it, of=row, photo=photo)
        await session.flush()


async def _keep(
    session: AsyncSession,
    keeper: PhotoKeeper,
    it: FieldAttachmentRow,
    *,
    of: FieldSubmissionRow,
    photo: CleanPhoto | Problem,
) -> None:
    if isinstance(photo, Problem):
        it.state, it.problem = "refused", photo.detail
    elif of.accommodation_id is None:
        it.sha256 = await asyncio.to_thread(keeper.held.put, photo.photograph.content)
        it.state = "held"
    else:
        await _keep_of_place(session, keeper, it, of=of, photo=photo)


async def _keep_of_place(
    session: AsyncSession,
    keeper: PhotoKeeper,
    it: FieldAttachmentRow,
    *,
    of: FieldSubmissionRow,
    photo: CleanPhoto,
) -> None:
    subject = Subject(
        accommodation_id=None if of.inspection_id else of.accommodation_id,
        inspection_id=of.inspection_id,
        item=it.item,
        room=it.room,
    )
    try:
        async with session.begin_nested():
            kept, _ = await keep_photo(
                session,
                keeper.organisation,
                keeper.territories,
                subject,
                photo=photo,
                files=keeper.files,
            )
    except Problem as problem:
        if problem.status not in REFUSED:
            raise
        it.state, it.problem = "refused", problem.detail
    else:
        it.state, it.photo_id, it.sha256 = "kept", kept.id, None
