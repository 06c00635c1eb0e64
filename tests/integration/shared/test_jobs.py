"""Jobs are asked for with a change, seen, and cancelled."""

import asyncio
import time
from pathlib import Path
from uuid import UUID

import pytest
from job_bench import (
    INSERT_EFFECT,
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
from procrastinate.schema import SchemaManager

from shared import job_store
from shared.jobs import Job
from shared.problems import Problem
from shared.testing import OURS, THEIRS

SCHEMA = Path(__file__).parents[3] / "shared/src/shared/procrastinate_3_10.sql"


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
        assert time.monotonic() - began < 20  # of the 60 s it would sleep
        assert (await it.state(asked.id)).state == "cancelled"


async def test_a_job_that_has_ended_cannot_be_cancelled(database: MakeDatabase) -> None:
    async with worked(database("probe"), {"count": count_to}) as it:
        done = await it.ended((await it.ask("count", n=1)).id)
        after = await it.cancel(done.id)
        assert after is not None
        assert after.state == "done"


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


async def test_a_result_json_cannot_hold_is_refused_before_it_is_written() -> None:
    with pytest.raises(ValueError, match="JSON"):
        job_store.canonical({"n": float("nan")})
    assert job_store.canonical({"id": UUID(int=1)}) == (
        '{"id":"00000000-0000-0000-0000-000000000001"}'
    )


def test_the_queues_schema_is_that_of_the_installed_version() -> None:
    assert SCHEMA.read_text() == SchemaManager.get_schema()
