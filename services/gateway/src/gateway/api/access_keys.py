"""Keys of programs, and addresses that need no header, over HTTP."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, TypeVar

from fastapi import APIRouter, Body, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.access_messages import CreatedKey, CreatedURLToken, Key, NewKey, NewURLToken
from gateway.domain.route_table import service_of
from gateway.store import access_keys
from gateway.store.access_tables import AccessKeyRow
from gateway.use_cases.make_key import Wanted, make_key
from shared.auth import Admin, Reader
from shared.db import Session
from shared.paging import Cursor, Limit, Page, decode, encode
from shared.problems import invalid, not_found, responses

router = APIRouter(tags=["keys"])
AnyKey = TypeVar("AnyKey", bound=Key)
KEY = {
    "name": "Tableau de bord du siège",
    "roles": ["reader"],
    "scopes": ["inspections:read", "scoring:read"],
    "expires_at": "2027-01-31T00:00:00Z",
    "daily_quota": 10000,
}
URL_TOKEN = {
    "name": "Agenda de l'équipe Nord",
    "paths": ["/v1/plans/00000000-0000-4000-8000-000000000001"],
    "expires_at": "2027-01-31T00:00:00Z",
}


@router.post("/v1/keys", operation_id="createKey", status_code=201, responses=responses(403, 422))
async def create_key(
    response: Response,
    caller: Admin,
    session: Session,
    wanted: Annotated[NewKey, Body(examples=[KEY])],
) -> CreatedKey:
    """Make a key for a program: `Authorization: Bearer <key>`. Shown once."""
    row, written = await make_key(session, caller, Wanted(kind="api", **wanted.model_dump()))
    response.headers["Cache-Control"] = "no-store"
    return CreatedKey(**row.model_dump(), key=written)


@router.get("/v1/keys", operation_id="listKeys", responses=responses(403, 422))
async def list_keys(
    _caller: Admin, session: Session, limit: Limit = 100, cursor: Cursor = None
) -> Page[Key]:
    """List the organisation's keys from the oldest on, with when each was last used."""
    return await page_of_keys(session, Key, "api", limit=limit, cursor=cursor)


@router.delete(
    "/v1/keys/{key_id}", operation_id="revokeKey", status_code=204, responses=responses(403, 404)
)
async def revoke_key(request: Request, _caller: Admin, session: Session, key_id: str) -> None:
    """Revoke a key: at once here, within ten seconds at other replicas."""
    await revoke(request, session, key_id, "api")


@router.post(
    "/v1/url-tokens",
    operation_id="createURLToken",
    status_code=201,
    responses=responses(403, 422),
)
async def create_url_token(
    request: Request,
    response: Response,
    caller: Reader,
    session: Session,
    *,
    wanted: Annotated[NewURLToken, Body(examples=[URL_TOKEN])],
) -> CreatedURLToken:
    """Make an address for an application that can send no header: a calendar, a GIS, a phone.

    It reads, and nothing else, what is named and below; whoever has the address has what it opens.
    """
    row, written = await make_key(
        session,
        caller,
        Wanted(
            kind="url",
            roles=["reader"],
            scopes=_scopes_of(wanted.paths),
            **wanted.model_dump(),
        ),
    )
    response.headers["Cache-Control"] = "no-store"
    base_url = f"{request.app.state.post.public_url}/t/{written}"
    return CreatedURLToken(**row.model_dump(), base_url=base_url)


@router.get("/v1/url-tokens", operation_id="listURLTokens", responses=responses(403, 422))
async def list_url_tokens(
    _caller: Admin, session: Session, limit: Limit = 100, cursor: Cursor = None
) -> Page[Key]:
    """List the organisation's addresses from the oldest on, without their secrets."""
    return await page_of_keys(session, Key, "url", limit=limit, cursor=cursor)


@router.delete(
    "/v1/url-tokens/{key_id}",
    operation_id="revokeURLToken",
    status_code=204,
    responses=responses(403, 404),
)
async def revoke_url_token(request: Request, _caller: Admin, session: Session, key_id: str) -> None:
    """Revoke an address: at once here, within ten seconds at other replicas."""
    await revoke(request, session, key_id, "url")


def _scopes_of(paths: Sequence[str]) -> list[str]:
    for number, path in enumerate(paths):
        if ".." in path or "//" in path:
            raise invalid(f"/paths/{number}", "Write the path as it is, without `..` or `//`.")
    return sorted({f"{service_of(path) or 'gateway'}:read" for path in paths})


async def revoke(request: Request, session: AsyncSession, key_id: str, kind: str) -> None:
    """End a key of a kind, here at once.

    Raises
    ------
    Problem : 404 when there is none
    """
    if not await access_keys.revoke(session, key_id, kind, datetime.now(UTC)):
        raise not_found("key")
    request.app.state.key_exchange.bar(key_id)


async def page_of_keys(
    session: AsyncSession, message: type[AnyKey], kind: str, *, limit: int, cursor: str | None
) -> Page[AnyKey]:
    """List keys of a kind from the oldest on, as messages of a type."""
    after = None
    if cursor is not None:
        created_at, key_id = decode(cursor, 2)
        try:
            after = (datetime.fromisoformat(created_at), key_id)
        except ValueError as error:
            raise invalid("query: cursor", "This cursor belongs to another list.") from error
    rows = await access_keys.page(session, kind, after=after, limit=limit + 1)
    last: AccessKeyRow | None = rows[limit - 1][0] if len(rows) > limit else None
    return Page(
        items=[message(**row.model_dump(), last_used_at=used) for row, used in rows[:limit]],
        next_cursor=encode(last.created_at.isoformat(), last.id) if last else None,
    )
