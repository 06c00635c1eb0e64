"""What other systems call our places, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query

from inspections.api.lists import ListQuery, page_of
from inspections.store import identifiers
from inspections.use_cases.cross_identifiers import KEPT, keep_identifiers, look_up
from shared import paging
from shared.auth import Manager, Reader
from shared.contracts.inspections.places import (
    ExternalIdentifier,
    IdentifierBatch,
    IdentifierLookup,
    IdentifiersFound,
    UpsertReport,
)
from shared.db import Session
from shared.paging import Page
from shared.problems import not_found, responses

router = APIRouter(prefix="/v1/external-identifiers", tags=["external identifiers"])

BATCH = {
    "items": [
        {
            "system": "siao",
            "external_id": "93-1182",
            "accommodation_id": "6f1f3d0e-53a1-4c0e-9d3b-0d7a3f7f2c11",
        }
    ]
}
LOOKUP = {"system": "siao", "external_ids": ["93-1182", "93-1190"]}


class IdentifierQuery(ListQuery):
    """Which identifiers to list."""

    system: Annotated[str | None, Query(max_length=40)] = None
    external_id: Annotated[str | None, Query(max_length=200)] = None
    accommodation_id: UUID | None = None


@router.post("", operation_id="keepIdentifiers", responses=responses(403, 409, 422))
async def keep(
    session: Session, caller: Manager, batch: Annotated[IdentifierBatch, Body(examples=[BATCH])]
) -> UpsertReport:
    """Say what other systems call our places, up to 5,000 at once, all or none."""
    return await keep_identifiers(session, caller.organisation, caller.territories, batch.items)


@router.get("", operation_id="listIdentifiers", responses=responses(403, 422))
async def list_identifiers(
    session: Session, caller: Reader, query: Annotated[IdentifierQuery, Query()]
) -> Page[ExternalIdentifier]:
    """List identifiers by system; by `system` and `external_id`, which place it is."""
    after = None if query.cursor is None else paging.decode(query.cursor, 2)
    rows = await identifiers.page(
        session,
        query.model_dump(exclude={"limit", "cursor"}),
        caller.territories,
        keeper=caller.keeps_addresses,
        after=None if after is None else (after[0], after[1]),
        limit=query.limit + 1,
    )
    return page_of(
        [ExternalIdentifier.model_validate(row.model_dump(exclude=KEPT)) for row in rows],
        query.limit,
        lambda it: paging.encode(it.system, it.external_id),
    )


@router.post("/lookups", operation_id="lookUpIdentifiers", responses=responses(403, 422))
async def look_up_many(
    session: Session, caller: Reader, asked: Annotated[IdentifierLookup, Body(examples=[LOOKUP])]
) -> IdentifiersFound:
    """Tell our places by a system's identifiers, or the reverse, up to 5,000 at once."""
    return await look_up(session, asked, caller.territories, keeper=caller.keeps_addresses)


@router.delete(
    "/{system}/{external_id}",
    operation_id="removeIdentifier",
    status_code=204,
    responses=responses(403, 404),
)
async def remove(session: Session, caller: Manager, system: str, external_id: str) -> None:
    """Forget what another system calls a place."""
    if not await identifiers.remove(session, (system, external_id), caller.territories):
        raise not_found("identifier")
