"""Workers killed and paused in the middle of jobs: every job is done, every effect once."""

import asyncio
import contextlib
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shared.db import Database
from shared.jobs import Jobs
from shared.testing import OURS, TestDatabase

MakeDatabase = Callable[[str], TestDatabase]
SUPPORT = Path(__file__).parents[2] / "support"
JOBS, KILLS, PAUSES, PAUSE_S = 40, 10, 3, 11.0
BUSY = (
    "select run.pid, run.job from run join job on job.id = run.job and job.attempt = run.attempt "
    "where job.state = 'running'"
)


@dataclass
class Crew:
    """Two workers, each replaced when it is gone."""

    made: TestDatabase
    log: Path
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def fill(self) -> None:
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) < 2:
            program = [sys.executable, str(SUPPORT / "storm_worker.py")]
            self.workers.append(
                subprocess.Popen(
                    [*program, self.made.url, self.made.system_url, str(self.log)],
                    env={"PYTHONPATH": str(SUPPORT)},
                )
            )

    def busy(self, choice: random.Random) -> "tuple[subprocess.Popen[bytes], str] | None":
        """Pick one of our workers that is in the middle of a job."""
        by_pid = {worker.pid: worker for worker in self.workers if worker.poll() is None}
        with self.made.administer() as connection:
            rows = connection.execute(BUSY).fetchall()
        candidates = [(by_pid[int(str(pid))], str(job)) for pid, job in rows if pid in by_pid]
        return choice.choice(candidates) if candidates else None

    def stop(self) -> None:
        for worker in self.workers:
            worker.send_signal(signal.SIGCONT)
            worker.terminate()
        for worker in self.workers:
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(20)
            worker.kill()
            worker.wait()


@contextlib.contextmanager
def crew(made: TestDatabase, log: Path) -> Iterator[Crew]:
    it = Crew(made, log)
    it.fill()
    try:
        yield it
    finally:
        it.stop()


async def submit_twice(made: TestDatabase) -> None:
    database = Database(made.url, made.system_url)
    jobs = Jobs(database, {})

    async def submit(number: int) -> object:
        async with database.session(OURS) as session:
            return await jobs.enqueue(
                session,
                organisation=OURS,
                subject="storm",
                kind="storm",
                key=str(number),
                arguments={"number": number},
            )

    await asyncio.gather(*[submit(number % JOBS) for number in range(2 * JOBS)])
    await database.dispose()


def unsettled(made: TestDatabase) -> int:
    with made.administer() as connection:
        row = connection.execute(
            "select count(*) from job where state in ('queued', 'running')"
        ).fetchone()
    assert row is not None
    return int(str(row[0]))


def wait_for_next_attempt(made: TestDatabase, job: str, timeout_s: float = 60) -> float:
    """Return the seconds until a job whose worker was killed is worked on again, or done."""
    began = time.monotonic()
    with made.administer() as connection:
        before = connection.execute("select attempt from job where id = %s", [job]).fetchone()
        while time.monotonic() - began < timeout_s:
            after = connection.execute("select attempt from job where id = %s", [job]).fetchone()
            if after != before:
                return time.monotonic() - began
            time.sleep(0.05)
    raise AssertionError(f"job {job} was not taken up again within {timeout_s} s")


@pytest.mark.storm
def test_every_job_is_done_once_while_workers_are_killed_and_paused(
    database: MakeDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, choice = database("probe"), random.Random(5)
    with made.administer() as connection:
        connection.execute("create table run (job uuid, attempt integer, pid integer)")
        connection.execute("create table effect (job uuid, attempt integer)")
        connection.execute("grant select, insert on run, effect to probe")
    asyncio.run(submit_twice(made))
    began, recovered_s = time.monotonic(), []
    paused: list[tuple[float, subprocess.Popen[bytes]]] = []
    deeds = ["pause"] * PAUSES + ["kill"] * KILLS
    choice.shuffle(deeds)
    with crew(made, tmp_path / "log") as it:
        while unsettled(made) or deeds or paused:
            assert time.monotonic() - began < 400
            for due in [entry for entry in paused if entry[0] < time.monotonic()]:
                due[1].send_signal(signal.SIGCONT)
                paused.remove(due)
            it.fill()
            victim = it.busy(choice) if deeds else None
            if victim is None or victim[0] in [worker for _, worker in paused]:
                time.sleep(0.1)
                continue
            worker, job = victim
            if deeds.pop() == "pause":
                worker.send_signal(signal.SIGSTOP)
                paused.append((time.monotonic() + PAUSE_S, worker))
            else:
                worker.kill()
                worker.wait()
                it.fill()
                recovered_s.append(wait_for_next_attempt(made, job))
        took_s = time.monotonic() - began
        time.sleep(3)
    with made.administer() as connection:
        states = dict(connection.execute("select state, count(*) from job group by 1").fetchall())
        effects = connection.execute("select count(*), count(distinct job) from effect").fetchone()
        runs = connection.execute("select count(*) from run").fetchone()
        lost = connection.execute("select sum(losses), sum(failures) from job").fetchone()
        queued = connection.execute("select count(*) from procrastinate_jobs").fetchone()
    late = (tmp_path / "log").read_text().count("late attempt refused")
    with capsys.disabled():
        print(
            f"\nstorm: {JOBS} jobs submitted twice, {KILLS} kills, {PAUSES} pauses: {states}, "
            f"effects {effects}, runs {runs}, losses and failures {lost}, late attempts refused "
            f"{late}, {took_s:.0f} s; killed to running again: median "
            f"{statistics.median(recovered_s):.1f} s, longest {max(recovered_s):.1f} s"
        )
    assert states == {"done": JOBS}
    assert effects == (JOBS, JOBS)
    assert queued == (0,)
    assert max(recovered_s) < 15
