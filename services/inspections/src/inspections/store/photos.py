"""Photos in the database; their files are blobs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, or_, select, text, true, update
from sqlalchemy import delete as remove
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.store.rows import Moment, Row, among, older_than
from inspections.store.scope import at_located_places, at_places_in, told_in
from inspections.store.tables import ComplaintRow, PhotoRow

HOLD = text("select pg_advisory_xact_lock(hashtextextended('photo file:' || :name, 0))")


@dataclass(frozen=True, slots=True)
class PhotoScope:
    """Whose photos a caller may see. A picture shows where a place is: keepers see them all."""

    territories: Sequence[str] = ()
    keeper: bool = False

    def condition(self) -> ColumnElement[bool]:
        """Keep the photos the caller may see."""
        row = PhotoRow
        located = at_located_places(col(row.accommodation_id), keeper=self.keeper)  # type: ignore[arg-type] # null is no place
        told = select(col(ComplaintRow.id)).where(
            at_located_places(col(ComplaintRow.accommodation_id), keeper=self.keeper)  # type: ignore[arg-type] # likewise
        )
        complained = or_(col(row.complaint_id).is_(None), col(row.complaint_id).in_(told))
        return and_(_seen_in(self.territories), located, complained)


def _seen_in(territories: Sequence[str]) -> ColumnElement[bool]:
    """Keep the photos of places, or of complaints, that a caller of these territories may see."""
    if not territories:
        return true()
    row = PhotoRow
    complaints = select(col(ComplaintRow.id)).where(told_in(territories))
    return or_(
        at_places_in(col(row.accommodation_id), territories),  # type: ignore[arg-type] # null is in no list
        col(row.accommodation_id).is_(None) & col(row.complaint_id).in_(complaints),
    )


async def page(
    session: AsyncSession,
    wanted: Mapping[str, object],
    scope: PhotoScope,
    *,
    after: Moment | None,
    limit: int,
) -> list[PhotoRow]:
    """List photos, newest first; `wanted` narrows by column, None keeping everything."""
    order = (col(PhotoRow.created_at), col(PhotoRow.id))
    narrowed = [getattr(PhotoRow, name) == it for name, it in wanted.items() if it is not None]
    statement = (
        select(PhotoRow)
        .where(scope.condition(), *narrowed, older_than(*order, after))
        .order_by(*(column.desc() for column in order))
        .limit(limit)
    )
    return list((await session.execute(statement)).scalars())


async def by_id(
    session: AsyncSession, id: UUID, scope: PhotoScope, *, lock: bool = False
) -> PhotoRow | None:
    """Find a photo the caller may see."""
    statement = select(PhotoRow).where(col(PhotoRow.id) == id, scope.condition())
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def by_sent_as(session: AsyncSession, sent_as: str) -> PhotoRow | None:
    """Find the photo of a sending that is known."""
    statement = select(PhotoRow).where(col(PhotoRow.sent_as) == sent_as)
    return (await session.execute(statement)).scalar_one_or_none()


async def create(session: AsyncSession, organisation: UUID, values: Row) -> PhotoRow | None:
    """Insert a photo; None when it was sent before."""
    statement = (
        insert(PhotoRow)
        .values(organisation=organisation, id=uuid4(), revision=1, **values)
        .on_conflict_do_nothing(constraint="photo_sent_as")
        .returning(PhotoRow)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def mark(session: AsyncSession, row: PhotoRow, regions: Sequence[Row]) -> PhotoRow:
    """Say what of a photo is to be blurred."""
    statement = (
        update(PhotoRow)
        .where(col(PhotoRow.id) == row.id)
        .values(regions=list(regions), revision=row.revision + 1)
        .returning(PhotoRow)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()


async def delete(session: AsyncSession, row: PhotoRow) -> None:
    """Delete the row of a photo; its files are removed afterwards."""
    await session.execute(remove(PhotoRow).where(col(PhotoRow.id) == row.id))


async def hold_files(session: AsyncSession, names: Iterable[str]) -> None:
    """Keep others from keeping or removing these files until the transaction ends."""
    for name in sorted(set(names)):
        await session.execute(HOLD, {"name": name})


async def unshown(session: AsyncSession, names: Iterable[str]) -> list[str]:
    """Give those of the files that no photo of the organisation shows."""
    row = PhotoRow
    shown = select(col(row.sha256)).where(among(col(row.sha256), names))
    small = select(col(row.thumbnail_sha256)).where(among(col(row.thumbnail_sha256), names))
    found = set((await session.execute(shown.union(small))).scalars())
    return sorted(set(names) - found)


async def same_elsewhere(session: AsyncSession, photo: PhotoRow) -> PhotoRow | None:
    """Find the same photo, kept of another inspection or place."""
    statement = (
        select(PhotoRow)
        .where(
            col(PhotoRow.sha256) == photo.sha256,
            col(PhotoRow.id) != photo.id,
            or_(
                col(PhotoRow.inspection_id).is_distinct_from(photo.inspection_id),
                col(PhotoRow.accommodation_id).is_distinct_from(photo.accommodation_id),
            ),
        )
        .order_by(col(PhotoRow.created_at))
        .limit(1)
    )
    return (await session.execute(statement)).scalar_one_or_none()
