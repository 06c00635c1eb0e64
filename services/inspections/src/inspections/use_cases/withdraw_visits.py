"""Withdraw the visits of a plan whose acceptance is undone."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from inspections.store import plan_visits
from inspections.use_cases.messages import visit_told
from shared import feed
from shared.contracts.inspections.visits import VisitWithdrawalReport


async def withdraw_visits(
    session: AsyncSession, plan_id: UUID, territories: Sequence[str]
) -> VisitWithdrawalReport:
    """Cancel the visits of a plan that are still planned; begun and done ones are kept."""
    cancelled = await plan_visits.cancel_planned(session, plan_id, territories)
    kept = await plan_visits.count_kept(session, plan_id, territories)
    told = [visit_told("cancelled", it.id, it) for it in cancelled if it.announced]
    if cancelled:
        await feed.append(session, cancelled[0].organisation, told)
    return VisitWithdrawalReport(plan_id=plan_id, cancelled=len(cancelled), kept=kept)
