"""Many places in one request, as another system pushes them."""

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from inspections.api.accommodations import HOTEL
from inspections.use_cases.upsert_accommodations import Sender, upsert_accommodations
from shared.auth import Manager
from shared.contracts.inspections.register import BulkReport
from shared.db import Session
from shared.problems import responses

router = APIRouter(prefix="/v1/accommodations/bulk", tags=["accommodations"])

NDJSON = "application/x-ndjson"
LINES = "".join(
    json.dumps(HOTEL | {"external_id": it}, ensure_ascii=False) + "\n" for it in ("H-0042", "H-43")
)
BODY = {
    "requestBody": {
        # No line is none to change: no error.
        "required": False,
        "content": {NDJSON: {"schema": {"type": "string"}, "example": LINES}},
    }
}


@router.post(
    "",
    operation_id="upsertAccommodations",
    response_model=BulkReport,
    responses=responses(403, 422),
    openapi_extra=BODY,
)
async def upsert(
    session: Session,
    caller: Manager,
    request: Request,
    atomic: Annotated[bool, Query(description="Take all lines or none.")] = False,  # noqa: FBT002 - a query parameter
) -> Response:
    """Enter or change up to 10,000 accommodations, one JSON object a line, by `external_id`.

    Each line is created, updated, unchanged or refused, with the reason; the others are taken
    nevertheless. A field left out keeps its value. No `Idempotency-Key` is needed: the same lines
    again change nothing.
    """
    sender = Sender(caller.organisation, caller.territories, caller.keeps_addresses)
    report = await upsert_accommodations(session, sender, await request.body(), atomic=atomic)
    return Response(report.model_dump_json(), media_type="application/json")
