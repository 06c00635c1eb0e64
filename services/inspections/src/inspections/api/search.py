"""Search over the record, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from inspections.use_cases.search_record import search_record
from shared.auth import Reader
from shared.contracts.inspections.search import FoundKind, SearchResult
from shared.db import Session
from shared.problems import Problem, responses

router = APIRouter(prefix="/v1/record-search", tags=["search"])

# Who reads complaints, as elsewhere.
COMPLAINTS = frozenset({"inspector", "planner", "manager", "admin", "service"})
EVERYTHING = tuple(FoundKind)


@router.get("", operation_id="searchRecord", responses=responses(403, 422))
async def search(
    session: Session,
    caller: Reader,
    *,
    q: Annotated[str, Query(min_length=1, max_length=200, description="Words, in any order.")],
    kind: Annotated[list[FoundKind], Query(description="All that you may see, if none.")] = [],  # noqa: B006 - FastAPI copies it
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> SearchResult:
    """Search names, addresses, notes, findings and complaints, the best first.

    Accents, capitals and endings do not matter; a word may be begun, or have letters wrong. What
    was changed is found some seconds later.
    """
    wanted = set(kind or EVERYTHING)
    if not caller.roles & COMPLAINTS:
        if kind and wanted == {FoundKind.complaint}:
            raise Problem(403, "forbidden", "Complaints are for who visits or triages them.")
        wanted.discard(FoundKind.complaint)
    return await search_record(
        session,
        q,
        sorted(wanted),
        caller.territories,
        keeper=caller.keeps_addresses,
        limit=limit,
    )
