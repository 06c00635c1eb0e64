"""The audit over HTTP: who read or changed what, for auditors."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from gateway.store import audit
from shared import paging
from shared.auth import Caller, requires
from shared.contracts.message import Output
from shared.db import Session
from shared.paging import Cursor, Page
from shared.problems import Problem, invalid, responses

router = APIRouter(prefix="/v1/audit", tags=["audit"])

Auditor = Annotated[Caller, Depends(requires("auditor"))]


class AuditLine(Output):
    """A call that somebody made: ids only, no content."""

    at: datetime
    by: str = Field(description="The subject of the token.")
    acting_for: str | None = Field(description="For whom a service called.")
    did: str = Field(description="GET, POST, PUT, PATCH or DELETE.")
    what: str = Field(description="The address, without its ids.")
    ids: list[UUID] = Field(description="The ids in the address.")
    status: int
    request_id: str


@router.get("", operation_id="listAudit", responses=responses(403, 422))
async def list_audit(
    session: Session,
    caller: Auditor,
    *,
    about: Annotated[UUID | None, Query(description="Lines that name this id.")] = None,
    by: Annotated[str | None, Query(max_length=200, description="Lines of this subject.")] = None,
    limit: Annotated[int, Query(ge=1, le=100, description="Batches in this page.")] = 50,
    cursor: Cursor = None,
) -> Page[AuditLine]:
    """List calls of your organisation, newest first; they appear within a second.

    A page holds the matching lines of `limit` batches. Check the chain with `ronde verify-audit`.
    """
    if caller.territories:
        raise Problem(
            403, "forbidden", "The audit tells of all territories; your token names only some."
        )
    rows = await audit.page(session, about=about, by=by, before=_before(cursor), limit=limit + 1)
    lines = [
        _line(line)
        for _, batch in rows[:limit]
        for line in reversed(batch)
        if _matches(line, about, by)
    ]
    more = len(rows) > limit
    return Page(items=lines, next_cursor=paging.encode(str(rows[limit - 1][0])) if more else None)


def _matches(line: dict[str, object], about: UUID | None, by: str | None) -> bool:
    ids = line["ids"]
    named = about is None or (isinstance(ids, list) and str(about) in ids)
    return named and by in {None, line["by"]}


def _line(line: dict[str, object]) -> AuditLine:
    said = {"acting_for": line.get("for"), "request_id": line["request"]}
    return AuditLine.model_validate({**line, **said})


def _before(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    (number,) = paging.decode(cursor, 1)
    if not number.isdecimal():
        raise invalid("query: cursor", "This cursor belongs to another list.")
    return int(number)
