"""The priorities last told by scoring, for the hours in which it is away."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.store.tables import KnownScoresRow
from shared.contracts.scoring import PriorityPage


async def keep(session: AsyncSession, organisation: UUID, page: PriorityPage) -> None:
    """Keep what was told last."""
    statement = insert(KnownScoresRow).values(
        organisation=organisation, priorities=page.model_dump(mode="json")
    )
    told = {"priorities": statement.excluded.priorities, "told_at": func.now()}
    await session.execute(
        statement.on_conflict_do_update(index_elements=["organisation"], set_=told)
    )


async def last(session: AsyncSession) -> tuple[PriorityPage, datetime] | None:
    """Return what was told last, and when; None when nothing ever was."""
    columns = (col(KnownScoresRow.priorities), col(KnownScoresRow.told_at))
    row = (await session.execute(select(*columns))).first()
    return None if row is None else (PriorityPage.model_validate(row.priorities), row.told_at)
