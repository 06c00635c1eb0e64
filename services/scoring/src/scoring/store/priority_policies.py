"""Versions of the priority policy: written once, the newest holds."""

from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from scoring.store.rows import Row, insert_rows
from scoring.store.tables import PriorityPolicyRow


async def newest(session: AsyncSession) -> PriorityPolicyRow | None:
    """Read the version that holds; None before the first."""
    rows = await page(session, before=None, limit=1)
    return rows[0] if rows else None


async def page(
    session: AsyncSession, *, before: int | None, limit: int
) -> Sequence[PriorityPolicyRow]:
    """List versions, the newest first."""
    statement = select(PriorityPolicyRow).order_by(col(PriorityPolicyRow.version).desc())
    if before is not None:
        statement = statement.where(col(PriorityPolicyRow.version) < before)
    return (await session.execute(statement.limit(limit))).scalars().all()


async def alone(session: AsyncSession) -> None:
    """Let one transaction at a time write a version in an organisation."""
    await session.execute(
        text(
            "select pg_advisory_xact_lock("
            "hashtextextended('priority policy:' || current_setting('app.organisation'), 0))"
        )
    )


async def add(session: AsyncSession, values: Row) -> None:
    """Write a version."""
    await insert_rows(session, PriorityPolicyRow, [values])
