"""Withdrawing the visits of a plan over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Body

from inspections.use_cases.withdraw_visits import withdraw_visits
from shared.auth import Planner
from shared.contracts.inspections.visits import VisitWithdrawal, VisitWithdrawalReport
from shared.db import Session
from shared.problems import responses

router = APIRouter(prefix="/v1/visits/withdrawals", tags=["visits"])

PLAN = {"plan_id": "3d7a0c94-6f0e-5d2f-9c57-0a3d0c6c3c1b"}


@router.post("", operation_id="withdrawVisits", responses=responses(403, 422))
async def withdraw(
    session: Session, caller: Planner, plan: Annotated[VisitWithdrawal, Body(examples=[PLAN])]
) -> VisitWithdrawalReport:
    """Cancel what is still planned of a plan's visits; a repeat changes nothing."""
    return await withdraw_visits(session, plan.plan_id, caller.territories)
