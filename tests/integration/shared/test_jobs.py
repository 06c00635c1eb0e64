"""Jobs: asked for with a change, done once, and never lost or overwritten."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from procrastinate.schema import SchemaManager
from sqlalchemy import text

from shared import job_attempt, job_fence, job_store
from shared.child import JobFailed
from shared.contracts.message import JobState
from shared.db import Database
from shared.job_fence import Delivery
from shared.jobs import Handler, Job, Jobs, Pace, StaleAttemptError
from shared.problems import Problem
from shared.testing import OURS, THEIRS, TestDatabase

MakeDatabase = Callable[[str], TestDatabase]
QUICK = Pace(
    heartbeat_s=0.2, stalled_s=1.0, poll_s=0.2, look_s=0.2, retry_delay_s=0.01, restart_s=0.1
)
SCHEMA = Path(__file__).parents[3] / "shared/src/shared/procrastinate_3_10.sql"


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
) -> AsyncIterator[Bench]:
    """Give the jobs of a service without a worker."""
    database = Database(made.url, made.system_url)
    jobs = Jobs(database, handlers, services=services, pace=pace)
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
) -> AsyncIterator[Bench]:
    """Give the jobs of a service with a worker."""
    async with bench(made, handlers, services=services, pace=pace) as it, working(it.jobs):
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


async def do_nothing(_job: Job) -> None:
    return


async def test_a_job_is_done_and_tells_its_result(database: MakeDatabase) -> None:
    async with worked(database("probe"), {"count": count_to}) as it:
        asked = await it.ask("count", n=3)
        assert (asked.state, asked.attempt, asked.kind) == ("queued", 0, "count")
        done = await it.ended(asked.id)
        assert (done.state, done.result, done.progress) == ("done", {"n": 3}, 1.0)
        assert done.attempt == 1
        assert done.finished_at is not None
        assert await it.queue() == []


async def test_a_job_asked_for_in_a_transaction_rolled_back_never_was(
    database: MakeDatabase,
) -> None:
    async with bench(database("probe"), {}) as it:
        async with it.database.session(OURS) as session:
            asked = await it.jobs.enqueue(
                session,
                organisation=OURS,
                subject="tester",
                kind="count",
                key=None,
                arguments={},
            )
            await session.rollback()
        assert await it.queue() == []
        async with it.database.session(OURS) as session:
            assert await it.jobs.state(session, asked.id) is None


async def test_twenty_equal_requests_at_once_give_one_job(database: MakeDatabase) -> None:
    async with bench(database("probe"), {}) as it:
        asked = await asyncio.gather(*[it.ask("count", key="k", n=1, m=2) for _ in range(20)])
        again = await it.ask("count", key="k", m=2, n=1)
        assert {state.id for state in asked} == {again.id}
        assert await it.queue() == [("todo", 0)]


async def test_a_key_with_other_arguments_is_refused(database: MakeDatabase) -> None:
    async with bench(database("probe"), {}) as it:
        await it.ask("count", key="k", n=1)
        with pytest.raises(Problem, match="new key") as caught:
            await it.ask("count", key="k", n=2)
        assert caught.value.status == 422


async def test_a_key_belongs_to_its_organisation_and_kind(database: MakeDatabase) -> None:
    async with bench(database("probe"), {}) as it:
        ours = await it.ask("count", key="k", n=1)
        theirs = await it.ask("count", key="k", n=2, organisation=THEIRS)
        other = await it.ask("sum", key="k", n=3)
        assert len({ours.id, theirs.id, other.id}) == 3


async def test_requests_without_a_key_are_jobs_of_their_own(database: MakeDatabase) -> None:
    async with bench(database("probe"), {}) as it:
        assert (await it.ask("count", n=1)).id != (await it.ask("count", n=1)).id


async def test_a_job_of_another_organisation_cannot_be_seen_or_cancelled(
    database: MakeDatabase,
) -> None:
    async with bench(database("probe"), {}) as it:
        asked = await it.ask("count", organisation=THEIRS)
        assert await it.cancel(asked.id) is None
        async with it.database.session(OURS) as session:
            assert await it.jobs.state(session, asked.id) is None
        assert await it.queue() == [("todo", 0)]


async def test_the_queue_holds_ids_and_no_arguments(
    database: MakeDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    made = database("probe")
    caplog.set_level("DEBUG")
    async with worked(made, {"count": count_to}) as it:
        asked = await it.ask("count", n="a resident")
        await it.ended(asked.id)
        waiting = await it.ask("unknown", n="a resident")
        with made.administer() as connection:
            rows = connection.execute("select args from procrastinate_jobs").fetchall()
        assert rows == [({"job": str(waiting.id), "organisation": str(OURS)},)]
    procrastinate = [r for r in caplog.records if r.name.startswith(("procrastinate", "shared"))]
    assert procrastinate
    assert not any("a resident" in str(vars(record)) for record in procrastinate)


async def test_a_handler_finds_who_asked_and_the_services(database: MakeDatabase) -> None:
    seen: list[object] = []

    async def look(job: Job) -> None:
        seen.extend([job.subject, job.organisation, job.kind, job.attempt, job.services])

    async with worked(database("probe"), {"look": look}, services="clients") as it:
        done = await it.ended((await it.ask("look")).id)
    assert done.state == "done"
    assert done.result == {}
    assert seen == ["tester", OURS, "look", 1, "clients"]


async def test_what_is_written_in_the_completion_is_written_with_it(
    database: MakeDatabase,
) -> None:
    made = effects(database("probe"))

    async def break_off(job: Job) -> None:
        async with job.completion({}) as session:
            await session.execute(INSERT_EFFECT, {"job": job.id, "attempt": job.attempt})
            if job.attempt == 1:
                raise OSError("no space left")

    async with worked(made, {"write": break_off}) as it:
        done = await it.ended((await it.ask("write")).id)
        assert (done.state, done.attempt) == ("done", 2)
        assert await it.counts(done.id) == (1, 0)
    assert written(made) == [(done.id, 2)]


async def test_progress_of_handler_and_child_is_seen(database: MakeDatabase) -> None:
    go_on = asyncio.Event()

    async def slowly(job: Job) -> None:
        await job.progress(0.25, "reading")
        await go_on.wait()
        await job.run_child("job_targets:count", 30, 0.05)

    async with worked(database("probe"), {"slowly": slowly}) as it:
        asked = await it.ask("slowly")
        state = await it.until(asked.id, "reading")
        assert (state.state, state.progress) == ("running", 0.25)
        go_on.set()
        seen = set()
        async with asyncio.timeout(15):
            while (state := await it.state(asked.id)).state != "done":
                seen.add(state.message)
                await asyncio.sleep(0.02)
        assert len({message for message in seen if message and message.startswith("step")}) >= 2
        assert (state.progress, state.message) == (1.0, None)


async def test_progress_without_news_is_written_twice_a_second_at_most(
    database: MakeDatabase,
) -> None:
    made = effects(database("probe"))
    with made.administer() as connection:
        connection.execute(
            "create function trace() returns trigger language plpgsql as "
            "$$ begin insert into effect values (new.id, new.attempt); return new; end $$"
        )
        connection.execute(
            "create trigger trace after update of progress on job "
            "for each row execute function trace()"
        )

    async def chatter(job: Job) -> None:
        for step in range(200):
            await job.progress(step / 200, "counting")

    async with worked(made, {"chatter": chatter}) as it:
        await it.ended((await it.ask("chatter")).id)
    # The start, the first report, and the completion.
    assert len(written(made)) == 3


async def test_a_waiting_job_is_cancelled_at_once(database: MakeDatabase) -> None:
    async with bench(database("probe"), {"count": count_to}) as it:
        asked = await it.ask("count", n=1)
        cancelled = await it.cancel(asked.id)
        assert cancelled is not None
        assert cancelled.state == "cancelled"
        assert cancelled.finished_at is not None
        assert await it.queue() == []


async def test_cancelling_a_running_job_ends_its_child_at_once(
    database: MakeDatabase, tmp_path: Path
) -> None:
    pid_file = tmp_path / "pid"

    async def long(job: Job) -> None:
        await job.run_child("job_targets:sleep", str(pid_file), 60.0)

    async with worked(database("probe"), {"long": long}) as it:
        asked = await it.ask("long")
        await it.until(asked.id, "sleeping")
        assert process_is_alive(pid_file)
        began = time.monotonic()
        cancelled = await it.cancel(asked.id)
        assert cancelled is not None
        assert cancelled.state == "cancelled"
        await eventually(it.queue_is_empty)
        assert not process_is_alive(pid_file)
        assert time.monotonic() - began < 1.0
        assert (await it.state(asked.id)).state == "cancelled"


async def test_a_job_that_has_ended_cannot_be_cancelled(database: MakeDatabase) -> None:
    async with worked(database("probe"), {"count": count_to}) as it:
        done = await it.ended((await it.ask("count", n=1)).id)
        after = await it.cancel(done.id)
        assert after is not None
        assert after.state == "done"


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
        await it.jobs.forget_workers()
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


async def test_an_attempt_that_finds_its_job_done_does_nothing(database: MakeDatabase) -> None:
    made = database("probe")
    runs = 0

    async def count(_job: Job) -> None:
        nonlocal runs
        runs += 1

    async with bench(made, {"count": count}) as it:
        asked = await it.ask("count")
        with made.administer() as connection:
            connection.execute("update job set state = 'done'")
        async with working(it.jobs):
            await eventually(it.queue_is_empty)
        assert runs == 0
        assert (await it.state(asked.id)).state == "done"


async def test_a_worker_whose_registration_was_pruned_goes_on(database: MakeDatabase) -> None:
    async with worked(database("probe"), {"count": count_to}) as it:
        await it.ended((await it.ask("count", n=1)).id)
        await it.jobs.forget_workers()
        began = time.monotonic()
        done = await it.ended((await it.ask("count", n=2)).id)
        assert done.state == "done"
        assert time.monotonic() - began < 5


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
        assert time.monotonic() - began < 3
        assert not process_is_alive(pid_file)
        assert (await it.state(asked.id)).state == "queued"
        assert await it.queue() == [("todo", 1)]
        async with working(it.jobs):
            done = await it.ended(asked.id)
        assert (done.state, done.attempt) == ("done", 2)
        assert await it.counts(asked.id) == (0, 0)


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
        assert await it.counts(asked.id) == (1, 0)


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


async def test_a_result_json_cannot_hold_is_refused_before_it_is_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        job_store.canonical({"n": float("nan")})
    assert job_store.canonical({"id": UUID(int=1)}) == (
        '{"id":"00000000-0000-0000-0000-000000000001"}'
    )


def test_the_queues_schema_is_that_of_the_installed_version() -> None:
    assert SCHEMA.read_text() == SchemaManager.get_schema()


CUT = (
    "select pg_terminate_backend(pid) from pg_stat_activity "
    "where datname = %s and pid <> pg_backend_pid()"
)
INSERT_EFFECT = text("insert into effect (job, attempt) values (:job, :attempt)")


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
