"""Versions of the timetable in the database; one is active at a time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text, true, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from routing.store.tables import TimetableRow


async def active_timetable(session: AsyncSession) -> TimetableRow | None:
    """Return the version that serves; None before the first import."""
    found = await session.execute(select(TimetableRow).where(col(TimetableRow.state) == "active"))
    return found.scalar_one_or_none()


async def by_id(session: AsyncSession, timetable_id: UUID) -> TimetableRow | None:
    """Return a version, active or retired."""
    return await session.get(TimetableRow, timetable_id)


async def page(
    session: AsyncSession, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[TimetableRow]:
    """List versions, newest first, from the one after `before`."""
    age = tuple_(col(TimetableRow.created_at), col(TimetableRow.id))
    older = true() if before is None else age < tuple_(*before)
    found = await session.execute(
        select(TimetableRow)
        .where(older)
        .order_by(col(TimetableRow.created_at).desc(), col(TimetableRow.id).desc())
        .limit(limit)
    )
    return list(found.scalars())


async def activate(session: AsyncSession, row: TimetableRow) -> None:
    """Let a version serve instead of the one before; others who do the same wait."""
    await session.execute(text("select pg_advisory_xact_lock(hashtext('routing.timetable'))"))
    others = col(TimetableRow.state) == "active", col(TimetableRow.id) != row.id
    await session.execute(update(TimetableRow).where(*others).values(state="retired"))
    row.state = "active"
    session.add(row)
    await session.flush()
