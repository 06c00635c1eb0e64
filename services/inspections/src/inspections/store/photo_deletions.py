"""Deletions of photos in the database."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.store.listed import Listing, newest
from inspections.store.rows import Moment
from inspections.store.scope import at_places_in, told_in
from inspections.store.tables import ComplaintRow, PhotoDeletionRow, PhotoRow

KEPT = ("organisation", "id", "accommodation_id", "complaint_id", "sent_as", "sha256")


def _in(territories: Sequence[str]) -> ColumnElement[bool]:
    if not territories:
        return true()
    row = PhotoDeletionRow
    complaints = select(col(ComplaintRow.id)).where(told_in(territories))
    return or_(
        at_places_in(col(row.accommodation_id), territories),  # type: ignore[arg-type] # null is in no list
        col(row.accommodation_id).is_(None) & col(row.complaint_id).in_(complaints),
    )


async def keep(session: AsyncSession, row: PhotoRow, *, reason: str, deleted_by: str) -> None:
    """Keep that a photo is deleted, why, and which files go."""
    values = {name: getattr(row, name) for name in (*KEPT, "thumbnail_sha256")}
    told = values | {"reason": reason, "deleted_by": deleted_by}
    await session.execute(insert(PhotoDeletionRow).values(**told))


async def by_id(
    session: AsyncSession, id: UUID, territories: Sequence[str]
) -> PhotoDeletionRow | None:
    """Find the deletion of a photo that a caller of these territories might have seen."""
    row = PhotoDeletionRow
    statement = select(row).where(col(row.id) == id, _in(territories))
    return (await session.execute(statement)).scalar_one_or_none()


async def by_sent_as(session: AsyncSession, sent_as: str) -> PhotoDeletionRow | None:
    """Find the deletion of a photo by how it was sent."""
    row = PhotoDeletionRow
    statement = select(row).where(col(row.sent_as) == sent_as).limit(1)
    return (await session.execute(statement)).scalar_one_or_none()


async def page(
    session: AsyncSession,
    names: Sequence[str],
    territories: Sequence[str],
    *,
    after: Moment | None,
    limit: int,
) -> list[dict[str, object]]:
    """List deletions by the columns `names`, newest first."""
    listing = Listing(PhotoDeletionRow, names, by="deleted_at")
    return await newest(session, listing, [_in(territories)], after=after, limit=limit)


async def undone(session: AsyncSession, limit: int) -> list[PhotoDeletionRow]:
    """Find deletions whose files are still there, leaving those somebody else is at."""
    row = PhotoDeletionRow
    statement = (
        select(row)
        .where(col(row.files_gone_at).is_(None))
        .order_by(col(row.deleted_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list((await session.execute(statement)).scalars())


async def done(session: AsyncSession, id: UUID, now: datetime) -> None:
    """Keep that the files of a deleted photo are gone."""
    row = PhotoDeletionRow
    await session.execute(update(row).where(col(row.id) == id).values(files_gone_at=now))
