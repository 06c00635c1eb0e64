"""What a team has to know of the places of its round, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from inspections.api.clock import Now
from inspections.api.reach import sees_surprises
from inspections.store.visits import VisitFilter
from inspections.use_cases.brief_visits import brief_visits
from shared.auth import Reader
from shared.contracts.inspections.briefs import VisitBriefs
from shared.db import Session
from shared.problems import responses

router = APIRouter(prefix="/v1/visit-briefs", tags=["visits"])

MOST_PLACES = 100


@router.get("", operation_id="briefVisits", responses=responses(403, 422))
async def brief(
    session: Session,
    caller: Reader,
    *,
    accommodation_id: Annotated[
        list[UUID], Query(min_length=1, max_length=MOST_PLACES, description="Once for each place.")
    ],
    plan_id: Annotated[UUID | None, Query(description="Name the visits made of it.")] = None,
    now: Now,
) -> VisitBriefs:
    """Tell of places about to be visited: address, whom to call, what stands, the worst first.

    No score is told, nor why a place was chosen. An address that is confidential stays empty for
    all but keepers, and a visit to come that is unannounced for those who do not visit.
    """
    wanted = None
    if plan_id is not None:
        wanted = VisitFilter(
            territories=caller.territories, plan_id=plan_id, surprises=sees_surprises(caller)
        )
    items = await brief_visits(session, caller, accommodation_id, wanted=wanted, now=now)
    return VisitBriefs(items=items)
