"""Revisions of plans over HTTP: edits, what came of them, and comparisons."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query, Request, Response

from routing.api.plans import refuse_inspectors
from routing.store import plans, revisions
from routing.store.revisions import StoredRevision
from routing.use_cases import follow_work
from routing.use_cases.describe_diff import plan_diff
from routing.use_cases.request_revision import request_revision
from routing.use_cases.revision_messages import (
    beyond_baselines,
    planned,
    revision_message,
    revision_summary,
)
from shared import paging
from shared.auth import Caller, Planner, Reader
from shared.contracts.routing.revisions import (
    PlanComparison,
    PlanDiff,
    PlanRevision,
    PlanRevisionSummary,
    RevisionPending,
    RevisionRequest,
)
from shared.db import Database, Session
from shared.field_errors import FieldError
from shared.jobs import Jobs
from shared.paging import Cursor, Limit, Page
from shared.problems import Problem, conflict, invalid, not_found, responses

router = APIRouter(prefix="/v1/plans/{plan_id}", tags=["plan revisions"])

EDITS = {
    "based_on": 0,
    "reason": "The manager of the Étoile is away on Monday.",
    "edits": [
        {"kind": "drop", "accommodation_id": "6f1f3d0e-53a1-4c0e-9d3b-0d7a3f7f2c11"},
        {"kind": "reoptimise"},
    ],
}
# Edits take a second or two; then the answer is the revision, or why it was refused.
PATIENCE_S = 15.0
NEWEST = 2**31 - 1
PENDING: dict[int | str, dict[str, object]] = {
    202: {"model": RevisionPending, "description": "Still worked on."}
}


@router.post(
    "/revisions",
    operation_id="revisePlan",
    status_code=201,
    response_model=PlanRevision | RevisionPending,
    responses=responses(403, 404, 409, 422) | PENDING,
)
async def revise_plan(
    request: Request,
    response: Response,
    caller: Planner,
    plan_id: UUID,
    *,
    revision: Annotated[RevisionRequest, Body(examples=[EDITS])],
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=200, description="Makes a repeated request harmless."),
    ] = None,
) -> PlanRevision | RevisionPending:
    """Change a plan by hand; the checker decides whether the outcome holds.

    The edits are applied in order and checked once, at the end: all hold, or none is kept and the
    error names the visits and the rule. Drops, additions and changes of order are told in the
    feed, with their reason.
    """
    database: Database = request.app.state.database
    jobs: Jobs = request.app.state.jobs
    async with database.session(caller.organisation) as session:
        asked = await request_revision(
            session, jobs, caller, plan_id, asked=revision, key=idempotency_key
        )
    state = await follow_work.until_ended(
        database, jobs, caller, asked.job.id, patience_s=PATIENCE_S
    )
    async with database.session(caller.organisation) as session:
        outcome = await revisions.outcome(session, plan_id, asked.id)
        if outcome is not None and outcome.refusal is not None:
            errors = [FieldError.model_validate(it) for it in outcome.refusal]
            raise Problem(422, "invalid-request", errors[0].detail, errors=errors)
        if outcome is not None and outcome.number is not None:
            path = f"/v1/plans/{plan_id}/revisions/{outcome.number}"
            response.headers["Location"] = path
            return revision_message(await _found(session, plan_id, outcome.number))
    if state is not None and state.state not in follow_work.UNENDED:
        raise conflict(state.message or f"The revision was {state.state}; ask for it again.")
    response.status_code = 202
    return RevisionPending(id=asked.id, job=state or asked.job)


@router.get("/revisions", operation_id="listPlanRevisions", responses=responses(403, 404, 409, 422))
async def list_revisions(
    session: Session, caller: Reader, plan_id: UUID, *, limit: Limit = 50, cursor: Cursor = None
) -> Page[PlanRevisionSummary]:
    """List the revisions of a plan, newest first; the last one is the plan as it was solved."""
    await _refuse_unseen(session, caller, plan_id)
    before = NEWEST if cursor is None else _number(cursor)
    rows = await revisions.page(session, plan_id, before=before, limit=limit + 1)
    more = len(rows) > limit
    return Page(
        items=[revision_summary(row) for row in rows[:limit]],
        next_cursor=paging.encode(str(rows[limit - 1].number)) if more else None,
    )


@router.get(
    "/revisions/{number}", operation_id="getPlanRevision", responses=responses(403, 404, 409, 422)
)
async def get_revision(
    session: Session, caller: Reader, plan_id: UUID, number: int
) -> PlanRevision:
    """Read a revision: who, why, its rounds, and what changed."""
    await _refuse_unseen(session, caller, plan_id)
    return revision_message(await _found(session, plan_id, number))


@router.get(
    "/revisions/{number}/diff",
    operation_id="comparePlanRevisions",
    responses=responses(403, 404, 409, 422),
)
async def get_diff(
    session: Session,
    caller: Reader,
    plan_id: UUID,
    number: int,
    *,
    since: Annotated[int, Query(ge=0, description="The revision to compare with.")] = 0,
) -> PlanDiff:
    """Compare any two revisions of a plan: what `number` has that `since` has not."""
    await _refuse_unseen(session, caller, plan_id)
    before = await _found(session, plan_id, since)
    return plan_diff(planned(before), planned(await _found(session, plan_id, number)))


@router.get("/comparison", operation_id="comparePlan", responses=responses(403, 404, 409, 422))
async def compare_plan(
    session: Session,
    caller: Reader,
    plan_id: UUID,
    other: Annotated[UUID | None, Query(description="Another plan, as of last week.")] = None,
) -> PlanComparison:
    """Compare a plan with simpler ways of choosing in the same hours, and with another plan."""
    number = await _refuse_unseen(session, caller, plan_id)
    stored = await _found(session, plan_id, number)
    diff = None
    if other is not None:
        known = await _refuse_unseen(session, caller, other)
        diff = plan_diff(planned(await _found(session, other, known)), planned(stored))
    return PlanComparison(revision=number, baselines=beyond_baselines(stored), other=diff)


async def _refuse_unseen(session: Session, caller: Caller, plan_id: UUID) -> int:
    """Return the number of the newest revision of a plan the caller may see."""
    refuse_inspectors(caller)
    stored = await plans.find(session, plan_id, caller.territories)
    if stored is None:
        raise not_found("plan")
    if stored.answer is None:
        raise conflict(f"The plan is {stored.job.state}; it has no revisions yet.")
    return stored.revision


async def _found(session: Session, plan_id: UUID, number: int) -> StoredRevision:
    stored = await revisions.find(session, plan_id, number)
    if stored is None:
        raise not_found("revision")
    return stored


def _number(cursor: str) -> int:
    (number,) = paging.decode(cursor, 1)
    if not number.isdecimal() or int(number) > NEWEST:
        raise invalid("query: cursor", "This cursor belongs to another list.")
    return int(number)
