"""The service's own account of its jobs: one row each, kept to its organisation.

The queue only delivers. A row is written by the attempt that holds it; a write of an earlier
attempt changes nothing and says so.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from pydantic_core import to_jsonable_python
from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.message import JobState
from shared.job_fence import Delivery

STATE = (
    "id, kind, state, attempt, progress, message, result, created_at, finished_at, "
    "request_digest, queue_job_id"
)
INSERT = text(
    "insert into job "  # noqa: S608 - constants
    "(id, organisation, subject, kind, key, request_digest, arguments, traceparent) values "
    "(:id, :organisation, :subject, :kind, :key, :digest, cast(:arguments as jsonb), :traceparent) "
    "on conflict (organisation, kind, key) do nothing "
    f"returning {STATE}"
)
BY_KEY = text(f"select {STATE} from job where kind = :kind and key = :key")  # noqa: S608 - constants
BY_ID = text(f"select {STATE} from job where id = :id")  # noqa: S608 - likewise
LOCK = text("select state from job where id = :id for update")
LINK = text("update job set queue_job_id = :queue_id where id = :id")
CANCEL = text(
    "update job set state = 'cancelled', message = null, finished_at = now() "
    "where id = :id and state in ('queued', 'running')"
)
CLAIM = text(
    "update job set state = 'running', attempt = :attempt, progress = 0, message = null, "
    "started_at = coalesce(started_at, now()) "
    "where id = :id and attempt < :attempt and state in ('queued', 'running') "
    "returning subject, kind, arguments, traceparent"
)
HELD = "where id = :id and attempt = :attempt and state = 'running'"
PROGRESS = text(
    "update job set progress = :share, message = coalesce(:message, message) "  # noqa: S608 - constants
    f"{HELD} returning id"
)
COMPLETE = text(
    "update job set state = 'done', progress = 1, message = null, "  # noqa: S608 - constants
    f"result = cast(:result as jsonb), finished_at = now() {HELD} returning id"
)
FAIL = text(
    "update job set failures = failures + 1, message = :message, "  # noqa: S608 - constants
    "state = case when failures + 1 >= :limit then 'failed' else 'queued' end, "
    "finished_at = case when failures + 1 >= :limit then now() end "
    f"{HELD} returning failures, state"
)
# An attempt interrupted before its claim was written has as much to give back.
HAND_BACK = text(
    "update job set state = 'queued' where id = :id and attempt <= :attempt "
    "and state in ('queued', 'running') returning id"
)
LOSE = text(
    "update job set losses = losses + 1, "
    "message = case when losses + 1 >= :limit then :message else message end, "
    "state = case when losses + 1 >= :limit then 'failed' else state end, "
    "finished_at = case when losses + 1 >= :limit then now() end "
    "where id = :id and state in ('queued', 'running') returning state"
)


@dataclass(frozen=True, slots=True)
class NewJob:
    """What is asked for; `key` makes a repeated request give the same job.

    `traceparent` names the span it was asked for in.
    """

    organisation: UUID
    subject: str
    kind: str
    key: str | None
    arguments: Mapping[str, object]
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class StoredJob:
    """A row as others may see it, with what only the queue needs."""

    state: JobState
    request_digest: str
    queue_job_id: int | None


@dataclass(frozen=True, slots=True)
class Claim:
    """What an attempt works on."""

    subject: str
    kind: str
    arguments: dict[str, object]
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class Failure:
    """What became of a job after an attempt failed."""

    failures: int
    final: bool


async def insert(session: AsyncSession, new: NewJob) -> StoredJob | None:
    """Write a new job; None when its key is taken."""
    arguments = canonical(new.arguments)
    row = await _first(
        session,
        INSERT,
        id=uuid4(),
        organisation=new.organisation,
        subject=new.subject,
        kind=new.kind,
        key=new.key,
        digest=digest(new.arguments),
        arguments=arguments,
        traceparent=new.traceparent,
    )
    return None if row is None else _stored(row)


async def find_by_key(session: AsyncSession, kind: str, key: str | None) -> StoredJob | None:
    """Return the job an earlier request of the same key made."""
    row = await _first(session, BY_KEY, kind=kind, key=key)
    return None if row is None else _stored(row)


async def find(session: AsyncSession, job_id: UUID) -> StoredJob | None:
    """Return a job of the session's organisation."""
    row = await _first(session, BY_ID, id=job_id)
    return None if row is None else _stored(row)


