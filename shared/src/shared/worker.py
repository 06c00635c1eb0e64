"""The worker of a process: takes jobs from the queue, and jobs of dead workers back into it."""

import asyncio
import logging
from dataclasses import dataclass

from procrastinate import App
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import JobContext
from procrastinate.worker import Worker

from shared.cancellation import heed_cancellation, pause
from shared.job_attempt import Attempts
from shared.job_fence import Delivery

logger = logging.getLogger(__name__)

TASK = "run"
ASK_AGAIN_S = 0.1


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between a worker's signs of life, and until it is held to be dead.

    A job whose worker was killed runs again after at most stalled_s + poll_s + look_s.
    """

    heartbeat_s: float = 2.0
    stalled_s: float = 8.0
    poll_s: float = 2.0
    look_s: float = 2.0
    retry_delay_s: float = 1.0
    grace_s: float = 1.0
    restart_s: float = 1.0
    concurrency: int = 2


class Work:
    """One worker and the loop beside it."""

    def __init__(self, app: App, attempts: Attempts, pace: Pace) -> None:
        self._app = app
        self._attempts = attempts
        self._pace = pace
        self._worker: Worker | None = None
        app.task(name=TASK, pass_context=True)(self._run)

    async def forever(self) -> None:
        """Work until cancelled; then stop cleanly, handing back what does not end in time."""
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._watch(), name="stalled jobs")
            try:
                await self._serve()
            finally:
                watch.cancel()

    async def _serve(self) -> None:
        """Run a worker; again when it ends by itself: its row was pruned, or its database away."""
        while True:
            self._worker = self._new_worker()
            try:
                await _run_to_its_end(self._worker)
            except Exception:
                heed_cancellation()
                logger.exception("worker ended, starts again")
            else:
                logger.warning("worker ended, starts again")
            await pause(self._pace.restart_s)

    def _new_worker(self) -> Worker:
        return Worker(
            app=self._app,
            concurrency=self._pace.concurrency,
            fetch_job_polling_interval=self._pace.poll_s,
            abort_job_polling_interval=self._pace.poll_s,
            shutdown_graceful_timeout=self._pace.grace_s,
            update_heartbeat_interval=self._pace.heartbeat_s,
            stalled_worker_timeout=self._pace.stalled_s,
            install_signal_handlers=False,
        )

    async def _run(self, context: JobContext, job: str, organisation: str) -> None:  # noqa: ARG002 - in the context
        try:
            await self._attempts.run(context)
        except JobAborted:
            raise
        except Exception:
            # The job could not be settled, so it is still out in our name: a worker that leaves
            # gives it free to be taken back.
            if self._worker is not None:
                self._worker.stop()  # type: ignore[no-untyped-call] # likewise
            raise

    async def _watch(self) -> None:
        while True:
            try:
                await self._take_back()
            except Exception:
                logger.warning("could not look for the jobs of dead workers", exc_info=True)
            await pause(self._pace.look_s)

    async def _take_back(self) -> None:
        stalled = await self._app.job_manager.get_stalled_jobs(
            task_name=TASK, seconds_since_heartbeat=self._pace.stalled_s
        )
        own = None if self._worker is None else self._worker.worker_id
        for queued in stalled:
            # After a suspended laptop wakes, our own last sign of life is old, and we live.
            if queued.worker_id is None or queued.worker_id != own:
                await self._attempts.lose(Delivery.of(queued))


async def _run_to_its_end(worker: Worker) -> None:
    """Run a worker; when cancelled, ask it to stop and wait until it has.

    A worker cancelled in the middle of its first queries can lose the cancellation and go on for
    ever; so it is not cancelled but asked, again while it has not begun to listen.
    """
    running = asyncio.ensure_future(worker.run())  # type: ignore[no-untyped-call] # its gap
    try:
        await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            worker.stop()  # type: ignore[no-untyped-call] # likewise
            await asyncio.wait({running}, timeout=ASK_AGAIN_S)
        failure = None if running.cancelled() else running.exception()
        if failure is not None:
            logger.warning("worker failed while it stopped", exc_info=failure)
        raise
