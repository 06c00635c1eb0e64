"""Follow the making of a weekly plan as it goes, by server-sent events."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from gateway.api.on_behalf import OnBehalf
from gateway.api.weekly_plans import refuse_inspectors
from gateway.clients import routing
from gateway.clients.services import Services
from gateway.store import weekly_plans
from gateway.use_cases.follow_work import UNENDED
from shared.auth import Caller, Reader
from shared.contracts.message import JobState
from shared.db import Database
from shared.event_stream import FOLLOWED
from shared.feed import Waiters
from shared.jobs import Jobs
from shared.problems import not_found, responses

router = APIRouter(prefix="/v1/weekly-plans", tags=["weekly plans"])

LOOK_S = 0.5


@router.get(
    "/{plan_id}/progress",
    operation_id="followWeeklyPlan",
    response_class=StreamingResponse,
    responses=responses(403, 404) | FOLLOWED,
)
async def follow_weekly_plan(
    request: Request, caller: Reader, plan_id: UUID, auth: OnBehalf
) -> StreamingResponse:
    """Stream the making of a plan as server-sent events `progress`; the last one is `end`.

    The data of every event is a `JobState`: the gathering's, then the solving's. Read the plan
    itself once it has ended; a stream that breaks off without `end` may be opened again.
    """
    refuse_inspectors(caller)
    if await _state(request, caller, plan_id) is None:
        raise not_found("weekly plan")
    events = _events(request, caller, plan_id, auth)
    return StreamingResponse(
        events, media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


async def _events(
    request: Request, caller: Caller, plan_id: UUID, auth: OnBehalf
) -> AsyncIterator[bytes]:
    waiters: Waiters = request.app.state.waiters
    services: Services = request.app.state.services
    told = b""
    while not waiters.closing:
        state = await _state(request, caller, plan_id)
        if state is None:
            return
        if state.state == "done":
            break
        event = _event(state)
        if event != told:
            told = event
            yield event
        if state.state not in UNENDED:
            return
        await asyncio.sleep(LOOK_S)
    try:
        async with routing.progress_of(services.routing, auth, plan_id) as pieces:
            async for piece in pieces:
                yield piece
    except httpx.HTTPError:
        # Without `end`, so that the reader opens the stream again.
        return


def _event(state: JobState) -> bytes:
    name = "progress" if state.state in UNENDED else "end"
    return f"event: {name}\ndata: {state.model_dump_json()}\n\n".encode()


async def _state(request: Request, caller: Caller, plan_id: UUID) -> JobState | None:
    """Return how far the gathering is; a refused one counts as failed."""
    database: Database = request.app.state.database
    jobs: Jobs = request.app.state.jobs
    async with database.session(caller.organisation) as session:
        row = await weekly_plans.find(session, plan_id, caller.territories)
        if row is None:
            return None
        state = await jobs.state(session, row.job_id)
        # Read after the job: a gathering that has ended has written what it was refused.
        await session.refresh(row)
    if state is not None and row.refusal is not None:
        refusal = {"state": "failed", "message": str(row.refusal["detail"])}
        return state.model_copy(update=refusal)
    return state
