"""Outbreak alerts in the database: written once, with what each week's look could see."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import RowMapping, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from scoring.store.rows import Row, insert_rows
from scoring.store.tables import OutbreakAlertRow, OutbreakLookRow


async def add(session: AsyncSession, look: Row, alerts: Sequence[Row]) -> None:
    """Write a look and what it raised."""
    await insert_rows(session, OutbreakLookRow, [look])
    await insert_rows(session, OutbreakAlertRow, alerts)


async def going_on(session: AsyncSession, since: date) -> Mapping[tuple[str, str], date]:
    """Tell since when each territory's category is alarming, of those that were lately."""
    rows = await session.execute(
        text(
            "select distinct on (territory, category) territory, category, began_in "
            "from outbreak_alert where week >= :since order by territory, category, week desc"
        ),
        {"since": since},
    )
    return {(row.territory, row.category): row.began_in for row in rows}


async def newest_look(session: AsyncSession) -> OutbreakLookRow | None:
    """Read the last look; None before the first."""
    statement = select(OutbreakLookRow).order_by(col(OutbreakLookRow.week).desc()).limit(1)
    return (await session.execute(statement)).scalar_one_or_none()


async def page(
    session: AsyncSession,
    territories: Sequence[str],
    *,
    before: tuple[date, UUID] | None,
    limit: int,
) -> Sequence[RowMapping]:
    """List alerts, the newest weeks first."""
    week, id = before or (None, None)
    rows = await session.execute(
        text(
            "select * from outbreak_alert "
            "where (cast(:territories as varchar[]) is null or territory = any(:territories)) "
            "and (cast(:week as date) is null or (week, id) < (:week, :id)) "
            "order by week desc, id desc limit :limit"
        ),
        {"territories": list(territories) or None, "week": week, "id": id, "limit": limit},
    )
    return rows.mappings().all()
