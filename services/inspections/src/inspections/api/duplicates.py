"""Places entered twice, over HTTP."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response

from inspections.use_cases import messages
from inspections.use_cases.merge_places import Merger, likely_duplicates, merge_places
from shared.auth import Manager
from shared.contracts.inspections.places import LikelyDuplicate, Merge
from shared.contracts.inspections.register import Accommodation
from shared.db import Session
from shared.paging import Page
from shared.preconditions import etag
from shared.problems import responses

router = APIRouter(prefix="/v1/accommodation-duplicates", tags=["accommodations"])
merges = APIRouter(prefix="/v1/accommodations/{id}/merges", tags=["accommodations"])

MERGE = {
    "duplicate_id": "6f1f3d0e-53a1-4c0e-9d3b-0d7a3f7f2c11",
    "reason": "Entered by two teams under two names",
}


@router.get("", operation_id="listDuplicates", responses=responses(403))
async def list_duplicates(session: Session, caller: Manager) -> Page[LikelyDuplicate]:
    """List the pairs of places that may be one, likeliest first, in one page.

    Compared are SIRET, address, position and name of places near each other.
    """
    found = await likely_duplicates(session, caller.territories, keeper=caller.keeps_addresses)
    return Page(items=[LikelyDuplicate.model_validate(it, from_attributes=True) for it in found])


@merges.post("", operation_id="mergeAccommodations", responses=responses(403, 404, 409, 422))
async def merge(
    session: Session,
    caller: Manager,
    *,
    id: UUID,
    wanted: Annotated[Merge, Body(examples=[MERGE])],
    response: Response,
) -> Accommodation:
    """Merge a duplicate into this place: its visits, findings and all else become this one's.

    The duplicate is withdrawn; its id leads here for ever. It cannot be undone.
    """
    merger = Merger(caller.territories, caller.keeps_addresses)
    row = await merge_places(session, merger, id, wanted, now=datetime.now(UTC))
    response.headers["ETag"] = etag(row.revision)
    return messages.accommodation(row, keeper=caller.keeps_addresses)
