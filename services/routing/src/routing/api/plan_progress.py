"""Follow the solving of a plan as it goes, by server-sent events."""

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from routing.store import plans
from shared.auth import Caller, Reader
from shared.contracts.message import JobState
from shared.db import Database
from shared.event_stream import FOLLOWED
from shared.feed import Waiters
from shared.problems import not_found, responses

router = APIRouter(prefix="/v1/plans", tags=["plans"])

LOOK_S = 0.5
# Proxies cut a connection that is silent for a minute or two.
SIGN_OF_LIFE_S = 15.0
UNENDED = {"queued", "running"}


@router.get(
    "/{plan_id}/progress",
    operation_id="followPlan",
    response_class=StreamingResponse,
    responses=responses(403, 404) | FOLLOWED,
)
async def follow_plan(request: Request, caller: Reader, plan_id: UUID) -> StreamingResponse:
    """Stream a plan's job as server-sent events `progress`; the last one, `end`, says how it went.

    The data of every event is a `JobState`. Read the plan itself once it has ended.
    """
    # No request session: it would keep a database connection for as long as the stream.
    database: Database = request.app.state.database
    first = await _state(database, caller, plan_id)
    if first is None:
        raise not_found("plan")
    events = _events(request, caller, plan_id, first)
    return StreamingResponse(
        events, media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


async def _events(
    request: Request, caller: Caller, plan_id: UUID, first: JobState
) -> AsyncIterator[str]:
    database: Database = request.app.state.database
    waiters: Waiters = request.app.state.waiters
    state: JobState | None = first
    told, told_at = "", time.monotonic()
    while state is not None and not waiters.closing:
        data = state.model_dump_json()
        if data != told:
            name = "progress" if state.state in UNENDED else "end"
            told, told_at = data, time.monotonic()
            yield f"event: {name}\ndata: {data}\n\n"
        elif time.monotonic() - told_at > SIGN_OF_LIFE_S:
            told_at = time.monotonic()
            yield ": still at it\n\n"
        if state.state not in UNENDED:
            return
        await asyncio.sleep(LOOK_S)
        state = await _state(database, caller, plan_id)


async def _state(database: Database, caller: Caller, plan_id: UUID) -> JobState | None:
    async with database.session(caller.organisation) as session:
        return await plans.progress(session, plan_id, caller.territories)
