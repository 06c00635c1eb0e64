"""Complaints over HTTP: taken in from partners, triaged by the teams."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Query, Request, Response

from inspections.api.clock import Now
from inspections.api.copies import PAGING, CopyQuery, Stands, goes_on
from inspections.api.lists import page_of
from inspections.api.reach import hidden_places
from inspections.settings import Settings
from inspections.store import changes, complaints
from inspections.store.complaints import ComplaintFilter
from inspections.store.tables import ComplaintRow
from inspections.use_cases.complaint_messages import COMPLAINT_COLUMNS, complaint, complaint_of
from inspections.use_cases.receive_complaints import Arrival, ContactRule, receive_complaint
from inspections.use_cases.triage_complaints import (
    locked_complaint,
    similar_complaints,
    triage_complaint,
)
from shared.api_document import sent_before
from shared.auth import Caller, Inspector, Manager, Planner, requires
from shared.contracts.inspections.complaints import (
    Complaint,
    ComplaintContact,
    ComplaintInput,
    ComplaintReceipt,
    ComplaintSource,
    ComplaintState,
    ComplaintTriage,
    SimilarComplaint,
    Verdict,
)
from shared.db import Session
from shared.paging import Page, moment_cursor, moment_key
from shared.preconditions import Revision, etag
from shared.problems import not_found, responses
from shared.sync import UNCHANGED, CopiedPage

router = APIRouter(prefix="/v1/complaints", tags=["complaints"])

# A partner's key may have this role alone: it brings complaints in and reads nothing.
Reporter = Annotated[
    Caller, Depends(requires("reporter", "inspector", "planner", "manager", "service"))
]


@dataclass(frozen=True, slots=True)
class Practice:
    """How complaints are taken: for how long this installation knows an author, and the time."""

    rule: ContactRule
    now: datetime


def practice(request: Request, now: Now) -> Practice:
    """Give the practice of this installation, now."""
    settings: Settings = request.app.state.settings
    return Practice(ContactRule(settings.contact_open_days, settings.contact_closed_days), now)


async def complaint_to_triage(
    session: Session, caller: Planner, id: UUID, revision: Revision
) -> ComplaintRow:
    """Take the complaint of the path, if it is still as it was read."""
    return await locked_complaint(session, id, caller.territories, revision=revision)


Here = Annotated[Practice, Depends(practice)]
Locked = Annotated[ComplaintRow, Depends(complaint_to_triage)]
COMPLAINT = {
    "external_id": "115-2026-00421",
    "accommodation_external_id": "H-0042",
    "source": "social_worker",
    "category": "pests",
    "item": "pest_bedbugs",
    "room": "12",
    "severity": 3,
    "text": "Bed bugs in two rooms of the first floor since Sunday.",
    "occurred_at": "2026-03-01T10:00:00+01:00",
}
TRIAGE = {"severity": 3, "verdict": "verified", "reason": "Seen by the team on 3 March"}


class ComplaintQuery(CopyQuery):
    """Which complaints to list."""

    accommodation_id: UUID | None = None
    finding_id: UUID | None = None
    duplicate_of: UUID | None = None
    state: ComplaintState | None = None
    verdict: Verdict | None = None
    source: ComplaintSource | None = None
    severity_min: Annotated[int, Query(ge=1, le=4)] = 1
    unplaced: Annotated[bool, Query(description="Those whose place is not known yet.")] = False


@router.post(
    "",
    operation_id="createComplaint",
    status_code=201,
    responses=responses(403, 409, 422) | sent_before(ComplaintReceipt),
)
async def create_complaint(
    session: Session,
    caller: Reporter,
    *,
    here: Here,
    sent: Annotated[ComplaintInput, Body(examples=[COMPLAINT])],
    response: Response,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> ComplaintReceipt:
    """Take in a complaint; the same again answers 200. The answer is a receipt and no more.

    Who made it is kept apart, shown to managers only, and forgotten by rule.
    """
    done = await receive_complaint(
        session,
        caller.organisation,
        sent,
        key=idempotency_key,
        rule=here.rule,
        arrival=Arrival(here.now),
    )
    response.status_code = 201 if done.created else 200
    response.headers["Location"] = f"{router.prefix}/{done.row.id}"
    return ComplaintReceipt(
        id=done.row.id, state=ComplaintState(done.row.state), received_at=done.row.created_at
    )


@router.get(
    "",
    operation_id="listComplaints",
    response_model=CopiedPage[Complaint],
    responses=responses(403, 422) | UNCHANGED,
)
async def list_complaints(
    session: Session,
    caller: Inspector,
    *,
    query: Annotated[ComplaintQuery, Query()],
    stands: Stands,
) -> Response:
    """List complaints, newest first."""
    wanted = ComplaintFilter(territories=caller.territories, **query.model_dump(exclude=PAGING))
    limit, after = query.limit + 1, goes_on(query)
    if after is not None:
        source = (ComplaintRow, COMPLAINT_COLUMNS)
        found = await changes.page(session, source, wanted.conditions(), after=after, limit=limit)
        hidden = await hidden_places(session, caller, (it["accommodation_id"] for it in found))
        return stands.changes(found, query, lambda it: complaint_of(it, hidden))
    rows = await complaints.page(session, wanted, after=moment_key(query.cursor), limit=limit)
    hidden = await hidden_places(session, caller, (row.accommodation_id for row in rows))
    items = [complaint(row, hidden) for row in rows]
    page = page_of(items, query.limit, lambda it: moment_cursor(it.occurred_at, it.id))
    return stands.answer(Response(page.model_dump_json(), media_type="application/json"))


@router.get("/{id}", operation_id="getComplaint", responses=responses(403, 404))
async def get_complaint(
    session: Session, caller: Inspector, id: UUID, response: Response
) -> Complaint:
    """Get a complaint; its `ETag` is what a triage must name."""
    return await _shown(session, caller, await _seen(session, caller, id), response)


@router.get("/{id}/similar", operation_id="listSimilarComplaints", responses=responses(403, 404))
async def list_similar(session: Session, caller: Inspector, id: UUID) -> Page[SimilarComplaint]:
    """List the complaints of its place that may tell of the same trouble, likeliest first."""
    found = await similar_complaints(session, await _seen(session, caller, id))
    hidden = await hidden_places(session, caller, (row.accommodation_id for row, _ in found))
    return Page(
        items=[
            SimilarComplaint(complaint=complaint(row, hidden), likeness=it.likeness)
            for row, it in found
        ]
    )


@router.get("/{id}/contact", operation_id="getComplaintContact", responses=responses(403, 404))
async def get_contact(session: Session, caller: Manager, id: UUID) -> ComplaintContact:
    """Get how to reach who complained, until it is purged."""
    await _seen(session, caller, id)
    row = await complaints.contact_of(session, id)
    if row is None:
        raise not_found("contact")
    return ComplaintContact(name=row.name, phone=row.phone, email=row.email)


@router.patch(
    "/{id}",  # noqa: FAST003 - `id` is a parameter of the dependency
    operation_id="triageComplaint",
    responses=responses(403, 404, 409, 412, 422, 428),
)
async def triage(
    session: Session,
    caller: Planner,
    *,
    here: Here,
    row: Locked,
    wanted: Annotated[ComplaintTriage, Body(examples=[TRIAGE])],
    response: Response,
) -> Complaint:
    """Place a complaint, link it to a finding, group it with its like, judge it or close it."""
    changed = await triage_complaint(
        session, row, caller.territories, wanted, rule=here.rule, now=here.now
    )
    return await _shown(session, caller, changed, response)


async def _seen(session: Session, caller: Caller, id: UUID) -> ComplaintRow:
    row = await complaints.by_id(session, id, caller.territories)
    if row is None:
        raise not_found("complaint")
    return row


async def _shown(
    session: Session, caller: Caller, row: ComplaintRow, response: Response
) -> Complaint:
    response.headers["ETag"] = etag(row.revision)
    return complaint(row, await hidden_places(session, caller, [row.accommodation_id]))
