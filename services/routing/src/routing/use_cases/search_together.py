"""Several processes search for one plan, each its own way; the best plan found counts.

Only processes that are themselves children of a worker, or of a command, start others: they end
with the group of their parent, whatever ends it.
"""

import logging
import signal
import threading
import time
from pathlib import Path
from typing import cast

from routing.domain.planner import (
    Effort,
    Found,
    OnProgress,
    Outside,
    explore,
    plan,
    search_share_s,
)
from routing.domain.problem import Problem
from routing.domain.solution import Solution
from routing.use_cases.solve_means import Company
from shared.child import Child, ChildDied, Report

logger = logging.getLogger(__name__)

TARGET = "routing.use_cases.search_together:search_apart"
# A process takes a second or two to be there: below, it would find nothing.
LEAST_S, LEAST_PLACES = 3.0, 20
LOOK_EVERY_S = 0.05
# What a helper may be late before its plan is forgone.
PATIENCE_S = 1.0
SEED_APART = 7919


class StopFile:
    """Says whether a file is there; looks at most every twentieth of a second."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen = False
        self._due = 0.0

    def __call__(self) -> bool:
        """Look."""
        now = time.monotonic()
        if not self._seen and self._path is not None and now >= self._due:
            self._due = now + LOOK_EVERY_S
            self._seen = self._path.exists()
        return self._seen


def plan_together(
    problem: Problem, effort: Effort, company: Company, on_progress: OnProgress | None = None
) -> Solution:
    """Plan with other processes beside this one, unless steps are counted: that is repeatable."""
    helpers = Helpers()
    limit_s = search_share_s(problem, effort.time_limit_s)
    if effort.most_steps is None and limit_s >= LEAST_S and problem.size >= LEAST_PLACES:
        started, stopped = time.monotonic(), StopFile(company.stop)
        for seed in seeds_apart(effort.seed, company.processes):
            helpers.ask(TARGET, problem, started, Effort(limit_s, seed, None, stopped))
    try:
        return plan(
            problem,
            time_limit_s=effort.time_limit_s,
            seed=effort.seed,
            on_progress=on_progress,
            most_steps=effort.most_steps,
            outside=Outside(StopFile(company.stop), lambda: cast("list[Found]", helpers.found())),
        )
    finally:
        helpers.end()


def seeds_apart(seed: int, processes: int) -> list[int]:
    """Give the seeds of all processes but the first."""
    return [seed + number * SEED_APART for number in range(1, processes)]


class Helpers:
    """Processes that work beside this one; make it in the main thread, with which they end."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []
        self._children: list[Child] = []
        self._found: list[object] = []

    def ask(self, target: str, *args: object) -> None:
        """Have a process call a function, "module:name"."""
        child = Child(target, own_group=False)
        thread = threading.Thread(target=self._run, args=(child, args), daemon=True)
        self._children.append(child)
        self._threads.append(thread)
        thread.start()

    def found(self) -> list[object]:
        """Give the answers of those that answer in time, and end the others."""
        for thread in self._threads:
            thread.join(PATIENCE_S)
        self.end()
        return list(self._found)

    def end(self) -> None:
        """End all of them."""
        for child in self._children:
            child.send_signal(signal.SIGKILL)
        for thread in self._threads:
            thread.join()

    def _run(self, child: Child, args: tuple[object, ...]) -> None:
        try:
            self._found.append(child.run(*args, on_progress=lambda _progress: None))
        except ChildDied:
            logger.info("a search beside ended without a plan")


def search_apart(_report: Report, problem: Problem, started: float, effort: Effort) -> Found:
    """Search in a process of its own; called by name."""
    return explore(problem, started=started, effort=effort)
