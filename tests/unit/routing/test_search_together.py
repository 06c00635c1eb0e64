"""Searches side by side in processes, their end, and the file that tells them to end."""

import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
from planning_cases import DAY, HOUR, line_problem

from routing.domain.planner import Effort
from routing.domain.problem import Problem, Vehicle, objective_s
from routing.use_cases import search_together
from routing.use_cases.search_together import TARGET, Helpers, StopFile, plan_together, search_apart
from routing.use_cases.solve_means import Company


def _week(count: int = 40) -> Problem:
    random = np.random.default_rng(11)
    vans = tuple(
        Vehicle(0, day, 0, 0, day * DAY + 9 * HOUR, day * DAY + 17 * HOUR) for day in range(3)
    )
    days = tuple((day * DAY + 8 * HOUR, day * DAY + 18 * HOUR) for day in range(3))
    return line_problem(
        at_min=random.integers(-80, 80, count).tolist(),
        points=random.integers(10, 100, count).tolist(),
        windows=[days] * count,
        vehicles=vans,
        service_min=50,
    )


def _helpers() -> set[psutil.Process]:
    """Give the searches this process has started; databases and trackers are none."""
    found = set()
    for it in psutil.Process().children():
        with suppress(psutil.NoSuchProcess):
            if "shared.child" in " ".join(it.cmdline()):
                found.add(it)
    return found


def _new_helpers(before: set[psutil.Process]) -> set[psutil.Process]:
    """Wait, a minute at most, until a search has been started."""
    until = time.monotonic() + 60
    while not (asked := _helpers() - before) and time.monotonic() < until:
        time.sleep(0.01)
    return asked


def test_another_process_finds_a_plan_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    problem, before = _week(), _helpers()
    monkeypatch.setattr(search_together, "PATIENCE_S", 60.0)
    helpers = Helpers()
    helpers.ask(TARGET, problem, time.monotonic(), Effort(1.0, 1))
    ((engine, routes),) = helpers.found()
    assert engine
    assert objective_s(problem, routes) < int(problem.penalty_s.sum())
    assert _helpers() <= before


def test_what_the_others_find_is_verified_and_the_best_is_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    problem = _week()
    _, routes = search_apart(lambda *_: None, problem, time.monotonic(), Effort(1.0, 3))
    best = ("beside", routes)
    monkeypatch.setattr(Helpers, "found", lambda _self: [best])
    solution = plan_together(problem, Effort(0.1, 1), Company(2))
    assert solution.violations == ()
    assert solution.objective_s <= objective_s(problem, routes)


def test_a_small_problem_and_a_counted_search_have_no_company(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[object] = []
    monkeypatch.setattr(Helpers, "ask", lambda _self, *args: asked.append(args))
    plan_together(_week(5), Effort(4.0, 1), Company(2))
    solution = plan_together(_week(), Effort(60.0, 1, 50), Company(2))
    again = plan_together(_week(), Effort(60.0, 1, 50), Company(2))
    assert solution.tours == again.tours
    assert asked == []
    plan_together(_week(), Effort(3.5, 1), Company(3))
    assert len(asked) == 2


def test_helpers_that_die_cost_no_plan() -> None:
    helpers, before = Helpers(), _helpers()
    helpers.ask(TARGET, _week(), time.monotonic(), Effort(30.0, 1))
    (asked,) = _new_helpers(before)
    asked.kill()
    assert helpers.found() == []


def test_a_file_ends_the_search_of_all(tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    assert not StopFile(None)()
    assert not StopFile(stop)()
    threading.Timer(1.5, stop.touch).start()
    begun = time.monotonic()
    solution = plan_together(_week(100), Effort(300.0, 1), Company(2, stop))
    assert solution.violations == ()
    assert time.monotonic() - begun < 200
    assert StopFile(stop)()
