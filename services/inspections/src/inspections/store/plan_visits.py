"""The visits of one plan, all at once."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspections.domain.visit_course import CANCELLED, PLAN_REVISED, PLAN_WITHDRAWN, PLANNED
from inspections.store.rows import among
from inspections.store.scope import at_places_in
from inspections.store.tables import VisitRow


async def cancel_planned(
    session: AsyncSession, plan_id: UUID, territories: Sequence[str]
) -> list[VisitRow]:
    """Cancel the planned visits of a plan, and give them."""
    cancelled = await session.execute(
        update(VisitRow)
        .where(
            col(VisitRow.plan_id) == plan_id,
            col(VisitRow.state) == PLANNED,
            at_places_in(col(VisitRow.accommodation_id), territories),
        )
        .values(
            state=CANCELLED,
            reason=PLAN_WITHDRAWN,
            revision=col(VisitRow.revision) + 1,
            updated_at=func.now(),
        )
        .returning(VisitRow)
    )
    return list(cancelled.scalars())


async def plan_again(session: AsyncSession, ids: Iterable[UUID]) -> list[VisitRow]:
    """Plan those of these visits again that were cancelled by their plan, and give them."""
    planned = await session.execute(
        update(VisitRow)
        .where(
            among(col(VisitRow.id), ids),
            col(VisitRow.state) == CANCELLED,
            col(VisitRow.reason).in_((PLAN_WITHDRAWN, PLAN_REVISED)),
        )
        .values(
            state=PLANNED,
            reason=None,
            revision=col(VisitRow.revision) + 1,
            updated_at=func.now(),
        )
        .returning(VisitRow)
    )
    return list(planned.scalars())


async def lock_planned(
    session: AsyncSession, plan_id: UUID, territories: Sequence[str]
) -> list[VisitRow]:
    """Give the planned visits of a plan, and keep them from others until the transaction ends."""
    found = await session.execute(
        select(VisitRow)
        .where(
            col(VisitRow.plan_id) == plan_id,
            col(VisitRow.state) == PLANNED,
            at_places_in(col(VisitRow.accommodation_id), territories),
        )
        .order_by(col(VisitRow.id))
        .with_for_update()
    )
    return list(found.scalars())


async def count_kept(session: AsyncSession, plan_id: UUID, territories: Sequence[str]) -> int:
    """Count the visits of a plan that were begun or done."""
    statement = select(func.count()).where(
        col(VisitRow.plan_id) == plan_id,
        col(VisitRow.state) != CANCELLED,
        at_places_in(col(VisitRow.accommodation_id), territories),
    )
    return int((await session.execute(statement)).scalar_one())
