"""Inspections and findings over HTTP."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import AwareDatetime

from inspections.api.clock import Now
from inspections.api.copies import PAGING, CopyQuery, ShortCopyQuery, Stands, as_it_is, goes_on
from inspections.api.lists import moment_cursor_of, written_values
from inspections.settings import Settings
from inspections.store import changes, form_conflicts, inspections
from inspections.store.inspections import FindingFilter, InspectionFilter
from inspections.store.tables import FindingRow, InspectionRow
from inspections.use_cases import messages
from inspections.use_cases.grade_inspections import Clock
from inspections.use_cases.record_inspections import Recorder, record_inspections
from inspections.use_cases.sent_inspections import SentInspection
from inspections.use_cases.show_history import filled_in, with_findings
from shared.api_document import sent_before
from shared.auth import Caller, Inspector, Reader
from shared.contracts.inspections.form_conflicts import FormConflict
from shared.contracts.inspections.inspection import (
    Finding,
    Inspection,
    InspectionBatch,
    InspectionBatchReport,
    InspectionForm,
    InspectionInput,
)
from shared.db import Session
from shared.paging import moment_key
from shared.problems import not_found, responses
from shared.sync import UNCHANGED, CopiedPage

router = APIRouter(prefix="/v1/inspections", tags=["inspections"])
findings = APIRouter(prefix="/v1/findings", tags=["findings"])

HELD: dict[int | str, dict[str, object]] = {
    202: {"description": "Kept, to be decided.", "model": FormConflict}
}
FORM = {
    "instance_id": "0f8b6f7e-6c5f-4a0e-8a30-5a1f0e6f7f01",
    "accommodation_id": "6f1f3d0e-53a1-4c0e-9d3b-0d7a3f7f2c11",
    "occurred_at": "2026-03-02T10:15:00+01:00",
    "rooms": [
        {"room": "12", "drawn": 1},
        {"room": "7", "drawn": 2, "outcome": "household_absent"},
        {"room": "9", "instead_of": 2, "reason": "household_absent"},
    ],
    "answers": [
        {"item": "mould", "value": 3, "room": "12", "note": "Around the window, 1 m²"},
        {"item": "alarm", "value": 0},
        {"item": "kitchen", "value": "not_applicable"},
        {"item": "gas_co", "value": "not_seen"},
    ],
}


class InspectionQuery(ShortCopyQuery):
    """Which inspections to list."""

    accommodation_id: UUID | None = None
    visit_id: UUID | None = None
    grade: Literal["A", "B", "C", "D"] | None = None
    since: AwareDatetime | None = None


class FindingQuery(CopyQuery):
    """Which findings to list."""

    accommodation_id: UUID | None = None
    category: Annotated[str | None, Query(max_length=60)] = None
    severity_min: Annotated[int, Query(ge=1, le=4)] = 1
    since: AwareDatetime | None = None


@router.get(
    "",
    operation_id="listInspections",
    response_model=CopiedPage[Inspection],
    responses=responses(403, 422) | UNCHANGED,
)
async def list_inspections(
    session: Session,
    caller: Reader,
    *,
    query: Annotated[InspectionQuery, Query()],
    stands: Stands,
) -> Response:
    """List inspections with their findings, newest first."""
    wanted = InspectionFilter(territories=caller.territories, **query.model_dump(exclude=PAGING))
    names, limit, after = messages.INSPECTION, query.limit + 1, goes_on(query)
    if after is not None:
        source = (InspectionRow, names)
        rows = await changes.page(session, source, wanted.conditions(), after=after, limit=limit)
    else:
        rows = await inspections.page(
            session, wanted, names, after=moment_key(query.cursor), limit=limit
        )
    ids = [row["id"] for row in rows[: query.limit] if row["id"] is not None]
    found = await inspections.findings_of(session, ids, messages.FINDING)

    def show(it: messages.Values) -> messages.Values:
        return messages.inspection_values(it, found[it["id"]])

    if after is not None:
        return stands.changes(rows, query, show)
    return stands.answer(
        written_values(
            rows, query.limit, show=show, cursor=lambda it: moment_cursor_of(it, "occurred_at")
        )
    )


@router.post(
    "",
    operation_id="recordInspection",
    status_code=201,
    response_model=Inspection,
    responses=responses(403, 404, 409, 422) | sent_before(Inspection) | HELD,
)
async def record_inspection(
    session: Session,
    caller: Inspector,
    *,
    request: Request,
    form: Annotated[InspectionInput, Body(examples=[FORM])],
    response: Response,
    now: Now,
) -> Inspection | Response:
    """Record a filled-in checklist and close its visit; the same form again answers 200.

    A form for a visit that is over, and that says otherwise than the record, answers 202: it is
    kept as a form conflict, for somebody to decide.
    """
    sent = SentInspection("", form)
    done = await record_inspections(session, recorder_of(request, caller, now), [sent])
    if done.held:
        return await _held(session, caller, done.ids[0])
    response.status_code = 201 if done.created else 200
    response.headers["Location"] = f"{router.prefix}/{done.ids[0]}"
    return await _inspection(session, caller, done.ids[0])


@router.post("/bulk", operation_id="recordInspections", responses=responses(403, 409, 422))
async def record_batch(
    session: Session, caller: Inspector, *, request: Request, batch: InspectionBatch, now: Now
) -> InspectionBatchReport:
    """Record up to 500 filled-in checklists, all or none, each once however often it is sent.

    Forms whose visit is over are kept as form conflicts; `held` says which.
    """
    sent = [SentInspection(f"/items/{n}", form) for n, form in enumerate(batch.items)]
    return await record_inspections(session, recorder_of(request, caller, now), sent)


@router.get("/{id}", operation_id="getInspection", responses=responses(403, 404))
async def get_inspection(session: Session, caller: Reader, id: UUID) -> Inspection:
    """Get an inspection with its findings."""
    return await _inspection(session, caller, id)


@router.get("/{id}/form", operation_id="getInspectionForm", responses=responses(403, 404))
async def get_inspection_form(session: Session, caller: Reader, id: UUID) -> InspectionForm:
    """Get an inspection as it was filled in: its answers, and what became of its rooms."""
    form = await filled_in(session, id, caller.territories)
    if form is None:
        raise not_found("inspection")
    return form


@findings.get(
    "",
    operation_id="listFindings",
    response_model=CopiedPage[Finding],
    responses=responses(403, 422) | UNCHANGED,
)
async def list_findings(
    session: Session, caller: Reader, *, query: Annotated[FindingQuery, Query()], stands: Stands
) -> Response:
    """List findings, newest first."""
    wanted = FindingFilter(territories=caller.territories, **query.model_dump(exclude=PAGING))
    names, limit, after = messages.FINDING, query.limit + 1, goes_on(query)
    if after is not None:
        source = (FindingRow, names)
        rows = await changes.page(session, source, wanted.conditions(), after=after, limit=limit)
        return stands.changes(rows, query, as_it_is)
    rows = await inspections.page_of_findings(
        session, wanted, names, after=moment_key(query.cursor), limit=limit
    )
    return stands.answer(
        written_values(
            rows, query.limit, show=as_it_is, cursor=lambda it: moment_cursor_of(it, "occurred_at")
        )
    )


async def _held(session: Session, caller: Caller, id: UUID) -> Response:
    row = await form_conflicts.by_id(session, id, caller.territories)
    if row is None:
        raise not_found("form conflict")
    return Response(
        messages.form_conflict(row).model_dump_json(),
        status_code=202,
        media_type="application/json",
        headers={"Location": f"/v1/form-conflicts/{id}"},
    )


async def _inspection(session: Session, caller: Caller, id: UUID) -> Inspection:
    row = await inspections.by_id(session, id, caller.territories)
    if row is None:
        raise not_found("inspection")
    return await with_findings(session, row)


def recorder_of(request: Request, caller: Caller, now: datetime) -> Recorder:
    """Tell for whom and by whom inspections are recorded, and when."""
    settings: Settings = request.app.state.settings
    clock = Clock(now, settings.entry_delay)
    return Recorder(caller.organisation, caller.subject, caller.territories, clock)
