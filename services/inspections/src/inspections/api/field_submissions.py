"""Field submissions over HTTP: what field apps sent, and what is to be decided of it."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request

from inspections.api.clock import Now
from inspections.api.inspections import recorder_of
from inspections.api.lists import ListQuery, page_of
from inspections.api.openrosa import keeper_of
from inspections.store import field_submissions
from inspections.store.field_submissions import SubmissionFilter
from inspections.use_cases.decide_field_forms import decide_field_form, detail, field_submission
from shared.auth import Planner
from shared.contracts.inspections.field_submissions import (
    FieldResolution,
    FieldSubmission,
    FieldSubmissionDetail,
)
from shared.db import Session
from shared.paging import Page, moment_cursor, moment_key
from shared.problems import not_found, responses

router = APIRouter(prefix="/v1/field-submissions", tags=["field apps"])

DECISION = {
    "decision": "record",
    "visit_id": "2f1c7f0a-1f6b-4c55-9a57-4d8f5a0f7a10",
    "reason": "The device was set up before the plan changed; this is the visit they made.",
}


class SubmissionQuery(ListQuery):
    """Which forms to list."""

    state: Literal["held"] | None = None


@router.get("", operation_id="listFieldSubmissions", responses=responses(403, 422))
async def list_submissions(
    session: Session, caller: Planner, query: Annotated[SubmissionQuery, Query()]
) -> Page[FieldSubmission]:
    """List what field apps sent, newest first; `held` is what somebody has to decide about."""
    wanted = SubmissionFilter(caller.territories, None if query.state is None else True)
    rows = await field_submissions.page(
        session, wanted, after=moment_key(query.cursor), limit=query.limit + 1
    )
    return page_of(
        [field_submission(row) for row in rows],
        query.limit,
        lambda it: moment_cursor(it.received_at, it.id),
    )


@router.get("/{id}", operation_id="getFieldSubmission", responses=responses(403, 404))
async def get_submission(session: Session, caller: Planner, id: UUID) -> FieldSubmissionDetail:
    """Get a form that a field app sent, with what became of its photos."""
    row = await field_submissions.by_id(session, id, caller.territories)
    if row is None:
        raise not_found("field submission")
    return await detail(session, row)


@router.post(
    "/{id}/resolution",
    operation_id="resolveFieldSubmission",
    responses=responses(403, 404, 409, 422),
)
async def resolve_submission(
    session: Session,
    caller: Planner,
    *,
    request: Request,
    id: UUID,
    resolution: Annotated[FieldResolution, Body(examples=[DECISION])],
    now: Now,
) -> FieldSubmissionDetail:
    """Record a form that was held, or give it up; the same decision again changes nothing."""
    row = await decide_field_form(
        session,
        recorder_of(request, caller, now),
        keeper_of(request.app.state.settings, caller),
        id=id,
        asked=resolution,
    )
    return await detail(session, row)
