"""Attempts at a job end in many ways; the job is done once, and is never lost or overwritten."""

import asyncio
import random
import time
from dataclasses import replace
from pathlib import Path

import pytest
from job_bench import (
    INSERT_EFFECT,
    QUICK,
    MakeDatabase,
    bench,
    count_to,
    effects,
    eventually,
    process_is_alive,
    worked,
    working,
    written,
)

from shared import job_attempt, job_fence
from shared.child import JobFailed
from shared.job_fence import Delivery
from shared.jobs import Job, StaleAttemptError
from shared.testing import OURS, TestDatabase


async def test_a_child_that_always_dies_fails_the_job_with_a_sentence(
    database: MakeDatabase,
) -> None:
    runs = 0

    async def doomed(job: Job) -> None:
        nonlocal runs
        runs += 1
        await job.run_child("job_targets:kill_self")

    async with worked(database("probe"), {"doomed": doomed}) as it:
        failed = await it.ended((await it.ask("doomed")).id)
        assert failed.state == "failed"
        assert failed.message is not None
        assert "killed by signal 9" in failed.message
        assert await it.counts(failed.id) == (5, 0)
        assert await it.queue() == []
    assert runs == 5


async def test_an_unexpected_error_is_tried_five_times_and_its_text_kept_from_people(
    database: MakeDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    runs = 0

    async def broken(_job: Job) -> None:
        nonlocal runs
        runs += 1
        raise ValueError("connection string with a secret")

    async with worked(database("probe"), {"broken": broken}) as it:
        failed = await it.ended((await it.ask("broken")).id)
        assert (failed.state, failed.attempt, runs) == ("failed", 5, 5)
        assert failed.message is not None
        assert "ValueError" in failed.message
        assert "secret" not in failed.message
        assert failed.finished_at is not None
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert [record.getMessage() for record in errors] == ["job failed"]


@pytest.mark.parametrize("grouped", [False, True])
async def test_a_job_that_cannot_succeed_fails_at_once_with_its_sentence(
    database: MakeDatabase, *, grouped: bool
) -> None:
    async def refuse(_job: Job) -> None:
        error = JobFailed("No inspector works on that day.")
        if grouped:
            raise ExceptionGroup("tasks", [error])
        raise error

    async with worked(database("probe"), {"refuse": refuse}) as it:
        failed = await it.ended((await it.ask("refuse")).id)
        assert (failed.state, failed.attempt) == ("failed", 1)
        assert failed.message == "No inspector works on that day."


async def test_a_handler_that_is_cancelled_by_nobody_has_failed(database: MakeDatabase) -> None:
    async def give_up(job: Job) -> None:
        if job.attempt == 1:
            raise asyncio.CancelledError

    async with worked(database("probe"), {"give up": give_up}) as it:
        done = await it.ended((await it.ask("give up")).id)
        assert (done.state, done.attempt) == ("done", 2)
        assert await it.counts(done.id) == (1, 0)


async def test_a_job_cancelled_while_it_completes_is_either_done_or_never_was(
    database: MakeDatabase,
) -> None:
    made, choice = effects(database("probe")), random.Random(11)

    async def write(job: Job) -> None:
        async with job.completion({}) as session:
            await session.execute(INSERT_EFFECT, {"job": job.id, "attempt": job.attempt})
            await asyncio.sleep(choice.random() * 0.02)

    async with worked(made, {"write": write}) as it:
        states = {}
        for _ in range(60):
            asked = await it.ask("write")
            await asyncio.sleep(choice.random() * 0.04)
            await it.cancel(asked.id)
            states[asked.id] = (await it.ended(asked.id)).state
        await eventually(it.queue_is_empty)
    assert set(states.values()) == {"done", "cancelled"}
    assert sorted(job for job, _ in written(made)) == sorted(
        job for job, state in states.items() if state == "done"
    )


async def test_a_job_of_a_kind_nobody_knows_fails(database: MakeDatabase) -> None:
    async with worked(database("probe"), {}) as it:
        failed = await it.ended((await it.ask("unheard")).id)
        assert (failed.state, failed.attempt) == ("failed", 5)


async def test_a_late_attempt_can_neither_report_nor_complete_nor_fail_the_job(
    database: MakeDatabase,
) -> None:
    made = effects(database("probe"))
    second_is_done, refused = asyncio.Event(), asyncio.Event()

    async def write(job: Job) -> None:
        async with job.completion({"by": job.attempt}) as session:
            await session.execute(INSERT_EFFECT, {"job": job.id, "attempt": job.attempt})

    async def paused(job: Job) -> None:
        await second_is_done.wait()
        with pytest.raises(StaleAttemptError):
            await job.progress(0.9, "late")
        with pytest.raises(StaleAttemptError):
            await write(job)
        refused.set()
        raise ValueError("and then it fails")

    # A worker of one job at a time fetches nothing meanwhile, so it does not find itself pruned.
    pace = replace(QUICK, concurrency=1)
    async with worked(made, {"write": paused}, pace=pace) as it:
        asked = await it.ask("write")
        await it.until(asked.id, "running")
        forget_workers(made)
        async with worked(made, {"write": write}):
            done = await it.ended(asked.id)
            second_is_done.set()
            await asyncio.wait_for(refused.wait(), 5)
            await asyncio.sleep(0.2)
        assert done.result == {"by": 2}
        assert await it.state(asked.id) == done
        assert await it.counts(asked.id) == (0, 1)
        assert await it.queue() == []
    assert written(made) == [(asked.id, 2)]


def forget_workers(made: TestDatabase) -> None:
    """Hold all workers to be dead, as a start after a kill does."""
    with made.administer() as connection:
        connection.execute("delete from procrastinate_workers")


async def test_a_late_attempt_cannot_queue_again_what_another_worker_runs(
    database: MakeDatabase,
) -> None:
    made = database("probe")
    async with bench(made, {}) as it:
        asked = await it.ask("count", n=1)
        with made.administer() as connection:
            connection.execute("update procrastinate_jobs set status = 'doing', attempts = 1")
            row = connection.execute("select id from procrastinate_jobs").fetchone()
        assert row is not None
        current = Delivery(asked.id, OURS, int(str(row[0])), attempts=1)
        late = replace(current, attempts=0)
        async with it.database.session(OURS) as session:
            assert not await job_fence.retry(session, late, 0)
            assert not await job_fence.remove(session, late)
            assert not await job_fence.holds(session, late)
            assert await job_fence.holds(session, current)
        assert await it.queue() == [("doing", 1)]


async def test_a_worker_whose_registration_was_pruned_goes_on(database: MakeDatabase) -> None:
    made = database("probe")
    async with worked(made, {"count": count_to}) as it:
        await it.ended((await it.ask("count", n=1)).id)
        forget_workers(made)
        began = time.monotonic()
        done = await it.ended((await it.ask("count", n=2)).id)
        assert done.state == "done"
        assert time.monotonic() - began < 5


async def test_stopping_hands_back_what_runs_and_ends_its_child(
    database: MakeDatabase, tmp_path: Path
) -> None:
    made = database("probe")
    pid_file = tmp_path / "pid"

    async def long(job: Job) -> None:
        if job.attempt == 1:
            await job.run_child("job_targets:sleep", str(pid_file), 60.0)

    async with bench(made, {"long": long}) as it:
        async with working(it.jobs):
            asked = await it.ask("long")
            await it.until(asked.id, "sleeping")
            began = time.monotonic()
        assert time.monotonic() - began < 20  # of the 60 s it would sleep
        assert not process_is_alive(pid_file)
        assert (await it.state(asked.id)).state == "queued"
        assert await it.queue() == [("todo", 1)]
        async with working(it.jobs):
            done = await it.ended(asked.id)
        assert (done.state, done.attempt) == ("done", 2)
        assert await it.counts(asked.id) == (0, 0)


async def test_a_worker_stopped_at_any_moment_loses_no_job(database: MakeDatabase) -> None:
    made, choice = effects(database("probe")), random.Random(3)

    async def write(job: Job) -> None:
        async with job.completion({}) as session:
            await session.execute(INSERT_EFFECT, {"job": job.id, "attempt": job.attempt})

    pace = replace(QUICK, grace_s=0.0)
    async with bench(made, {"write": write}, pace=pace) as it:
        asked = [(await it.ask("write")).id for _ in range(60)]
        for _ in range(12):
            async with working(it.jobs):
                await asyncio.sleep(0.02 + choice.random() * 0.05)
        async with working(it.jobs):
            assert {(await it.ended(job)).state for job in asked} == {"done"}
            await eventually(it.queue_is_empty)
    assert sorted(job for job, _ in written(made)) == sorted(asked)


async def test_a_worker_that_slept_too_long_keeps_its_own_job(database: MakeDatabase) -> None:
    made = database("probe")
    runs = 0

    async def nap(_job: Job) -> None:
        nonlocal runs
        runs += 1
        await asyncio.sleep(1.0)

    # As after a suspended laptop wakes: the last sign of life is old, and the worker lives.
    async with worked(made, {"nap": nap}, pace=replace(QUICK, heartbeat_s=60.0)) as it:
        asked = await it.ask("nap")
        await it.until(asked.id, "running")
        with made.administer() as connection:
            connection.execute(
                "update procrastinate_workers set last_heartbeat = now() - interval '1 hour'"
            )
        done = await it.ended(asked.id)
        assert (done.state, done.attempt, runs) == ("done", 1, 1)
        assert await it.counts(asked.id) == (0, 0)


async def test_a_job_whose_workers_keep_dying_fails_after_twenty(
    database: MakeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = database("probe")
    monkeypatch.setattr(job_attempt, "MOST_LOSSES", 2)
    async with bench(made, {"count": count_to}) as it:
        asked = await it.ask("count", n=1)
        attempts = it.jobs._work._attempts
        for number in range(2):
            with made.administer() as connection:
                connection.execute("update procrastinate_jobs set status = 'doing'")
                row = connection.execute("select id from procrastinate_jobs").fetchone()
            assert row is not None
            delivery = Delivery(asked.id, OURS, int(str(row[0])), attempts=number)
            await asyncio.gather(*[attempts.lose(delivery) for _ in range(3)])
        failed = await it.state(asked.id)
        assert failed.state == "failed"
        assert failed.message == job_attempt.LOST
        assert await it.counts(asked.id) == (0, 2)
        assert await it.queue() == []
