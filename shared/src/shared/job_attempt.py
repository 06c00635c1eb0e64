"""One attempt at a job: what its handler is given, and how it ends."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from uuid import UUID

from opentelemetry.trace import SpanKind, Tracer
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason, JobContext
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession

from shared import job_child, job_fence, job_store, tracing
from shared.child import ChildDied, JobFailed
from shared.db import Database
from shared.job_child import OnProgress, ReadyChildren
from shared.job_fence import Delivery

logger = logging.getLogger(__name__)

Value = TypeVar("Value")
# Runs that may end by an exception or a dead child before a job has failed.
MOST_FAILURES = 5
# Workers that may die with a job before it has failed. Calculations run in children, so a dead
# worker is seldom the job's fault: sound jobs reached a limit of 5 while workers kept being killed.
MOST_LOSSES = 20
LOST = "The workers that ran it were stopped too many times; see the log."
# An attempt that could not begin is not the job's failure and not counted: it is tried again for
# as long as it takes, after pauses that double so many times.
MOST_DOUBLINGS = 5
PROGRESS_INTERVAL_S = 0.5
DATABASE_PAUSE_S = 1.0


class StaleAttemptError(Exception):
    """The attempt no longer holds its job: it was cancelled, or given to another worker."""


@dataclass(slots=True)
class Job:
    """A job as its handler sees it, for the length of one attempt."""

    id: UUID
    organisation: UUID
    subject: str
    kind: str
    arguments: Mapping[str, object]
    attempt: int
    database: Database
    services: object
    _delivery: Delivery
    _ready: ReadyChildren
    _completed: bool = False
    _message: str | None = None
    _progress_due_at: float = 0.0

    @property
    def completed(self) -> bool:
        """Whether this attempt has marked the job done."""
        return self._completed

    async def progress(self, share: float, message: str | None = None) -> None:
        """Tell how far the job is, 0 to 1, and what it is doing; at most twice a second.

        Raises
        ------
        StaleAttemptError : the job was cancelled or is another worker's; stop working on it
        """
        now = time.monotonic()
        if now < self._progress_due_at and message in {None, self._message}:
            return
        self._progress_due_at = now + PROGRESS_INTERVAL_S
        self._message = message or self._message
        share = min(max(share, 0.0), 1.0)
        async with self.database.session(self.organisation) as session:
            held = await job_store.write_progress(session, self._delivery, share, message)
        if not held:
            raise StaleAttemptError

    async def run_child(
        self, target: str, *args: object, on_progress: OnProgress | None = None
    ) -> object:
        """Call `target`, "module:function", with `args` in a child process; return its result.

        The target's first parameter is `report(share, message)`; what it reports becomes the
        job's progress unless `on_progress` takes it. The child ends with this call, whatever
        ends it.

        Raises
        ------
        ChildDied : the child ended without an answer
        Exception : what the target raised
        """
        return await job_child.run_child(
            target, *args, on_progress=on_progress or self.progress, ready=self._ready
        )

    @asynccontextmanager
    async def completion(self, result: Mapping[str, object]) -> AsyncIterator[AsyncSession]:
        """Open the one transaction that marks the job done and holds its effects and events.

        Raises
        ------
        StaleAttemptError : the job was cancelled, or is done, or is another worker's
        """
        async with self.database.session(self.organisation) as session:
            if not await job_store.complete(session, self._delivery, result):
                raise StaleAttemptError
            await job_fence.remove(session, self._delivery)
            yield session
        self._completed = True


Handler = Callable[[Job], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Attempts:
    """Runs what the queue delivers, and settles it: job row and queue row in one transaction."""

    database: Database
    handlers: Mapping[str, Handler]
    services: object
    ready: ReadyChildren
    retry_delay_s: float
    tracer: Tracer | None

    async def run(self, context: JobContext) -> None:
        """Run one delivery to its end.

        Raises
        ------
        JobAborted : the job was cancelled
        CancelledError : the worker stops; the job was handed back
        """
        delivery = Delivery.of(context.job)
        try:
            try:
                await self._attempt(delivery)
            except Exception as error:  # noqa: BLE001 - logged and written to the job in _failed
                await self._failed(delivery, _sole(error))
        except asyncio.CancelledError as error:
            # It may come at any moment, that of settling included.
            await self._interrupted(delivery, context.abort_reason(), error)

    async def lose(self, delivery: Delivery) -> None:
        """Take a job back from a worker that died with it, and count that."""
        async with self.database.session(delivery.organisation) as session:
            await job_store.lock(session, delivery.job_id)
            if not await job_fence.holds(session, delivery):
                return
            if await job_store.lose(session, delivery.job_id, LOST, MOST_LOSSES):
                await job_fence.retry(session, delivery, 0)
            else:
                await job_fence.remove(session, delivery)
        logger.warning("job taken back from a dead worker", extra=_fields(delivery))

    async def _attempt(self, delivery: Delivery) -> None:
        claim = await patiently(partial(self._claim, delivery))
        if claim is None:
            raise StaleAttemptError
        job = Job(
            id=delivery.job_id,
            organisation=delivery.organisation,
            subject=claim.subject,
            kind=claim.kind,
            arguments=claim.arguments,
            attempt=delivery.attempt,
            database=self.database,
            services=self.services,
            _delivery=delivery,
            _ready=self.ready,
        )
        with self._span(job, claim.traceparent):
            await self._handle(job)

    def _span(self, job: Job, parent: str | None) -> AbstractContextManager[object]:
        """Record an attempt, in the trace of the request that asked for the job."""
        if self.tracer is None:
            return nullcontext()
        about: dict[str, str | int] = {
            "ronde.job.kind": job.kind,
            "ronde.job.attempt": job.attempt,
        }
        name = f"job {job.kind}"
        return tracing.span(self.tracer, name, SpanKind.CONSUMER, parent=parent, attributes=about)

    async def _handle(self, job: Job) -> None:
        handler = self.handlers.get(job.kind)
        if handler is None:
            raise LookupError(f"this worker knows no job of kind {job.kind}")
        await handler(job)
        if not job.completed:
            async with job.completion({}):
                pass

    async def _claim(self, delivery: Delivery) -> job_store.Claim | None:
        async with self.database.session(delivery.organisation) as session:
            return await job_store.claim(session, delivery)

    async def _interrupted(
        self, delivery: Delivery, reason: AbortReason | None, error: asyncio.CancelledError
    ) -> None:
        if reason is AbortReason.SHUTDOWN:
            # Not patiently: without us the job is soon found without a worker anyway.
            await self._let_go(delivery)
            raise error
        if reason is AbortReason.USER_REQUEST:
            await patiently(partial(self._let_go, delivery))
            raise JobAborted from error
        await self._failed(delivery, error)

    async def _failed(self, delivery: Delivery, error: BaseException) -> None:
        if isinstance(error, StaleAttemptError):
            logger.info("late attempt refused", extra=_fields(delivery))
            await patiently(partial(self._let_go, delivery))
            return
        failure = await patiently(partial(self._fail, delivery, error))
        known = isinstance(error, JobFailed)
        level = logging.ERROR if failure is None or failure.final else logging.WARNING
        logger.log(
            logging.INFO if known else level,
            _outcome(failure),
            exc_info=None if known else error,
            extra=_fields(delivery),
        )

    async def _fail(self, delivery: Delivery, error: BaseException) -> job_store.Failure | None:
        limit = 0 if isinstance(error, JobFailed) else MOST_FAILURES
        async with self.database.session(delivery.organisation) as session:
            failure = await job_store.fail(session, delivery, _sentence(error), limit)
            if failure is None:
                # Settled meanwhile, or never claimed, and then it must stay in the queue.
                doublings = min(delivery.attempts, MOST_DOUBLINGS)
                await self._give_back(session, delivery, self.retry_delay_s * 2**doublings)
            elif failure.final:
                await job_fence.remove(session, delivery)
            else:
                delay_s = self.retry_delay_s * 2 ** (failure.failures - 1)
                await job_fence.retry(session, delivery, delay_s)
            return failure

    async def _let_go(self, delivery: Delivery) -> None:
        async with self.database.session(delivery.organisation) as session:
            await self._give_back(session, delivery, 0)

    async def _give_back(self, session: AsyncSession, delivery: Delivery, delay_s: float) -> None:
        """Queue again what is not settled; take out of the queue what is."""
        if await job_store.hand_back(session, delivery):
            await job_fence.retry(session, delivery, delay_s)
        else:
            await job_fence.remove(session, delivery)


async def patiently(action: Callable[[], Awaitable[Value]]) -> Value:
    """Do `action`, again and again while the database is away: a job's end must not be lost."""
    while True:
        try:
            return await action()
        except (OperationalError, InterfaceError, PoolTimeout) as error:
            logger.warning("database away, job waits", extra={"error": type(error).__name__})
            await asyncio.sleep(DATABASE_PAUSE_S)


def _sole(error: Exception) -> Exception:
    """Return what a task group wraps, when it is one exception."""
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        (error,) = error.exceptions
    return error


def _sentence(error: BaseException) -> str:
    """Say what happened to people; the text of an unexpected error may hold what is not theirs."""
    if isinstance(error, JobFailed):
        return str(error) or "The job failed."
    if isinstance(error, ChildDied):
        return f"It stopped: {error}, perhaps for lack of memory."
    return f"It stopped because of an unexpected error ({type(error).__name__}); see the log."


def _outcome(failure: job_store.Failure | None) -> str:
    if failure is None:
        return "attempt ended without holding its job"
    return "job failed" if failure.final else "job failed, to be tried again"


def _fields(delivery: Delivery) -> dict[str, object]:
    return {"job_id": str(delivery.job_id), "attempt": delivery.attempt}
