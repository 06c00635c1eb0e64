"""Charters, and notices to operators, over HTTP."""

import asyncio
from collections.abc import Container, Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query, Request, Response

from inspections.api.clock import Now
from inspections.api.copies import ShortCopyQuery, Stands, goes_on
from inspections.api.lists import moment_cursor_of, written_values
from inspections.api.reach import hidden_places
from inspections.settings import Settings
from inspections.store import changes, charters, notices
from inspections.store.listed import AtPlaces, Listing, newest, one
from inspections.store.tables import NoticeRow
from inspections.use_cases.issue_notices import answer, issue_notice, receive
from inspections.use_cases.keep_charters import accept_charter, keep_charter
from inspections.use_cases.move_anomalies import Mover
from inspections.use_cases.write_notices import STYLE_SOURCE
from shared.api_document import sent_before
from shared.auth import Caller, Manager, Reader
from shared.blobs import Blobs
from shared.contracts.inspections.notices import (
    Acceptance,
    AcceptanceInput,
    AnswerInput,
    Charter,
    CharterInput,
    Notice,
    NoticeFormat,
    NoticeInput,
    NoticeLanguage,
    NoticeStep,
    ReceiptInput,
)
from shared.db import Session
from shared.paging import moment_key
from shared.problems import Problem, not_found, responses
from shared.sync import UNCHANGED, CopiedPage

router = APIRouter(prefix="/v1/notices", tags=["notices"])
charter_routes = APIRouter(prefix="/v1/charters", tags=["notices"])