async def link(session: AsyncSession, job_id: UUID, queue_id: int) -> None:
    """Remember which row of the queue delivers a job."""
    connection = await session.connection()
    await connection.execute(LINK, {"id": job_id, "queue_id": queue_id})


async def cancel(session: AsyncSession, job_id: UUID) -> bool:
    """Cancel a job that has not ended; waits for a completion that is being written."""
    connection = await session.connection()
    result = await connection.execute(CANCEL, {"id": job_id})
    return result.rowcount == 1


async def lock(session: AsyncSession, job_id: UUID) -> None:
    """Take the row's lock. Who changes a job and its queue row takes them in this order."""
    await _first(session, LOCK, id=job_id)


async def claim(session: AsyncSession, delivery: Delivery) -> Claim | None:
    """Make this attempt the one that holds the job; None if it is settled, or held by a later."""
    row = await _first(session, CLAIM, id=delivery.job_id, attempt=delivery.attempt)
    if row is None:
        return None
    return Claim(row.subject, row.kind, row.arguments, row.traceparent)


async def write_progress(
    session: AsyncSession, delivery: Delivery, share: float, message: str | None
) -> bool:
    """Tell how far the attempt is; False if it no longer holds the job."""
    row = await _held(session, PROGRESS, delivery, share=share, message=message)
    return row is not None


async def complete(session: AsyncSession, delivery: Delivery, result: Mapping[str, object]) -> bool:
    """Mark the job done; False if the attempt no longer holds it."""
    return await _held(session, COMPLETE, delivery, result=canonical(result)) is not None


async def fail(
    session: AsyncSession, delivery: Delivery, message: str, limit: int
) -> Failure | None:
    """Count a failure: the job ends at the limit; None if the attempt no longer holds it."""
    row = await _held(session, FAIL, delivery, message=message, limit=limit)
    return None if row is None else Failure(row.failures, row.state == "failed")


async def hand_back(session: AsyncSession, delivery: Delivery) -> bool:
    """Say that the job waits again; False if it is settled, or held by a later attempt."""
    return await _held(session, HAND_BACK, delivery) is not None


async def lose(session: AsyncSession, job_id: UUID, message: str, limit: int) -> bool:
    """Count a worker that died with the job; False if the job has ended, now or before."""
    row = await _first(session, LOSE, id=job_id, message=message, limit=limit)
    return row is not None and row.state != "failed"


def canonical(values: Mapping[str, object]) -> str:
    """Write values as the one JSON text that equal values have."""
    return json.dumps(
        to_jsonable_python(dict(values)), sort_keys=True, separators=(",", ":"), allow_nan=False
    )


def digest(arguments: Mapping[str, object]) -> str:
    """Return a fingerprint by which two requests are compared."""
    return hashlib.sha256(canonical(arguments).encode()).hexdigest()


def _stored(row: Row[tuple[object, ...]]) -> StoredJob:
    values = row._mapping  # noqa: SLF001 - the documented name of a row's mapping
    state = JobState.model_validate(dict(values))
    return StoredJob(state, values["request_digest"], values["queue_job_id"])


async def _held(
    session: AsyncSession, statement: TextClause, delivery: Delivery, **values: object
) -> Row[tuple[object, ...]] | None:
    return await _first(session, statement, id=delivery.job_id, attempt=delivery.attempt, **values)


async def _first(
    session: AsyncSession, statement: TextClause, **values: object
) -> Row[tuple[object, ...]] | None:
    connection = await session.connection()
    result = await connection.execute(statement, values)
    return result.first()
