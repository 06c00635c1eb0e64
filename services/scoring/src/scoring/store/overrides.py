"""What people changed in plans by hand, as the feed of routing told it."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from scoring.store.rows import Row, insert_rows
from scoring.store.tables import PlanOverrideRow


async def keep(session: AsyncSession, rows: Sequence[Row]) -> None:
    """Keep changes, each once; they count when their plan is accepted."""
    await insert_rows(session, PlanOverrideRow, rows, "on conflict do nothing")


async def accept(session: AsyncSession, plan_id: UUID, revision: int) -> None:
    """Count the changes that led to the revision of a plan that is driven."""
    await session.execute(
        text("update plan_override set accepted = revision <= :revision where plan_id = :plan_id"),
        {"plan_id": plan_id, "revision": revision},
    )


async def withdraw(session: AsyncSession, plan_id: UUID) -> None:
    """Count no change of a plan that is not driven."""
    row = PlanOverrideRow
    await session.execute(update(row).where(col(row.plan_id) == plan_id).values(accepted=False))
