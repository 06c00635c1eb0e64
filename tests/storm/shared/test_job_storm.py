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
from storm_size import IS_FULL

from shared.db import Database
from shared.jobs import Jobs, Pace
from shared.testing import OURS, TestDatabase

MakeDatabase = Callable[[str], TestDatabase]
SUPPORT = Path(__file__).parents[2] / "support"
JOBS, WORKERS, KILLS, PAUSES = (200, 4, 30, 10) if IS_FULL else (40, 2, 10, 3)
PAUSE_S, LONGEST_S = 11.0, 900.0
BUSY = (
    "select run.pid, run.job from run join job on job.id = run.job and job.attempt = run.attempt "
    "where job.state = 'running'"
)


@dataclass
class Crew:
    """Some workers, each replaced when it is gone."""

    made: TestDatabase
    log: Path
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def fill(self) -> None:
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        while len(self.workers) < WORKERS:
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


@dataclass
class Storm:
    """Kills and pauses workers in the middle of jobs, spread over the time that jobs take."""

    crew: Crew
    choice: random.Random
    deeds: list[str]
    paused: dict["subprocess.Popen[bytes]", float] = field(default_factory=dict)
    lost: dict[str, tuple[float, object]] = field(default_factory=dict)
    recovered_s: list[float] = field(default_factory=list)

    def step(self, settled: int) -> None:
        """Do what is due, and see which jobs of killed workers are taken up again."""
        now = time.monotonic()
        for worker in [it for it, due in self.paused.items() if due < now]:
            worker.send_signal(signal.SIGCONT)
            del self.paused[worker]
        self.crew.fill()
        for job in [it for it, (_, before) in self.lost.items() if self._attempt(it) != before]:
            self.recovered_s.append(now - self.lost.pop(job)[0])
        # All is done before the jobs run out.
        if self.deeds and settled / JOBS >= 0.5 * (1 - len(self.deeds) / (KILLS + PAUSES)):
            self._do()

    def _do(self) -> None:
        worker, job = self.crew.busy(self.choice) or (None, "")
        if worker is None or worker in self.paused or job in self.lost:
            return
        before = self._attempt(job)
        if before is None or before[1]:
            # It has ended meanwhile.
            return
        may_pause = len(self.paused) < WORKERS // 2
        deed = next((it for it in self.deeds if it == "kill" or may_pause), None)
        if deed is None:
            return
        self.deeds.remove(deed)
        if deed == "pause":
            worker.send_signal(signal.SIGSTOP)
            self.paused[worker] = time.monotonic() + PAUSE_S
        else:
            self.lost[job] = (time.monotonic(), before)
            worker.kill()
            worker.wait()

    def _attempt(self, job: str) -> "tuple[object, ...] | None":
        """Return the number of a job's attempt, and whether it has ended."""
        with self.crew.made.administer() as connection:
            return connection.execute(
                "select attempt, state in ('done', 'failed') from job where id = %s", [job]
            ).fetchone()

    @property
    def is_over(self) -> bool:
        return not (self.deeds or self.paused or self.lost)


def settled(made: TestDatabase) -> int:
    with made.administer() as connection:
        row = connection.execute(
            "select count(*) from job where state not in ('queued', 'running')"
        ).fetchone()
    assert row is not None
    return int(str(row[0]))


@pytest.mark.storm
@pytest.mark.timeout(LONGEST_S + 60)
def test_every_job_is_done_once_while_workers_are_killed_and_paused(
    database: MakeDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, choice = database("probe"), random.Random(5)
    with made.administer() as connection:
        connection.execute("create table run (job uuid, attempt integer, pid integer)")
        connection.execute("create table effect (job uuid, attempt integer)")
        connection.execute("grant select, insert on run, effect to probe")
    asyncio.run(submit_twice(made))
    began = time.monotonic()
    deeds = ["pause"] * PAUSES + ["kill"] * KILLS
    choice.shuffle(deeds)
    with crew(made, tmp_path / "log") as it:
        storm = Storm(it, choice, deeds)
        while (done := settled(made)) < JOBS or not storm.is_over:
            assert time.monotonic() - began < LONGEST_S
            storm.step(done)
            time.sleep(0.1)
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
            f"\nstorm: {JOBS} jobs submitted twice to {WORKERS} workers, {KILLS} kills, {PAUSES} "
            f"pauses: {states}, effects {effects}, runs {runs}, losses and failures {lost}, late "
            f"attempts refused {late}, {took_s:.0f} s; killed to running again: median "
            f"{statistics.median(storm.recovered_s):.1f} s, longest {max(storm.recovered_s):.1f} s"
        )
    assert states == {"done": JOBS}
    assert effects == (JOBS, JOBS)
    assert queued == (0,)
    assert len(storm.recovered_s) == KILLS
    assert max(storm.recovered_s) < 3 * Pace().stalled_s
