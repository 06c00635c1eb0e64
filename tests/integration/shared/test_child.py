"""A child process: brings back its answer, and never outlives who asked for it."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import uvloop

from shared import child as child_module
from shared import job_child
from shared.child import ChildDied, ChildError, JobFailed
from shared.job_child import ReadyChildren, run_child


async def ignore(_share: float, _message: str) -> None:
    return


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in {"Z", "X"}


def family() -> set[int]:
    """Name the processes we have started that are still there."""
    listed = Path(f"/proc/{os.getpid()}/task/{threading.get_native_id()}/children")
    return {pid for pid in map(int, listed.read_text().split()) if alive(pid)}


def written(path: Path) -> list[int]:
    return [int(word) for word in path.read_text().split()] if path.exists() else []


async def until_written(path: Path) -> list[int]:
    """Wait until a child has written its process ids."""
    async with asyncio.timeout(20):
        while not (pids := written(path)):  # noqa: ASYNC110 - another process writes
            await asyncio.sleep(0.01)
    return pids


async def gone(pid: int, timeout_s: float) -> bool:
    until = time.monotonic() + timeout_s
    while alive(pid):
        if time.monotonic() > until:
            return False
        await asyncio.sleep(0.01)
    return True


async def test_arrays_larger_than_a_pipe_travel_both_ways() -> None:
    values = np.arange(3_000_000, dtype=np.float64)
    result = await run_child("job_targets:double", values, on_progress=ignore)
    assert isinstance(result, np.ndarray)
    np.testing.assert_array_equal(result, values * 2)


async def test_the_loop_stays_responsive_while_large_arrays_travel() -> None:
    longest_s, running = 0.0, True

    async def tick() -> None:
        nonlocal longest_s
        last = time.perf_counter()
        while running:
            await asyncio.sleep(0.001)
            now = time.perf_counter()
            longest_s, last = max(longest_s, now - last), now

    ticking = asyncio.create_task(tick())
    await run_child("job_targets:double", np.zeros(3_000_000), on_progress=ignore)
    running = False
    await ticking
    # The child needs more than this only to start; copies of 24 MB hold the interpreter shortly.
    assert longest_s < 0.5


async def test_a_child_has_its_own_group_and_imports_no_framework() -> None:
    told = await run_child("job_targets:where", on_progress=ignore)
    assert isinstance(told, dict)
    assert told["parent"] == os.getpid()
    assert told["group"] == told["pid"]
    assert told["interrupt"]
    assert not {"fastapi", "sqlalchemy", "procrastinate", "asyncio"} & set(told["modules"])


async def test_progress_arrives_in_order_and_ends_with_the_latest() -> None:
    seen: list[tuple[float, str]] = []

    async def note(share: float, message: str) -> None:
        seen.append((share, message))

    assert await run_child("job_targets:count", 20, 0.1, on_progress=note) == 20
    shares = [share for share, _ in seen]
    assert shares == sorted(shares)
    assert 2 <= len(seen) <= 6


async def test_a_child_that_reports_all_the_time_is_not_slowed_by_its_reports() -> None:
    # Seconds where a report waits for nobody; far more where each waits to be read.
    async with asyncio.timeout(120):
        assert await run_child("job_targets:flood", 1_000_000, on_progress=ignore) == 1_000_000


async def test_what_the_child_raises_is_raised_here_with_its_trace() -> None:
    with pytest.raises(JobFailed, match="no inspector is free") as caught:
        await run_child("job_targets:fail", "no inspector is free", on_progress=ignore)
    assert "job_targets.py" in caught.value.__notes__[0]


async def test_an_exception_that_cannot_travel_comes_as_its_text() -> None:
    with pytest.raises(ChildError, match="PickyError: this and that"):
        await run_child("job_targets:fail_pickily", on_progress=ignore)


async def test_an_answer_that_cannot_travel_is_an_error() -> None:
    with pytest.raises(Exception, match="pickle"):
        await run_child("job_targets:unsendable", on_progress=ignore)


async def test_an_argument_that_cannot_travel_is_an_error_and_leaves_no_child() -> None:
    with pytest.raises(Exception, match="pickle"):
        await run_child("job_targets:double", lambda: None, on_progress=ignore)


async def test_an_exception_the_loop_would_swallow_still_arrives() -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        await run_child("job_targets:stop_iteration", on_progress=ignore)


@pytest.mark.parametrize(
    ("target", "returncode", "words"),
    [("kill_self", -9, "signal 9"), ("leave", 3, "code 3")],
)
async def test_a_child_that_dies_is_told_from_one_that_answers(
    target: str, returncode: int, words: str
) -> None:
    with pytest.raises(ChildDied, match=words) as caught:
        await run_child(f"job_targets:{target}", on_progress=ignore)
    assert caught.value.returncode == returncode


async def test_a_target_that_does_not_exist_is_named() -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        await run_child("no_such_module:run", on_progress=ignore)


async def test_a_child_that_answered_but_does_not_go_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(child_module, "FAREWELL_S", 0.2)
    began = time.monotonic()
    assert await run_child("job_targets:linger", on_progress=ignore) == "answered"
    assert time.monotonic() - began < 10


async def test_cancelling_ends_the_child_at_once(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    task = asyncio.create_task(
        run_child("job_targets:sleep", str(pid_file), 60.0, on_progress=ignore)
    )
    (pid,) = await until_written(pid_file)
    began = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - began < 20  # of the 60 s it would sleep
    assert not alive(pid)


async def test_a_child_deaf_to_sigterm_is_killed_after_the_grace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_child, "KILL_AFTER_S", 0.3)
    pid_file = tmp_path / "pid"
    task = asyncio.create_task(run_child("job_targets:deaf", str(pid_file), on_progress=ignore))
    (pid,) = await until_written(pid_file)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not alive(pid)


async def test_cancelling_ends_what_the_child_started(tmp_path: Path) -> None:
    pid_file = tmp_path / "pids"
    task = asyncio.create_task(
        run_child("job_targets:with_family", str(pid_file), on_progress=ignore)
    )
    family = await until_written(pid_file)
    await until_written(tmp_path / "pids.grandchild")
    assert all(alive(pid) for pid in family)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert all([await gone(pid, 2) for pid in family])


async def test_an_error_in_the_progress_ends_the_child(tmp_path: Path) -> None:
    async def refuse(_share: float, _message: str) -> None:
        raise PermissionError("held elsewhere")

    pid_file = tmp_path / "pid"
    with pytest.raises(PermissionError):
        await run_child("job_targets:sleep", str(pid_file), 60.0, on_progress=refuse)
    (pid,) = await until_written(pid_file)
    assert not alive(pid)


def test_a_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    script = (
        "import asyncio, sys; from shared.job_child import run_child\n"
        "async def ignore(share, message): pass\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "asyncio.run(run_child('job_targets:sleep', sys.argv[1], 60.0, on_progress=ignore))\n"
    )
    support = str(Path(__file__).parents[2] / "support")
    parent = subprocess.Popen([sys.executable, "-c", script, str(pid_file), support])
    (pid,) = asyncio.run(until_written(pid_file))
    assert alive(pid)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert asyncio.run(gone(pid, 2))


def test_children_run_side_by_side_under_uvloop() -> None:
    async def two() -> list[object]:
        calls = [run_child("job_targets:count", 5, 0.05, on_progress=ignore) for _ in range(2)]
        return await asyncio.gather(*calls)

    assert uvloop.run(two()) == [5, 5]


async def test_a_child_made_ready_has_done_its_preparation_before_it_is_asked(
    tmp_path: Path,
) -> None:
    ready = ReadyChildren({"job_targets:prepared": "job_targets:prepare"})
    ready.open()
    try:
        child = ready.take("job_targets:prepared")
        told = await asyncio.to_thread(child.run, on_progress=lambda _: None)
        assert told == (child.pid, ["prepared"])
        # In the place of the one that was taken comes another once it has answered.
        first = await run_child("job_targets:prepared", on_progress=ignore, ready=ready)
        second = await run_child("job_targets:prepared", on_progress=ignore, ready=ready)
        assert isinstance(first, tuple)
        assert isinstance(second, tuple)
        assert (first[1], second[1]) == ([], ["prepared"])
        assert await run_child("job_targets:count", 1, 0, on_progress=ignore, ready=ready) == 1
    finally:
        ready.close()


async def test_a_child_that_died_while_it_waited_is_replaced() -> None:
    ready = ReadyChildren({"job_targets:prepared": "job_targets:kill_us"})
    before = family()
    ready.open()
    try:
        (idle,) = family() - before
        async with asyncio.timeout(20):
            await asyncio.to_thread(os.waitid, os.P_PID, idle, os.WEXITED | os.WNOWAIT)
        told = await run_child("job_targets:prepared", on_progress=ignore, ready=ready)
        assert isinstance(told, tuple)
        assert told[0] != idle
    finally:
        ready.close()


async def test_children_that_nobody_took_end_with_who_keeps_them() -> None:
    ready = ReadyChildren({"job_targets:prepared": "job_targets:prepare"})
    before = family()
    ready.open()
    (idle,) = family() - before
    ready.close()
    assert not alive(idle)
    ready.refill()
    assert family() == before
