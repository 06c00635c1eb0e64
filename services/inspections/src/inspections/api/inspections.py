"""Inspections and findings over HTTP."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import AwareDatetime

from inspections.api.lists import (
    ListQuery,
    ShortListQuery,
    moment_cursor,
    moment_key,
    page_of,
    written,
)
from inspections.settings import Settings
from inspections.store import inspections
from inspections.store.inspections import FindingFilter, InspectionFilter
from inspections.use_cases import messages
from inspections.use_cases.grade_inspections import Clock, SentInspection
from inspections.use_cases.record_inspections import Recorder, record_inspections
from inspections.use_cases.show_history import with_findings
from shared.auth import Caller, Inspector, Reader
from shared.contracts.inspections import (
    BatchReport,
    Finding,
    Inspection,
    InspectionBatch,
    InspectionInput,
)
from shared.db import Session
from shared.paging import Page
from shared.problems import not_found, responses

router = APIRouter(prefix="/v1/inspections", tags=["inspections"])
findings = APIRouter(prefix="/v1/findings", tags=["findings"])

FORM = {
    "instance_id": "0f8b6f7e-6c5f-4a0e-8a30-5a1f0e6f7f01",
    "accommodation_id": "6f1f3d0e-53a1-4c0e-9d3b-0d7a3f7f2c11",
    "occurred_at": "2026-03-02T10:15:00+01:00",
    "rooms_seen": 7,
    "answers": [
        {"item": "mould", "value": 3, "room": "12", "note": "Around the window, 1 m²"},
        {"item": "alarm", "value": 0},
        {"item": "kitchen", "value": "not_applicable"},
        {"item": "gas_co", "value": "not_seen"},
    ],
}


class InspectionQuery(ShortListQuery):
    """Which inspections to list."""

    accommodation_id: UUID | None = None
    visit_id: UUID | None = None
    grade: Literal["A", "B", "C", "D"] | None = None
    since: AwareDatetime | None = None


class FindingQuery(ListQuery):
    """Which findings to list."""

    accommodation_id: UUID | None = None
    category: Annotated[str | None, Query(max_length=60)] = None
    severity_min: Annotated[int, Query(ge=1, le=4)] = 1
    since: AwareDatetime | None = None


@router.get(
    "",
    operation_id="listInspections",
    response_model=Page[Inspection],
    responses=responses(403, 422),
)
async def list_inspections(
    session: Session, caller: Reader, query: Annotated[InspectionQuery, Query()]
) -> Response:
    """List inspections with their findings, newest first."""
    wanted = InspectionFilter(
        territories=caller.territories, **query.model_dump(exclude={"limit", "cursor"})
    )
    rows = await inspections.page(
        session, wanted, after=moment_key(query.cursor), limit=query.limit + 1
    )
    found = await inspections.findings_of(session, [row.id for row in rows])
    return await written(
        lambda: page_of(
            [messages.inspection(row, found[row.id]) for row in rows],
            query.limit,
            lambda it: moment_cursor(it.occurred_at, it.id),
        )
    )


@router.post(
    "",
    operation_id="recordInspection",
    status_code=201,
    responses=responses(403, 409, 422),
)
async def record_inspection(
    session: Session,
    caller: Inspector,
    *,
    request: Request,
    form: Annotated[InspectionInput, Body(examples=[FORM])],
    response: Response,
) -> Inspection:
    """Record a filled-in checklist and close its visit; the same form again answers 200."""
    sent = SentInspection("", form)
    done = await record_inspections(session, _recorder(request, caller), [sent])
    response.status_code = 201 if done.created else 200
    response.headers["Location"] = f"{router.prefix}/{done.ids[0]}"
    return await _inspection(session, caller, done.ids[0])


@router.post("/bulk", operation_id="recordInspections", responses=responses(403, 409, 422))
async def record_batch(
    session: Session, caller: Inspector, request: Request, batch: InspectionBatch
) -> BatchReport:
    """Record up to 500 filled-in checklists, all or none, each once however often it is sent."""
    sent = [SentInspection(f"/items/{n}", form) for n, form in enumerate(batch.items)]
    return await record_inspections(session, _recorder(request, caller), sent)


@router.get("/{id}", operation_id="getInspection", responses=responses(403, 404))
async def get_inspection(session: Session, caller: Reader, id: UUID) -> Inspection:
    """Get an inspection with its findings."""
    return await _inspection(session, caller, id)


@findings.get(
    "",
    operation_id="listFindings",
    response_model=Page[Finding],
    responses=responses(403, 422),
)
async def list_findings(
    session: Session, caller: Reader, query: Annotated[FindingQuery, Query()]
) -> Response:
    """List findings, newest first."""
    wanted = FindingFilter(
        territories=caller.territories, **query.model_dump(exclude={"limit", "cursor"})
    )
    rows = await inspections.page_of_findings(
        session, wanted, after=moment_key(query.cursor), limit=query.limit + 1
    )
    return await written(
        lambda: page_of(
            [messages.finding(row) for row in rows],
            query.limit,
            lambda it: moment_cursor(it.occurred_at, it.id),
        )
    )


async def _inspection(session: Session, caller: Caller, id: UUID) -> Inspection:
    row = await inspections.by_id(session, id, caller.territories)
    if row is None:
        raise not_found("inspection")
    return await with_findings(session, row)


def _recorder(request: Request, caller: Caller) -> Recorder:
    settings: Settings = request.app.state.settings
    clock = Clock(datetime.now(UTC), settings.entry_delay)
    return Recorder(caller.organisation, caller.territories, clock)
