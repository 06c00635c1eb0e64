"""What jobs and child processes cost, beside the work they do."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
from job_bench import Bench, MakeDatabase, count_to, process_is_alive, worked

from shared.child import Child
from shared.job_child import run_child
from shared.jobs import Job, Pace

pytestmark = pytest.mark.bench
ROUNDS = 15


async def ignore(_share: float, _message: str) -> None:
    return


async def timed(times: int, action: Callable[[], Awaitable[object]]) -> str:
    taken_ms = []
    for _ in range(times):
        began = time.perf_counter()
        await action()
        taken_ms.append((time.perf_counter() - began) * 1000)
    return f"median {statistics.median(taken_ms):.0f} ms, longest {max(taken_ms):.0f} ms"


async def short_child(job: Job) -> None:
    await job.run_child("job_targets:count", 1, 0.0)


async def to_the_end(it: Bench, kind: str) -> None:
    asked = await it.ask(kind, n=1)
    await it.ended(asked.id)


async def drain(it: Bench, jobs: int) -> float:
    began = time.perf_counter()
    asked = [await it.ask("count", n=1) for _ in range(jobs)]
    for state in asked:
        await it.ended(state.id)
    return jobs / (time.perf_counter() - began)


async def test_jobs_start_and_are_cancelled_in_time(
    database: MakeDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pid_file = tmp_path / "pid"

    async def long(job: Job) -> None:
        await job.run_child("job_targets:sleep", str(pid_file), 60.0)

    cancelled_ms = []
    handlers = {"count": count_to, "child": short_child, "long": long}
    async with worked(database("probe"), handlers, pace=Pace()) as it:
        await to_the_end(it, "child")
        empty = await timed(ROUNDS, lambda: to_the_end(it, "count"))
        child = await timed(ROUNDS, lambda: to_the_end(it, "child"))
        rate = await drain(it, 100)
        for _ in range(5):
            asked = await it.ask("long")
            await it.until(asked.id, "sleeping")
            began = time.perf_counter()
            await it.cancel(asked.id)
            while process_is_alive(pid_file):  # noqa: ASYNC110 - a process, not a task
                await asyncio.sleep(0.001)
            cancelled_ms.append((time.perf_counter() - began) * 1000)
    with capsys.disabled():
        print(f"\nempty job, asked to done: {empty}; with a child: {child}; {rate:.0f} jobs/s")
        print(
            f"cancelled to child dead: median {statistics.median(cancelled_ms):.0f} ms, "
            f"longest {max(cancelled_ms):.0f} ms"
        )
    assert statistics.median(cancelled_ms) < 1000


async def test_a_child_starts_fast_and_takes_large_arrays(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def start() -> None:
        children.append(Child("job_targets:count"))

    children: list[Child] = []
    started = await timed(ROUNDS, start)
    for child in children:
        child.run(1, 0.0, on_progress=lambda _: None)
    called = await timed(ROUNDS, lambda: run_child("job_targets:count", 1, 0.0, on_progress=ignore))
    values = np.zeros(12_500_000)
    large = await timed(5, lambda: run_child("job_targets:double", values, on_progress=ignore))
    with capsys.disabled():
        print(f"\nchild: the loop waits for its start {started}; a call {called};")
        print(f"a call with 100 MB each way {large}")
