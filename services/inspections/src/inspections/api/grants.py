"""Grants over HTTP: given by one organisation, read by another."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Header, Request, Response

from inspections.store import granted, grants
from inspections.use_cases.give_grants import give_grant, grant_message, revoke_grant
from inspections.use_cases.show_granted import granted_message
from shared import paging
from shared.auth import Manager, Reader
from shared.contracts.inspections.grants import Grant, GrantedAccommodation, GrantInput
from shared.db import Database, Session
from shared.paging import Cursor, Limit, Page, moment_cursor, moment_key
from shared.problems import invalid, not_found, responses

router = APIRouter(prefix="/v1/grants", tags=["grants"])
places = APIRouter(prefix="/v1/granted-accommodations", tags=["grants"])

GRANT = {
    "grantee": "00000000-0000-4000-8000-000000000002",
    "fields": ["name", "city", "contract_state"],
    "territory": "93",
    "until": (datetime(2026, 12, 31, tzinfo=UTC) + timedelta(hours=22)).isoformat(),
}


@router.post("", operation_id="createGrant", status_code=201, responses=responses(403, 422))
async def create_grant(
    session: Session,
    caller: Manager,
    *,
    grant: Annotated[GrantInput, Body(examples=[GRANT])],
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(min_length=1, max_length=200, description="Makes a repeated request harmless."),
    ] = None,
) -> Grant:
    """Let another organisation read named fields of places, or of a territory, until a date.

    Nothing is granted by default, places with a confidential address never are. The organisation
    reads in `/v1/granted-accommodations`; the grant can be revoked at any time.
    """
    now = datetime.now(UTC)
    row = await give_grant(session, caller, grant, key=idempotency_key, now=now)
    response.headers["Location"] = f"{router.prefix}/{row.id}"
    return grant_message(row, now)


@router.get("", operation_id="listGrants", responses=responses(403, 422))
async def list_grants(
    session: Session, _caller: Manager, limit: Limit = 50, cursor: Cursor = None
) -> Page[Grant]:
    """List the grants your organisation gave, newest first, with those that are over."""
    rows = await grants.page(session, before=moment_key(cursor), limit=limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    now = datetime.now(UTC)
    return Page(
        items=[grant_message(row, now) for row in rows[:limit]],
        next_cursor=None if last is None else moment_cursor(last.created_at, last.id),
    )


@router.get("/{id}", operation_id="getGrant", responses=responses(403, 404))
async def get_grant(session: Session, _caller: Manager, id: UUID) -> Grant:
    """Get a grant your organisation gave."""
    row = await grants.by_id(session, id)
    if row is None:
        raise not_found("grant")
    return grant_message(row, datetime.now(UTC))


@router.delete("/{id}", operation_id="revokeGrant", status_code=204, responses=responses(403, 404))
async def revoke(session: Session, caller: Manager, id: UUID) -> None:
    """Take a grant back: from the next call on nothing of it is read; a repeat is harmless."""
    await revoke_grant(session, caller, id)


@places.get("", operation_id="listGrantedAccommodations", responses=responses(403, 422))
async def list_granted(
    request: Request, caller: Reader, limit: Limit = 100, cursor: Cursor = None
) -> Page[GrantedAccommodation]:
    """List places of other organisations that they let yours read, in the fields they granted."""
    database: Database = request.app.state.database
    async with granted.reading(database, caller.organisation) as session:
        found = await granted.places(
            session, caller.territories, after=_after(cursor), limit=limit + 1
        )
    last = found[limit - 1] if len(found) > limit else None
    return Page(
        items=[granted_message(it) for it in found[:limit]],
        next_cursor=None if last is None else paging.encode(str(last.id)),
    )


@places.get("/{id}", operation_id="getGrantedAccommodation", responses=responses(403, 404))
async def get_granted(request: Request, caller: Reader, id: UUID) -> GrantedAccommodation:
    """Get a place of another organisation, in the fields it granted."""
    database: Database = request.app.state.database
    async with granted.reading(database, caller.organisation) as session:
        found = await granted.places(session, caller.territories, id=id)
    if not found:
        raise not_found("accommodation")
    return granted_message(found[0])


def _after(cursor: str | None) -> UUID | None:
    if cursor is None:
        return None
    try:
        return UUID(paging.decode(cursor, 1)[0])
    except ValueError as error:
        raise invalid("query: cursor", "This cursor belongs to another list.") from error
