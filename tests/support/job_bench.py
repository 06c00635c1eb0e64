"""A service's jobs in a test, with or without a worker."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from opentelemetry.trace import Tracer
from sqlalchemy import text

from shared.contracts.message import JobState
from shared.db import Database
from shared.jobs import Handler, Job, Jobs, Pace
from shared.testing import OURS, TestDatabase

MakeDatabase = Callable[[str], TestDatabase]
QUICK = Pace(
    heartbeat_s=0.2, stalled_s=1.0, poll_s=0.2, look_s=0.2, retry_delay_s=0.01, restart_s=0.1
)
CUT = (
    "select pg_terminate_backend(pid) from pg_stat_activity "
    "where datname = %s and pid <> pg_backend_pid()"
)
INSERT_EFFECT = text("insert into effect (job, attempt) values (:job, :attempt)")


@dataclass
class Bench:
    """A service's jobs, and what a test asks of them."""

    database: Database
    jobs: Jobs

    async def ask(
        self,
        kind: str,
        *,
        key: str | None = None,
        organisation: UUID = OURS,
        **arguments: object,
    ) -> JobState:
        async with self.database.session(organisation) as session:
            return await self.jobs.enqueue(
                session,
                organisation=organisation,
                subject="tester",
                kind=kind,
                key=key,
                arguments=arguments,
            )

    async def state(self, job_id: UUID) -> JobState:
        async with self.database.session(OURS) as session:
            state = await self.jobs.state(session, job_id)
        assert state is not None
        return state

    async def cancel(self, job_id: UUID) -> JobState | None:
        async with self.database.session(OURS) as session:
            return await self.jobs.cancel(session, job_id)

    async def until(self, job_id: UUID, *words: str, timeout_s: float = 20) -> JobState:
        """Wait until the job's state or message is one of `words`."""

        async def told() -> bool:
            state = await self.state(job_id)
            return state.state in words or state.message in words

        await eventually(told, timeout_s)
        return await self.state(job_id)

    async def queue_is_empty(self) -> bool:
        return await self.queue() == []

    async def ended(self, job_id: UUID) -> JobState:
        return await self.until(job_id, "done", "failed", "cancelled")

    async def queue(self) -> list[tuple[str, int]]:
        """What the queue holds: status and attempts of each row."""
        async with self.database.plain_session() as session:
            rows = await session.execute(
                text("select status::text, attempts from procrastinate_jobs order by id")
            )
            return [(status, attempts) for status, attempts in rows]

    async def counts(self, job_id: UUID) -> tuple[int, int]:
        """Failures and losses of a job."""
        async with self.database.session(OURS) as session:
            rows = await session.execute(
                text("select failures, losses from job where id = :id"), {"id": job_id}
            )
            failures, losses = rows.one()
            return failures, losses


async def eventually(check: Callable[[], Awaitable[bool]], timeout_s: float = 5) -> None:
    async with asyncio.timeout(timeout_s):
        while not await check():  # noqa: ASYNC110 - others change what is checked
            await asyncio.sleep(0.01)


def process_is_alive(pid_file: Path) -> bool:
    return Path(f"/proc/{pid_file.read_text()}").exists()


@asynccontextmanager
async def bench(
    made: TestDatabase,
    handlers: Mapping[str, Handler],
    *,
    services: object = None,
    pace: Pace = QUICK,
    tracer: Tracer | None = None,
) -> AsyncIterator[Bench]:
    """Give the jobs of a service without a worker."""
    database = Database(made.url, made.system_url)
    jobs = Jobs(database, handlers, services=services, pace=pace, tracer=tracer)
    await jobs.open()
    try:
        yield Bench(database, jobs)
    finally:
        await jobs.close()
        await database.dispose()


@asynccontextmanager
async def worked(
    made: TestDatabase,
    handlers: Mapping[str, Handler],
    *,
    services: object = None,
    pace: Pace = QUICK,
    tracer: Tracer | None = None,
) -> AsyncIterator[Bench]:
    """Give the jobs of a service with a worker."""
    async with (
        bench(made, handlers, services=services, pace=pace, tracer=tracer) as it,
        working(it.jobs),
    ):
        yield it


@asynccontextmanager
async def working(jobs: Jobs) -> AsyncIterator["asyncio.Task[None]"]:
    task = asyncio.create_task(jobs.work())
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def count_to(job: Job) -> None:
    async with job.completion({"n": job.arguments["n"]}):
        pass


def effects(made: TestDatabase) -> TestDatabase:
    """Add a table in which a job leaves a trace each time it takes effect."""
    with made.administer() as connection:
        connection.execute("create table effect (job uuid, attempt integer)")
        connection.execute("grant select, insert on effect to probe")
    return made


def written(made: TestDatabase) -> list[tuple[UUID, int]]:
    with made.administer() as connection:
        rows = connection.execute("select job, attempt from effect").fetchall()
    return [(UUID(str(job)), int(str(attempt))) for job, attempt in rows]
