"""Taking the acceptance of a plan back over HTTP."""

from uuid import UUID

from fastapi import APIRouter

from routing.use_cases.withdraw_acceptance import withdraw_acceptance
from shared.auth import Planner
from shared.db import Session
from shared.problems import responses

router = APIRouter(prefix="/v1/plans", tags=["plans"])


@router.delete(
    "/{plan_id}/acceptance",
    operation_id="withdrawPlanAcceptance",
    status_code=204,
    responses=responses(403, 404),
)
async def withdraw(session: Session, caller: Planner, plan_id: UUID) -> None:
    """Take the acceptance of a plan back; its visits are the record's to cancel."""
    await withdraw_acceptance(session, caller, plan_id)