NOTICE = {
    "accommodation_id": "6f1f3d0e-53a1-4c0e-9d3b-0d7a3f7f2c11",
    "sender": "Association Toit pour tous",
    "signatory": "La coordinatrice des visites",
}
CHARTER = {
    "code": "quality",
    "version": "1.1",
    "title": "Charte qualité",
    "in_force_from": "2015-04-01",
    "articles": [
        {
            "number": "art. 4",
            "text": {"fr": "literie propre et en bon état", "en": "clean, sound bedding"},
            "items": ["bedding"],
        }
    ],
}
RECEIPT = {"received_at": "2026-03-03T09:00:00+01:00", "means": "hand"}
ANSWER = {
    "answered_at": "2026-03-10T09:00:00+01:00",
    "means": "email",
    "text": "The plumber came.",
    "claims": [
        {
            "anomaly_id": "0d1f3d0e-53a1-4c0e-9d3b-0d7a3f7f2c11",
            "proofs": [{"kind": "invoice", "note": "2026-118"}],
        }
    ],
}
# What notices and their steps are written from, by column.
NOTICE_COLUMNS = tuple(it for it in Notice.model_fields if it not in {"sha256", "steps"})
STEP = tuple(NoticeStep.model_fields)
MEDIA_TYPES = {NoticeFormat.html: "text/html; charset=utf-8", NoticeFormat.pdf: "application/pdf"}
# A document loads nothing and runs nothing.
DOCUMENT_POLICY = f"default-src 'none'; style-src '{STYLE_SOURCE}'; frame-ancestors 'self'; sandbox"
DOCUMENT: dict[int | str, dict[str, object]] = {
    200: {
        "description": "The document as it was issued.",
        "content": {
            "text/html": {"schema": {"type": "string"}},
            "application/pdf": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


class NoticeQuery(ShortCopyQuery):
    """Which notices to list."""

    accommodation_id: UUID | None = None


@router.get(
    "",
    operation_id="listNotices",
    response_model=CopiedPage[Notice],
    responses=responses(403, 422) | UNCHANGED,
)
async def list_notices(
    session: Session, caller: Reader, *, query: Annotated[NoticeQuery, Query()], stands: Stands
) -> Response:
    """List notices, newest first."""
    wanted = AtPlaces(caller.territories, query.accommodation_id)
    conditions, names = wanted.conditions(NoticeRow), (*NOTICE_COLUMNS, "documents")
    limit, after = query.limit + 1, goes_on(query)
    if after is not None:
        source = (NoticeRow, names)
        rows = await changes.page(session, source, conditions, after=after, limit=limit)
    else:
        listing, key = Listing(NoticeRow, names, by="issued_at"), moment_key(query.cursor)
        rows = await newest(session, listing, conditions, after=key, limit=limit)
    ids = [row["id"] for row in rows if row["id"] is not None]
    steps = await notices.steps_of(session, ids, STEP)
    hidden = await hidden_places(session, caller, (row["accommodation_id"] for row in rows))

    def show(it: Mapping[str, object]) -> object:
        return _notice(it, steps[it["id"]], hidden)

    if after is not None:
        return stands.changes(rows, query, show)
    return stands.answer(
        written_values(
            rows, query.limit, show=show, cursor=lambda it: moment_cursor_of(it, "issued_at")
        )
    )


@router.post(
    "",
    operation_id="issueNotice",
    status_code=201,
    responses=responses(403, 404, 409, 422) | sent_before(Notice),
)
async def create_notice(  # noqa: PLR0913 - a route takes what it needs
    session: Session,
    caller: Manager,
    *,
    request: Request,
    asked: Annotated[NoticeInput, Body(examples=[NOTICE])],
    response: Response,
    now: Now,
    idempotency_key: Annotated[str | None, Header(min_length=1, max_length=200)] = None,
) -> Notice:
    """Notify an operator of anomalies, and let them stand as notified.

    A notice cites the version of the charter that bound the operator when they were last seen,
    and the law in force then; it names a room only where the repair needs it.
    """
    mover = _mover(caller, now)
    row, created = await issue_notice(session, mover, asked, _blobs(request), key=idempotency_key)
    response.status_code = 201 if created else 200
    response.headers["Location"] = f"{router.prefix}/{row.id}"
    return await _with_steps(session, caller, row)


@router.get("/{id}", operation_id="getNotice", responses=responses(403, 404))
async def get_notice(session: Session, caller: Reader, id: UUID) -> Notice:
    """Get a notice with what happened to it."""
    return await _with_steps(session, caller, await _found(session, caller, id))


@router.get(
    "/{id}/document",
    operation_id="getNoticeDocument",
    response_class=Response,
    responses=DOCUMENT | responses(403, 404, 422),
)
async def get_document(
    session: Session,
    caller: Reader,
    *,
    request: Request,
    id: UUID,
    language: NoticeLanguage = NoticeLanguage.fr,
    form: Annotated[NoticeFormat, Query(alias="format")] = NoticeFormat.pdf,
) -> Response:
    """Get a notice's document as it was issued, in French or English, as PDF or HTML."""
    row = await _found(session, caller, id)
    if await hidden_places(session, caller, [row.accommodation_id]):
        raise Problem(
            403,
            "forbidden",
            "The document tells an address that is confidential; this needs the role keeper.",
        )
    content = await asyncio.to_thread(_blobs(request).get, row.documents[f"{language}.{form}"])
    return Response(
        content,
        media_type=MEDIA_TYPES[form],
        headers={
            "Content-Disposition": f'inline; filename="notice-{row.number}-{language}.{form}"',
            "Content-Security-Policy": DOCUMENT_POLICY,
            "X-Content-Type-Options": "nosniff",
        },
    )


@router.post("/{id}/receipt", operation_id="receiveNotice", responses=responses(403, 404, 409, 422))
async def create_receipt(
    session: Session,
    caller: Manager,
    *,
    id: UUID,
    receipt: Annotated[ReceiptInput, Body(examples=[RECEIPT])],
    now: Now,
) -> Notice:
    """Keep that the operator received a notice; the first account stands."""
    return await _with_steps(
        session, caller, await receive(session, _mover(caller, now), id, receipt)
    )


@router.post("/{id}/answer", operation_id="answerNotice", responses=responses(403, 404, 409, 422))
async def create_answer(
    session: Session,
    caller: Manager,
    *,
    id: UUID,
    said: Annotated[AnswerInput, Body(examples=[ANSWER])],
    now: Now,
) -> Notice:
    """Keep what the operator answered; what he claims to be fixed moves so, with its proofs."""
    return await _with_steps(session, caller, await answer(session, _mover(caller, now), id, said))


@charter_routes.get("", operation_id="listCharters", responses=responses(403))
async def list_charters(session: Session, caller: Reader) -> list[Charter]:  # noqa: ARG001 - a caller is needed
    """List the versions of charters."""
    rows = await charters.page(session)
    return [Charter.model_validate(it, from_attributes=True) for it in rows]


@charter_routes.post(
    "",
    operation_id="createCharter",
    status_code=201,
    responses=responses(403, 409, 422) | sent_before(Charter),
)
async def create_charter(
    session: Session,
    caller: Manager,
    charter: Annotated[CharterInput, Body(examples=[CHARTER])],
    response: Response,
) -> Charter:
    """Keep a version of a charter for good; the same again answers 200, another text 409."""
    row, created = await keep_charter(session, caller.organisation, charter)
    response.status_code = 201 if created else 200
    return Charter.model_validate(row, from_attributes=True)


@charter_routes.get(
    "/{id}/acceptances", operation_id="listAcceptances", responses=responses(403, 404)
)
async def list_acceptances(session: Session, caller: Reader, id: UUID) -> list[Acceptance]:  # noqa: ARG001 - a caller is needed
    """List the operators that accepted a version of a charter, by name."""
    if await charters.by_id(session, id) is None:
        raise not_found("charter")
    rows = await charters.acceptances_of(session, id)
    return [Acceptance.model_validate(it, from_attributes=True) for it in rows]


@charter_routes.post(
    "/{id}/acceptances", operation_id="acceptCharter", responses=responses(403, 404, 409, 422)
)
async def create_acceptance(
    session: Session,
    caller: Manager,
    *,
    id: UUID,
    acceptance: Annotated[
        AcceptanceInput, Body(examples=[{"operator": "SARL Étoile", "accepted_on": "2015-04-20"}])
    ],
    now: Now,
) -> Acceptance:
    """Keep that an operator, named as in the register, accepted a version of a charter."""
    row = await accept_charter(session, _mover(caller, now), id, acceptance)
    return Acceptance.model_validate(row, from_attributes=True)


async def _found(session: Session, caller: Caller, id: UUID) -> NoticeRow:
    row = await one(session, NoticeRow, id, caller.territories)
    if row is None:
        raise not_found("notice")
    return row


async def _with_steps(session: Session, caller: Caller, row: NoticeRow) -> Notice:
    hidden = await hidden_places(session, caller, [row.accommodation_id])
    steps = await notices.steps_of(session, [row.id], STEP)
    return Notice.model_validate(_notice(row.model_dump(), steps[row.id], hidden))


def _notice(
    row: Mapping[str, object], steps: Sequence[object], hidden: Container[object]
) -> dict[str, object]:
    """Write a notice; without the address of its place, where that is among the `hidden`."""
    values = {name: row[name] for name in NOTICE_COLUMNS}
    content = values["content"]
    if row["accommodation_id"] in hidden and isinstance(content, dict):
        values["content"] = {**content, "address": ""}
    return {**values, "sha256": row["documents"], "steps": steps}


def _mover(caller: Caller, now: datetime) -> Mover:
    return Mover(caller.organisation, caller.subject, caller.territories, now)


def _blobs(request: Request) -> Blobs:
    settings: Settings = request.app.state.settings
    return Blobs(settings.blobs_url)
