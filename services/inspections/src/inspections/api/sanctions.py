"""Sanctions, and the re-inspections the record proposes, over HTTP."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query, Response

from inspections.api.clock import Now
from inspections.api.copies import PAGING, CopyQuery, Stands, as_it_is, goes_on
from inspections.api.lists import ListQuery, moment_cursor_of, written_values
from inspections.store import changes, reinspections
from inspections.store.listed import AtPlaces, Listing, newest, one
from inspections.store.tables import SanctionRow
from inspections.use_cases.move_anomalies import Mover
from inspections.use_cases.sanction_places import (
    decide_sanction,
    propose_sanction,
    record_reply,
)
from shared import paging
from shared.api_document import sent_before
from shared.auth import Caller, Manager, Reader
from shared.contracts.inspections.sanctions import (
    DecisionInput,
    Reinspection,
    ReplyInput,
    Sanction,
    SanctionInput,
    SanctionState,
)
from shared.db import Session
from shared.paging import Page, moment_key
from shared.problems import Problem, invalid, not_found, responses
from shared.sync import UNCHANGED, CopiedPage

router = APIRouter(prefix="/v1/sanctions", tags=["sanctions"])
again = APIRouter(prefix="/v1/reinspections", tags=["anomalies"])

PROPOSAL = {
    "accommodation_id": "6f1f3d0e-53a1-4c0e-9d3b-0d7a3f7f2c11",
    "step": "suspension",
    "grounds": "Five anomalies past their deadline, one of them a repeat.",
    "reply_by": "2026-04-02T18:00:00+02:00",
}
REPLY = {"replied_at": "2026-03-30T10:00:00+02:00", "text": "The works begin on Monday."}
DECISION = {"state": "decided", "reason": "The works were promised before."}


class SanctionQuery(CopyQuery):
    """Which sanctions to list."""

    accommodation_id: UUID | None = None
    state: SanctionState | None = None


@router.get(
    "",
    operation_id="listSanctions",
    response_model=CopiedPage[Sanction],
    responses=responses(403, 422) | UNCHANGED,
)
async def list_sanctions(
    session: Session, caller: Reader, *, query: Annotated[SanctionQuery, Query()], stands: Stands
) -> Response:
    """List sanctions, the last proposed first."""
    wanted = AtPlaces(territories=caller.territories, **query.model_dump(exclude=PAGING))
    conditions, names = wanted.conditions(SanctionRow), tuple(Sanction.model_fields)
    limit, after = query.limit + 1, goes_on(query)
    if after is not None:
        source = (SanctionRow, names)
        rows = await changes.page(session, source, conditions, after=after, limit=limit)
        return stands.changes(rows, query, as_it_is)
    listing = Listing(SanctionRow, names, by="proposed_at")
    rows = await newest(session, listing, conditions, after=moment_key(query.cursor), limit=limit)
    return stands.answer(
        written_values(
            rows, query.limit, show=as_it_is, cursor=lambda it: moment_cursor_of(it, "proposed_at")
        )
    )


@router.post(
    "",
    operation_id="proposeSanction",
    status_code=201,
    responses=responses(403, 404, 409, 422) | sent_before(Sanction),
)
async def create_sanction(
    session: Session,
    caller: Manager,
    *,
    asked: Annotated[SanctionInput, Body(examples=[PROPOSAL])],
    response: Response,
    now: Now,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> Sanction:
    """Propose a step against an operator; a reminder takes effect at once.

    Any other step waits for a second person, and, but for a reinstatement, until the operator
    replied or his time to reply is over.
    """
    mover = _mover(caller, now)
    row, created = await propose_sanction(session, mover, asked, key=idempotency_key)
    response.status_code = 201 if created else 200
    response.headers["Location"] = f"{router.prefix}/{row.id}"
    return _sanction(row)


@router.get("/{id}", operation_id="getSanction", responses=responses(403, 404))
async def get_sanction(session: Session, caller: Reader, id: UUID) -> Sanction:
    """Get a sanction with the operator's reply and the decision."""
    row = await one(session, SanctionRow, id, caller.territories)
    if row is None:
        raise not_found("sanction")
    return _sanction(row)


@router.post("/{id}/reply", operation_id="recordReply", responses=responses(403, 404, 409, 422))
async def create_reply(
    session: Session,
    caller: Manager,
    *,
    id: UUID,
    reply: Annotated[ReplyInput, Body(examples=[REPLY])],
    now: Now,
) -> Sanction:
    """Keep what the operator replied to a proposed step; the first account stands."""
    return _sanction(await record_reply(session, _mover(caller, now), id, reply))


@router.post(
    "/{id}/decision", operation_id="decideSanction", responses=responses(403, 404, 409, 422)
)
async def create_decision(
    session: Session,
    caller: Manager,
    *,
    id: UUID,
    decision: Annotated[DecisionInput, Body(examples=[DECISION])],
    now: Now,
) -> Sanction:
    """Decide on a step that somebody else proposed, or drop it; bookings follow and are told."""
    return _sanction(await decide_sanction(session, _mover(caller, now), id, decision))


@again.get(
    "",
    operation_id="listReinspections",
    response_model=Page[Reinspection],
    responses=responses(403, 422),
)
async def list_reinspections(
    session: Session, caller: Reader, query: Annotated[ListQuery, Query()]
) -> Response:
    """List the places that should be seen again, the most pressing first, with the reasons."""
    rows = await reinspections.page(
        session,
        tuple(Reinspection.model_fields),
        caller.territories,
        after=_day_key(query.cursor),
        limit=query.limit + 1,
    )
    return written_values(
        rows,
        query.limit,
        show=lambda it: it,
        cursor=lambda it: paging.encode(str(it["see_by"]), str(it["id"])),
    )


def _sanction(row: SanctionRow) -> Sanction:
    return Sanction.model_validate(row, from_attributes=True)


def _mover(caller: Caller, now: datetime) -> Mover:
    """Tell who acts; a program never does."""
    if not caller.roles & {"manager", "admin"}:
        raise Problem(403, "forbidden", "Only people sanction; this needs the role manager.")
    return Mover(caller.organisation, caller.subject, caller.territories, now)


def _day_key(cursor: str | None) -> tuple[date, UUID] | None:
    if cursor is None:
        return None
    day, id = paging.decode(cursor, 2)
    try:
        return date.fromisoformat(day), UUID(id)
    except ValueError as error:
        raise invalid("query: cursor", "This cursor belongs to another list.") from error
