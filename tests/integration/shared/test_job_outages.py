"""Jobs whose database is away, or is not what the code expects, are done when it is back."""

import asyncio
import contextlib
import time
from pathlib import Path

import psycopg
import pytest
from job_bench import (
    CUT,
    MakeDatabase,
    bench,
    count_to,
    eventually,
    process_is_alive,
    worked,
)

from shared.jobs import Job


async def test_jobs_survive_the_loss_of_all_database_connections(
    database: MakeDatabase,
) -> None:
    made = database("probe")
    cut = asyncio.Event()

    async def through_the_cut(job: Job) -> None:
        if not cut.is_set():
            with made.administer() as connection:
                connection.execute(CUT, [made.name])
            cut.set()
        async with job.completion({}):
            pass

    async with worked(made, {"cut": through_the_cut}) as it:
        asked = await it.ask("cut")
        await asyncio.wait_for(cut.wait(), 10)
        await asyncio.sleep(0.2)
        done = await it.until(asked.id, "done", "failed", timeout_s=20)
        assert done.state == "done"
        after = await it.ended((await it.ask("cut")).id)
        assert after.state == "done"


async def test_a_worker_stops_although_its_database_is_away(
    database: MakeDatabase, tmp_path: Path
) -> None:
    made = database("probe")
    pid_file = tmp_path / "pid"

    async def long(job: Job) -> None:
        await job.run_child("job_targets:sleep", str(pid_file), 60.0)

    async with bench(made, {"long": long}) as it:
        work = asyncio.create_task(it.jobs.work())
        asked = await it.ask("long")
        await it.until(asked.id, "sleeping")
        with psycopg.connect(made.server.conninfo(), autocommit=True) as connection:
            connection.execute(f"alter database {made.name} allow_connections false")
            connection.execute(CUT, [made.name])
            began = time.monotonic()
            work.cancel()
            await asyncio.wait({work}, timeout=30)
            assert time.monotonic() - began < 15
            assert work.done()
            assert not process_is_alive(pid_file)
            connection.execute(f"alter database {made.name} allow_connections true")
        assert (await it.state(asked.id)).state == "running"
        with contextlib.suppress(BaseExceptionGroup, asyncio.CancelledError):
            await work


async def test_the_end_of_a_job_waits_for_a_database_that_is_away(
    database: MakeDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    made = database("probe")
    away = asyncio.Event()

    async def fail_once(job: Job) -> None:
        if job.attempt == 1:
            with psycopg.connect(made.server.conninfo(), autocommit=True) as connection:
                connection.execute(f"alter database {made.name} allow_connections false")
                connection.execute(CUT, [made.name])
            away.set()
            raise ValueError("while the database is away")

    async def waits() -> bool:
        return "database away, job waits" in caplog.messages

    async with worked(made, {"fail": fail_once}) as it:
        asked = await it.ask("fail")
        await asyncio.wait_for(away.wait(), 10)
        await eventually(waits)
        with psycopg.connect(made.server.conninfo(), autocommit=True) as connection:
            connection.execute(f"alter database {made.name} allow_connections true")
        done = await it.ended(asked.id)
        assert (done.state, done.attempt) == ("done", 2)
        # The worker itself may end first, for the same reason, and hand the job back uncounted.
        assert await it.counts(asked.id) in {(1, 0), (0, 0)}


async def test_a_job_whose_end_could_not_be_written_is_taken_up_again(
    database: MakeDatabase,
) -> None:
    made = database("probe")
    refused = asyncio.Event()

    async def locked_out(job: Job) -> None:
        if not refused.is_set():
            with made.administer() as connection:
                connection.execute("revoke update on job from probe")
            refused.set()
        async with job.completion({}):
            pass

    async with worked(made, {"locked": locked_out}) as it:
        asked = await it.ask("locked")
        await asyncio.wait_for(refused.wait(), 10)
        await asyncio.sleep(0.5)
        with made.administer() as connection:
            connection.execute("grant update on job to probe")
        done = await it.ended(asked.id)
        assert done.state == "done"
        assert await it.counts(asked.id) == (0, 1)


async def test_a_job_that_could_not_be_begun_waits_until_it_can(
    database: MakeDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    made = database("probe")

    async def refused_thrice() -> bool:
        return caplog.messages.count("attempt ended without holding its job") >= 3

    # As when new code meets the schema of yesterday.
    with made.administer() as connection:
        connection.execute("alter table job rename column started_at to begun_at")
    async with worked(made, {"count": count_to}) as it:
        asked = await it.ask("count", n=1)
        await eventually(refused_thrice)
        assert (await it.state(asked.id)).state == "queued"
        assert len(await it.queue()) == 1
        with made.administer() as connection:
            connection.execute("alter table job rename column begun_at to started_at")
        done = await it.ended(asked.id)
        assert done.state == "done"
        assert await it.counts(asked.id) == (0, 0)
        await eventually(it.queue_is_empty)
