"""The queue's rows, changed only by the attempt that holds them.

Procrastinate finishes and retries a job by its id alone, so a worker that was paused and wakes up
late would end, or queue again, the attempt another worker is running. Here every change names the
attempt, and is made in the transaction that writes the job's own row.
"""

import logging
from dataclasses import dataclass
from typing import cast
from uuid import UUID

import psycopg
from procrastinate.jobs import Job as QueueJob
from procrastinate.jobs import Status
from procrastinate.manager import JobManager
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

logger = logging.getLogger(__name__)

MINE = (
    "with mine as (select id from procrastinate_jobs "
    "where id = :queue_id and status = 'doing' and attempts = :attempts for update) "
)
HOLD = text(MINE + "select id from mine")  # noqa: S608 - constants
REMOVE = text(MINE + "select procrastinate_finish_job_v1(id, 'succeeded', true) from mine")  # noqa: S608 - likewise
RETRY = text(
    MINE + "select procrastinate_retry_job_v2("  # noqa: S608 - constants
    "id, now() + make_interval(secs => :delay_s), null, null, null) from mine"
)
# The queue itself tells its workers of new jobs only: without this, a job given back waits for
# their next poll.
WAKE = text(
    "select pg_notify('procrastinate_any_queue_v1', "
    "json_build_object('type', 'job_inserted', 'job_id', cast(:queue_id as bigint))::text)"
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One handing-over of a job to a worker; `attempts` is the queue's count of those before."""

    job_id: UUID
    organisation: UUID
    queue_id: int
    attempts: int

    @classmethod
    def of(cls, queued: QueueJob) -> "Delivery":
        """Read what the queue hands over."""
        if queued.id is None:
            raise ValueError("a job that is not in the queue cannot be delivered")
        return cls(
            job_id=UUID(str(queued.task_kwargs["job"])),
            organisation=UUID(str(queued.task_kwargs["organisation"])),
            queue_id=queued.id,
            attempts=queued.attempts,
        )

    @property
    def attempt(self) -> int:
        """The fencing token: grows with each delivery."""
        return self.attempts + 1


class SettledElsewhere(JobManager):
    """Leave the end of a delivery to the transaction that settled the job."""

    async def finish_job(self, job: QueueJob, status: Status, delete_job: bool) -> None:  # noqa: ARG002, FBT001 - Procrastinate's signature
        """Do nothing: the row is gone already, or belongs to another attempt."""
        logger.debug("delivery over", extra={"queue_job_id": job.id, "status": status.value})


async def holds(session: AsyncSession, delivery: Delivery) -> bool:
    """Tell whether the delivery is still the one that is out, and keep it so until commit."""
    return await _change(session, HOLD, delivery)


async def remove(session: AsyncSession, delivery: Delivery) -> bool:
    """Take a settled job out of the queue; False if another attempt holds it."""
    return await _change(session, REMOVE, delivery)


async def retry(session: AsyncSession, delivery: Delivery, delay_s: float) -> bool:
    """Queue a job again, `delay_s` from now; False if another attempt holds it."""
    mine = await _change(session, RETRY, delivery, delay_s=delay_s)
    if mine and delay_s == 0:
        connection = await session.connection()
        await connection.execute(WAKE, {"queue_id": delivery.queue_id})
    return mine


async def _change(
    session: AsyncSession, statement: TextClause, delivery: Delivery, **values: float
) -> bool:
    connection = await session.connection()
    result = await connection.execute(
        statement, {"queue_id": delivery.queue_id, "attempts": delivery.attempts, **values}
    )
    return result.first() is not None


async def driver_connection(session: AsyncSession) -> psycopg.AsyncConnection:
    """Return the connection of a session's transaction, for the queue to write in it."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    return cast("psycopg.AsyncConnection", raw.driver_connection)
