"""Weekly plans in the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from gateway.store.scope import within
from gateway.store.tables import WeeklyPlanRow


async def add(session: AsyncSession, values: Mapping[str, object]) -> None:
    """Keep a week that is asked for; one that is there stays as it is."""
    empty: dict[str, object] = {"unplaced": [], "notices": [], "acceptances": 0}
    statement = insert(WeeklyPlanRow).values(**empty, step="gathering", **values)
    await session.execute(statement.on_conflict_do_nothing())


async def find(
    session: AsyncSession, plan_id: UUID, territories: Sequence[str] = (), *, lock: bool = False
) -> WeeklyPlanRow | None:
    """Return a weekly plan that holds no place outside these territories."""
    statement = select(WeeklyPlanRow).where(col(WeeklyPlanRow.id) == plan_id, within(territories))
    if lock:
        statement = statement.with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def page(
    session: AsyncSession,
    territories: Sequence[str],
    *,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> list[WeeklyPlanRow]:
    """List weekly plans, newest first, from the one after `before`."""
    order = (col(WeeklyPlanRow.created_at), col(WeeklyPlanRow.id))
    statement = (
        select(WeeklyPlanRow)
        .where(within(territories))
        .order_by(*(column.desc() for column in order))
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(tuple_(*order) < tuple_(*before))
    return list((await session.execute(statement)).scalars())


async def decide_to_withdraw(session: AsyncSession, plan_id: UUID, because: str) -> bool:
    """Write that an acceptance is to be undone; False when it no longer is under way."""
    decided = await session.execute(
        update(WeeklyPlanRow)
        .where(col(WeeklyPlanRow.id) == plan_id, col(WeeklyPlanRow.step) == "accepting")
        .values(step="withdrawing", withdrawn_because=because)
        .returning(col(WeeklyPlanRow.id))
    )
    return decided.first() is not None


async def change(session: AsyncSession, plan_id: UUID, **values: object) -> None:
    """Write what became of a weekly plan."""
    await session.execute(
        update(WeeklyPlanRow).where(col(WeeklyPlanRow.id) == plan_id).values(**values)
    )
