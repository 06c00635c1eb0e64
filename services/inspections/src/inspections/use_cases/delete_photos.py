"""Delete photos: the row at once, the files as soon as the worker comes by."""

import asyncio
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store import photo_deletions, photos
from inspections.store.photo_files import PhotoFiles
from inspections.store.photos import PhotoScope
from shared.auth import Caller
from shared.contracts.inspections.photos import PhotoDeletionReason
from shared.problems import not_found

AT_ONCE = 50


async def delete_photo(
    session: AsyncSession, caller: Caller, id: UUID, reason: PhotoDeletionReason
) -> None:
    """Delete a photo and keep who did it and why; a repeat changes nothing.

    Raises
    ------
    Problem : 404 when there is no such photo, and was none
    """
    scope = PhotoScope(caller.territories, caller.keeps_addresses)
    row = await photos.by_id(session, id, scope, lock=True)
    if row is None:
        if await photo_deletions.by_id(session, id, caller.territories) is None:
            raise not_found("photo")
        return
    await photo_deletions.keep(session, row, reason=reason.value, deleted_by=caller.subject)
    await photos.delete(session, row)


async def remove_files(session: AsyncSession, files: PhotoFiles, now: datetime) -> int:
    """Remove the files of photos that were deleted; return of how many.

    A file that another photo shows too stays until that one is deleted.
    """
    undone = await photo_deletions.undone(session, AT_ONCE)
    for row in undone:
        names = (row.sha256, row.thumbnail_sha256)
        await photos.hold_files(session, names)
        for name in await photos.unshown(session, names):
            await asyncio.to_thread(files.remove, name)
        await photo_deletions.done(session, row.id, now)
    return len(undone)
