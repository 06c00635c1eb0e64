"""Alerts, shifts and contacts in the database."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid4

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.domain.escalation import Shift
from inspections.store.rows import Row, among, insert_rows
from inspections.store.scope import at_located_places
from inspections.store.tables import (
    AlertRow,
    AlertStepRow,
    AuthorityContactRow,
    OnCallShiftRow,
)

Added = TypeVar("Added", OnCallShiftRow, AuthorityContactRow)


async def at_hidden_places(
    session: AsyncSession, ids: Iterable[UUID], *, keeper: bool
) -> frozenset[UUID]:
    """Tell which of these alerts are of places the caller may not locate."""
    located = at_located_places(col(AlertRow.accommodation_id), keeper=keeper)
    statement = select(col(AlertRow.id)).where(among(col(AlertRow.id), ids), ~located)
    return frozenset((await session.execute(statement)).scalars())


async def insert_new(session: AsyncSession, values: dict[str, object]) -> AlertRow | None:
    """Insert an alert; None when its source raised one before."""
    statement = (
        insert(AlertRow)
        .values(**values)
        .on_conflict_do_nothing(constraint="alert_source")
        .returning(AlertRow)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def of_source(session: AsyncSession, source: str, source_id: UUID) -> AlertRow:
    """Find the alert that a source raised."""
    statement = select(AlertRow).where(
        col(AlertRow.source) == source, col(AlertRow.source_id) == source_id
    )
    return (await session.execute(statement)).scalar_one()


async def unanswered(session: AsyncSession, now: datetime, limit: int) -> list[AlertRow]:
    """Find alerts whose next level is due, leaving those somebody else is at."""
    statement = (
        select(AlertRow)
        .where(col(AlertRow.state) == "raised", col(AlertRow.next_page_at) <= now)
        .order_by(col(AlertRow.next_page_at), col(AlertRow.id))
        .limit(limit)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return list((await session.execute(statement)).scalars())


async def steps_of(session: AsyncSession, alert_id: UUID) -> list[AlertStepRow]:
    """List what happened to an alert, in order."""
    row = AlertStepRow
    statement = select(row).where(col(row.alert_id) == alert_id).order_by(col(row.number))
    return list((await session.execute(statement)).scalars())


async def insert_step(session: AsyncSession, row: Row) -> None:
    """Insert what happened to an alert."""
    await insert_rows(session, AlertStepRow, [row])


async def next_number(session: AsyncSession, alert_id: UUID) -> int:
    """Give the number of an alert's next step; its row is locked or new."""
    row = AlertStepRow
    statement = select(func.count()).where(col(row.alert_id) == alert_id)
    return int((await session.execute(statement)).scalar_one()) + 1


async def shifts_at(session: AsyncSession, now: datetime) -> dict[UUID, OnCallShiftRow]:
    """Find the shifts that are on, by id."""
    row = OnCallShiftRow
    statement = (
        select(row)
        .where(col(row.starts_at) <= now, col(row.ends_at) > now)
        .order_by(col(row.level), col(row.starts_at), col(row.id))
    )
    return {it.id: it for it in (await session.execute(statement)).scalars()}


async def shifts_from(session: AsyncSession, now: datetime) -> list[OnCallShiftRow]:
    """List the shifts that are on or to come, the first to end first."""
    row = OnCallShiftRow
    statement = (
        select(row)
        .where(col(row.ends_at) > now)
        .order_by(col(row.ends_at), col(row.id))
        .limit(1000)
    )
    return list((await session.execute(statement)).scalars())


def shift_of(row: OnCallShiftRow) -> Shift:
    """Read a stored shift."""
    return Shift(row.id, row.level, row.territory, row.starts_at, row.ends_at)


async def contacts_of(session: AsyncSession, territory: str | None) -> list[AuthorityContactRow]:
    """List the contacts of a territory with those of all; every contact when None."""
    row = AuthorityContactRow
    statement = select(row).order_by(col(row.territory), col(row.kind), col(row.name), col(row.id))
    if territory is not None:
        statement = statement.where(
            or_(col(row.territory) == territory, col(row.territory).is_(None))
        )
    return list((await session.execute(statement)).scalars())


async def add(
    session: AsyncSession, table: type[Added], organisation: UUID, values: dict[str, object]
) -> Added:
    """Insert a shift or a contact."""
    written = {"organisation": organisation, "id": uuid4(), **values}
    statement = insert(table).values(**written).returning(table)
    return (await session.execute(statement)).scalar_one()


async def remove(
    session: AsyncSession, table: type[OnCallShiftRow | AuthorityContactRow], id: UUID
) -> bool:
    """Delete a shift or a contact; False when there is none."""
    gone = await session.execute(delete(table).where(col(table.id) == id).returning(col(table.id)))
    return gone.scalar_one_or_none() is not None
