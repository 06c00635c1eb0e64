"""The visits of a plan, all at once, over HTTP: made as it says, or withdrawn with it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body

from inspections.use_cases.revise_plan_visits import revise_plan_visits
from inspections.use_cases.withdraw_visits import withdraw_visits
from shared.auth import Planner
from shared.contracts.inspections.visits import (
    PlanVisits,
    PlanVisitsReport,
    VisitWithdrawal,
    VisitWithdrawalReport,
)
from shared.db import Session
from shared.problems import responses

router = APIRouter(prefix="/v1/visits", tags=["visits"])

PLAN_ID = "3d7a0c94-6f0e-5d2f-9c57-0a3d0c6c3c1b"
PLAN = {"plan_id": PLAN_ID}
VISITS = {
    "items": [
        {
            "accommodation_id": "0b7c7b1e-5d3f-4a44-a2f1-c3f0a5d7e9aa",
            "plan_id": PLAN_ID,
            "stop_id": "7c1f6e0a-0f5b-5c1e-8a55-5f0e3a9c2b11",
            "scheduled_at": "2026-12-01T09:00:00+01:00",
            "scheduled_end_at": "2026-12-01T10:00:00+01:00",
            "round_id": "20261201-north",
            "sequence": 1,
        }
    ]
}


@router.put(
    "/of-plan/{plan_id}", operation_id="putPlanVisits", responses=responses(403, 409, 413, 422)
)
async def put_visits(
    session: Session,
    caller: Planner,
    *,
    plan_id: UUID,
    wanted: Annotated[PlanVisits, Body(examples=[VISITS])],
) -> PlanVisitsReport:
    """Make the visits of a plan what its newest revision says; a repeat changes nothing.

    Missing ones are created, others moved, and those it has no more are cancelled. Visits begun,
    over, or cancelled by somebody stay as they are.
    """
    return await revise_plan_visits(
        session, caller.organisation, caller.territories, plan_id, wanted=wanted
    )


@router.post("/withdrawals", operation_id="withdrawVisits", responses=responses(403, 422))
async def withdraw(
    session: Session, caller: Planner, plan: Annotated[VisitWithdrawal, Body(examples=[PLAN])]
) -> VisitWithdrawalReport:
    """Cancel what is still planned of a plan's visits; a repeat changes nothing."""
    return await withdraw_visits(session, plan.plan_id, caller.territories)
