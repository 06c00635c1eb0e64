"""Visits over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query, Response
from pydantic import AwareDatetime

from inspections.api.lists import ListQuery, moment_cursor, moment_key, page_of, written
from inspections.store import visits
from inspections.store.visits import VisitFilter
from inspections.use_cases import messages
from inspections.use_cases.plan_visits import SentVisit, plan_visits
from shared.auth import Caller, Planner, Reader
from shared.contracts.inspections import BatchReport, Visit, VisitBatch, VisitInput, VisitState
from shared.db import Session
from shared.paging import Page
from shared.problems import not_found, responses

router = APIRouter(prefix="/v1/visits", tags=["visits"])

VISIT = {
    "accommodation_id": "6f1f3d0e-53a1-4c0e-9d3b-0d7a3f7f2c11",
    "kind": "routine",
    "origin": "due",
    "scheduled_at": "2026-03-02T09:00:00+01:00",
    "inspector_ids": ["9a0c2c1e-7a54-4f7a-8a39-40f5b6e3f0aa"],
    "external_id": "agenda-2026-118",
}


class VisitQuery(ListQuery):
    """Which visits to list."""

    accommodation_id: UUID | None = None
    state: VisitState | None = None
    plan_id: UUID | None = None
    inspector_id: UUID | None = None
    scheduled_from: AwareDatetime | None = None
    scheduled_before: AwareDatetime | None = None


@router.get(
    "",
    operation_id="listVisits",
    response_model=Page[Visit],
    responses=responses(403, 422),
)
async def list_visits(
    session: Session, caller: Reader, query: Annotated[VisitQuery, Query()]
) -> Response:
    """List visits, newest first; scores are hidden from inspectors until the inspection is in."""
    wanted = VisitFilter(
        territories=caller.territories, **query.model_dump(exclude={"limit", "cursor"})
    )
    rows = await visits.page(session, wanted, after=moment_key(query.cursor), limit=query.limit + 1)
    return await written(
        lambda: page_of(
            [messages.visit(row, hide_score=caller.is_only_inspector) for row in rows],
            query.limit,
            lambda it: moment_cursor(it.scheduled_at, it.id),
        )
    )


@router.post("", operation_id="createVisit", status_code=201, responses=responses(403, 409, 422))
async def create_visit(
    session: Session,
    caller: Planner,
    *,
    visit: Annotated[VisitInput, Body(examples=[VISIT])],
    response: Response,
    idempotency_key: Annotated[
        str | None, Header(min_length=1, max_length=200, description="For a visit without ids.")
    ] = None,
) -> Visit:
    """Create a visit; one already sent is answered as it is, with 200.

    Ids that belong to a visit of another accommodation answer 409, a key that came with another
    visit 422.
    """
    sent = SentVisit("", visit, idempotency_key)
    done = await plan_visits(session, caller.organisation, caller.territories, [sent])
    response.status_code = 201 if done.created else 200
    response.headers["Location"] = f"{router.prefix}/{done.ids[0]}"
    return await _visit(session, caller, done.ids[0])


@router.post("/bulk", operation_id="createVisits", responses=responses(403, 409, 422))
async def create_visits(session: Session, caller: Planner, batch: VisitBatch) -> BatchReport:
    """Create up to 1,000 visits, all or none; those already sent are left as they are.

    Ids that belong to a visit of another accommodation answer 409, naming the item.
    """
    sent = [SentVisit(f"/items/{n}", it) for n, it in enumerate(batch.items)]
    return await plan_visits(session, caller.organisation, caller.territories, sent)


@router.get("/{id}", operation_id="getVisit", responses=responses(403, 404))
async def get_visit(session: Session, caller: Reader, id: UUID) -> Visit:
    """Get a visit; its score is hidden from its inspectors until the inspection is in."""
    return await _visit(session, caller, id)


async def _visit(session: Session, caller: Caller, id: UUID) -> Visit:
    row = await visits.by_id(session, id, caller.territories)
    if row is None:
        raise not_found("visit")
    return messages.visit(row, hide_score=caller.is_only_inspector)
