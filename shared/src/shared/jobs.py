"""Work longer than a request: queued with the change that asks for it, done by a worker.

A service makes one `Jobs` with its handlers by kind. A job may run more than once, but what its
handler writes in `Job.completion` is written once.
"""

from collections.abc import Mapping
from uuid import UUID

from opentelemetry.trace import Tracer
from procrastinate import App, PsycopgConnector
from sqlalchemy.ext.asyncio import AsyncSession

from shared import job_fence, job_store, tracing
from shared.cancellation import heed_cancellation
from shared.child import ChildDied, JobFailed
from shared.contracts.message import JobState
from shared.db import Database
from shared.job_attempt import Attempts, Handler, Job, StaleAttemptError
from shared.job_child import ReadyChildren
from shared.job_fence import SettledElsewhere
from shared.job_store import NewJob
from shared.problems import Problem
from shared.worker import TASK, Pace, Work

__all__ = ["ChildDied", "Handler", "Job", "JobFailed", "Jobs", "Pace", "StaleAttemptError"]

# Longer than a restart of PostgreSQL takes, shorter than a cluster waits for a pod to stop.
DATABASE_TIMEOUT_S = 5.0


def as_asked(state: JobState) -> JobState:
    """Tell of a job as when it was asked for: a repeated request gets the same answer."""
    return state.model_copy(
        update={
            "state": "queued",
            "attempt": 0,
            "progress": None,
            "message": None,
            "result": None,
            "finished_at": None,
        }
    )


class Jobs:
    """The jobs of a service: asked for in its API, run by its worker.

    `services` is what handlers find as `Job.services`: the clients and settings they need.
    `ready` names functions, "module:function", that the worker keeps a child loaded for, each with
    the function that prepares it. `tracer` records attempts.
    """

    def __init__(
        self,
        database: Database,
        handlers: Mapping[str, Handler],
        *,
        services: object = None,
        ready: Mapping[str, str] | None = None,
        pace: Pace | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        pace = pace or Pace()
        self._ready = ReadyChildren(ready or {})
        self._connector = PsycopgConnector(
            conninfo=database.conninfo,
            min_size=1,
            max_size=4,
            timeout=DATABASE_TIMEOUT_S,
            # Pauses between attempts double: after minutes without a database they would last
            # minutes too. Once it gives up, the next who wants a connection begins anew.
            reconnect_timeout=DATABASE_TIMEOUT_S,
        )
        self._app = App(connector=self._connector)
        self._app.job_manager = SettledElsewhere(self._connector)
        attempts = Attempts(
            database, dict(handlers), services, self._ready, pace.retry_delay_s, tracer
        )
        self._work = Work(self._app, attempts, pace)

    async def open(self) -> None:
        """Connect to the queue; only `work` needs it."""
        await self._app.open_async()
        # Opening the pool can lose a cancellation, and the worker would go on for ever.
        heed_cancellation()

    async def close(self) -> None:
        """Disconnect."""
        await self._app.close_async()

    async def enqueue(
        self,
        session: AsyncSession,
        *,
        organisation: UUID,
        subject: str,
        kind: str,
        key: str | None,
        arguments: Mapping[str, object],
    ) -> JobState:
        """Ask for a job in the caller's transaction; the same key gives the same job.

        Raises
        ------
        Problem : 422, the key came before with other arguments
        """
        new = NewJob(organisation, subject, kind, key, arguments, tracing.traceparent())
        stored = await job_store.insert(session, new)
        if stored is None:
            return await self._earlier(session, new)
        deferrer = self._app.configure_task(
            TASK, connection=await job_fence.driver_connection(session)
        )
        queue_id = await deferrer.defer_async(
            job=str(stored.state.id), organisation=str(organisation)
        )
        await job_store.link(session, stored.state.id, queue_id)
        return stored.state

    async def _earlier(self, session: AsyncSession, new: NewJob) -> JobState:
        stored = await job_store.find_by_key(session, new.kind, new.key)
        if stored is None or stored.request_digest != job_store.digest(new.arguments):
            raise Problem(
                422,
                "idempotency-key-reused",
                "This Idempotency-Key came before with another request; "
                "send the same request again, or a new key.",
            )
        return as_asked(stored.state)

    async def state(self, session: AsyncSession, job_id: UUID) -> JobState | None:
        """Return where a job of the session's organisation stands."""
        stored = await job_store.find(session, job_id)
        return None if stored is None else stored.state

    async def cancel(self, session: AsyncSession, job_id: UUID) -> JobState | None:
        """Cancel a job, running or not; one that has ended stays as it is."""
        cancelled = await job_store.cancel(session, job_id)
        stored = await job_store.find(session, job_id)
        if stored is None:
            return None
        if cancelled and stored.queue_job_id is not None:
            await self._app.job_manager.cancel_job_by_id_async(
                stored.queue_job_id,
                abort=True,
                delete_job=True,
                connection=await job_fence.driver_connection(session),
            )
        return stored.state

    async def work(self) -> None:
        """Run jobs until cancelled; then end their children and hand back what is unfinished.

        Between `open` and `close`. Call it in the main thread's loop: children die with the
        thread that starts them.
        """
        self._ready.open()
        try:
            await self._work.forever()
        finally:
            self._ready.close()
