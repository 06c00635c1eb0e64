"""Visits over HTTP."""

from datetime import UTC, datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query, Request, Response
from pydantic import AwareDatetime

from inspections.api.copies import PAGING, CopyQuery, Stands, goes_on
from inspections.api.lists import ListQuery, moment_cursor_of, written_values
from inspections.api.reach import moved, sees_surprises
from inspections.store import changes, visits
from inspections.store.tables import VisitRow
from inspections.store.visits import VisitFilter
from inspections.use_cases import messages
from inspections.use_cases.plan_visits import SentVisit, plan_visits
from inspections.use_cases.steer_visits import change_visit, step_visit, time_visit
from shared.api_document import sent_before
from shared.auth import Caller, Inspector, Planner, Reader
from shared.contracts.inspections.inspection import BatchReport
from shared.contracts.inspections.visits import (
    AnnouncedVisit,
    Visit,
    VisitBatch,
    VisitChange,
    VisitInput,
    VisitState,
    VisitTimes,
    VisitTransition,
)
from shared.db import Session
from shared.paging import Page, moment_key
from shared.preconditions import Revision, etag
from shared.problems import Problem, not_found, responses
from shared.sync import MOVED, UNCHANGED, CopiedPage

router = APIRouter(prefix="/v1/visits", tags=["visits"])
announced = APIRouter(prefix="/v1/accommodations/{id}/announced-visits", tags=["visits"])
PLANNING = frozenset({"planner", "manager", "admin", "service"})

VISIT = {
    "accommodation_id": "6f1f3d0e-53a1-4c0e-9d3b-0d7a3f7f2c11",
    "kind": "routine",
    "origin": "due",
    "scheduled_at": "2026-03-02T09:00:00+01:00",
    "inspector_ids": ["9a0c2c1e-7a54-4f7a-8a39-40f5b6e3f0aa"],
    "external_id": "agenda-2026-118",
}
MOVE = {"scheduled_at": "2026-03-03T14:00:00+01:00", "reason": "The lead inspector is ill"}
CANCEL = {"to": "cancelled", "reason": "The place is closed for works"}
TIMES = {"started_at": "2026-03-02T09:05:00+01:00", "ended_at": "2026-03-02T10:20:00+01:00"}


class VisitQuery(CopyQuery):
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
    response_model=CopiedPage[Visit],
    responses=responses(403, 422) | UNCHANGED,
)
async def list_visits(
    session: Session, caller: Reader, *, query: Annotated[VisitQuery, Query()], stands: Stands
) -> Response:
    """List visits, newest first; scores are hidden from inspectors until the inspection is in.

    Visits to come that are not announced are shown to those who plan and make visits only.
    """
    wanted = VisitFilter(
        territories=caller.territories,
        surprises=sees_surprises(caller),
        **query.model_dump(exclude=PAGING),
    )
    show = partial(messages.visit_values, hide_score=caller.is_only_inspector)
    limit, after = query.limit + 1, goes_on(query)
    if after is not None:
        source = (VisitRow, messages.VISIT)
        rows = await changes.page(session, source, wanted.conditions(), after=after, limit=limit)
        return stands.changes(rows, query, show)
    rows = await visits.page(
        session, wanted, messages.VISIT, after=moment_key(query.cursor), limit=limit
    )
    return stands.answer(
        written_values(
            rows,
            query.limit,
            show=show,
            cursor=lambda it: moment_cursor_of(it, "scheduled_at"),
        )
    )


@router.post(
    "",
    operation_id="createVisit",
    status_code=201,
    responses=responses(403, 404, 409, 422) | sent_before(Visit),
)
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
    row = await visits.by_id(session, done.ids[0], caller.territories)
    if row is None:
        raise not_found("visit")
    return _shown(row, caller, response)


@router.post("/bulk", operation_id="createVisits", responses=responses(403, 409, 422))
async def create_visits(session: Session, caller: Planner, batch: VisitBatch) -> BatchReport:
    """Create up to 1,000 visits, all or none; those already sent are left as they are.

    Ids that belong to a visit of another accommodation answer 409, naming the item.
    """
    sent = [SentVisit(f"/items/{n}", it) for n, it in enumerate(batch.items)]
    return await plan_visits(session, caller.organisation, caller.territories, sent)


@router.get("/{id}", operation_id="getVisit", responses=responses(403, 404))
async def get_visit(session: Session, caller: Reader, id: UUID, response: Response) -> Visit:
    """Get a visit; its `ETag` is what a change must name.

    Its score is hidden from its inspectors until the inspection is in.
    """
    row = await visits.by_id(session, id, caller.territories, surprises=sees_surprises(caller))
    if row is None:
        raise not_found("visit")
    return _shown(row, caller, response)


@router.patch(
    "/{id}", operation_id="changeVisit", responses=responses(403, 404, 409, 412, 422, 428)
)
async def change(
    session: Session,
    caller: Planner,
    *,
    id: UUID,
    wanted: Annotated[VisitChange, Body(examples=[MOVE])],
    revision: Revision,
    response: Response,
) -> Visit:
    """Move a planned visit, give it to other inspectors, or announce it."""
    row = await change_visit(session, id, caller.territories, wanted, revision=revision)
    return _shown(row, caller, response)


@router.post("/{id}/transitions", operation_id="stepVisit", responses=responses(403, 404, 409, 422))
async def step(
    session: Session,
    caller: Inspector,
    *,
    id: UUID,
    wanted: Annotated[VisitTransition, Body(examples=[CANCEL])],
    response: Response,
) -> Visit:
    """Leave for a visit, turn back, or cancel it; the same again changes nothing.

    Cancelling needs the role planner, and a reason. How a visit ended is told by its inspection.
    """
    if wanted.to == "cancelled" and not caller.roles & PLANNING:
        raise Problem(403, "forbidden", "Cancelling a visit needs the role planner or manager.")
    row = await step_visit(session, id, caller.territories, wanted, now=datetime.now(UTC))
    return _shown(row, caller, response)


@router.put("/{id}/times", operation_id="timeVisit", responses=responses(403, 404, 409, 422))
async def time(
    session: Session,
    caller: Inspector,
    *,
    id: UUID,
    times: Annotated[VisitTimes, Body(examples=[TIMES])],
    response: Response,
) -> Visit:
    """Note when the team was there; visits to come are planned by what visits really took."""
    row = await time_visit(session, id, caller.territories, times, now=datetime.now(UTC))
    return _shown(row, caller, response)


@announced.get(
    "",
    operation_id="listAnnouncedVisits",
    response_model=Page[AnnouncedVisit],
    responses=MOVED | responses(403, 404, 422),
)
async def list_announced(
    session: Session,
    caller: Reader,
    *,
    id: UUID,
    query: Annotated[ListQuery, Query()],
    request: Request,
) -> Response:
    """List what an operator may know: the announced visits of its place, newest first.

    Neither who comes, nor why, nor anything of a visit that is not announced.
    """
    elsewhere = await moved(session, caller, request, id)
    if elsewhere is not None:
        return elsewhere
    rows = await visits.page(
        session,
        VisitFilter(accommodation_id=id, announced=True),
        tuple(AnnouncedVisit.model_fields),
        after=moment_key(query.cursor),
        limit=query.limit + 1,
    )
    return written_values(
        rows,
        query.limit,
        show=lambda it: it,
        cursor=lambda it: moment_cursor_of(it, "scheduled_at"),
    )


def _shown(row: VisitRow, caller: Caller, response: Response) -> Visit:
    response.headers["ETag"] = etag(row.revision)
    return messages.visit(row, hide_score=caller.is_only_inspector)
