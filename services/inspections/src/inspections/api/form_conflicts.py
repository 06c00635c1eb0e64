"""Conflicts of forms over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response

from inspections.api.clock import Now
from inspections.api.inspections import recorder_of
from inspections.api.lists import ListQuery, page_of, written
from inspections.store import form_conflicts
from inspections.store.form_conflicts import ConflictFilter
from inspections.use_cases import messages
from inspections.use_cases.resolve_conflicts import detail, resolve_conflict
from shared.auth import Planner, Reader
from shared.contracts.inspections.form_conflicts import (
    FormConflict,
    FormConflictDetail,
    Resolution,
)
from shared.db import Session
from shared.paging import Page, moment_cursor, moment_key
from shared.problems import not_found, responses

router = APIRouter(prefix="/v1/form-conflicts", tags=["inspections"])

DECISION = {
    "decision": "record_apart",
    "reason": "The second team saw the other staircase; both forms are right.",
}


class ConflictQuery(ListQuery):
    """Which conflicts to list."""

    state: Literal["open", "resolved"] | None = None
    accommodation_id: UUID | None = None
    visit_id: UUID | None = None


@router.get(
    "",
    operation_id="listFormConflicts",
    response_model=Page[FormConflict],
    responses=responses(403, 422),
)
async def list_form_conflicts(
    session: Session, caller: Reader, query: Annotated[ConflictQuery, Query()]
) -> Response:
    """List the forms that came second for their visit, newest first."""
    wanted = ConflictFilter(
        territories=caller.territories,
        accommodation_id=query.accommodation_id,
        visit_id=query.visit_id,
        is_open=None if query.state is None else query.state == "open",
    )
    rows = await form_conflicts.page(
        session, wanted, after=moment_key(query.cursor), limit=query.limit + 1
    )
    return await written(
        lambda: page_of(
            [messages.form_conflict(row) for row in rows],
            query.limit,
            lambda it: moment_cursor(it.received_at, it.id),
        )
    )


@router.get("/{id}", operation_id="getFormConflict", responses=responses(403, 404))
async def get_form_conflict(session: Session, caller: Reader, id: UUID) -> FormConflictDetail:
    """Get a form that came second, and what it says otherwise than the record."""
    row = await form_conflicts.by_id(session, id, caller.territories)
    if row is None:
        raise not_found("form conflict")
    return await detail(session, row)


@router.post(
    "/{id}/resolution",
    operation_id="resolveFormConflict",
    responses=responses(403, 404, 409, 422),
)
async def resolve_form_conflict(
    session: Session,
    caller: Planner,
    *,
    request: Request,
    id: UUID,
    resolution: Annotated[Resolution, Body(examples=[DECISION])],
    now: Now,
) -> FormConflictDetail:
    """Decide what becomes of a form that came second; the same decision again changes nothing."""
    row = await resolve_conflict(session, recorder_of(request, caller, now), id, resolution)
    return await detail(session, row)
