"""Wait a while for background work, so that quick work is answered with its outcome."""

import asyncio
import time
from uuid import UUID

from shared.auth import Caller
from shared.contracts.message import JobState
from shared.db import Database
from shared.jobs import Jobs

LOOK_S = 0.05
UNENDED = frozenset({"queued", "running"})


async def until_ended(
    database: Database, jobs: Jobs, caller: Caller, job_id: UUID, *, patience_s: float
) -> JobState | None:
    """Return the state a job ended in; or that it has after `patience_s`; None if it is gone."""
    until = time.monotonic() + patience_s
    while True:
        async with database.session(caller.organisation) as session:
            state = await jobs.state(session, job_id)
        if state is None or state.state not in UNENDED or time.monotonic() > until:
            return state
        await asyncio.sleep(LOOK_S)
