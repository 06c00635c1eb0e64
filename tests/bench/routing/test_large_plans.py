"""A country in one plan, in zones first or at once; how soon a search that is stopped answers.

`RONDE_BENCH_COUNTRY_S` (90) is the time of a search; with `RONDE_BENCH_COMPARED` it is made twice
more, in one process, with zones and without.
"""

import os
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from routing.domain import zones
from routing.domain.improve import load_search
from routing.domain.planner import Effort, plan
from routing.domain.problem import (
    MAX_HORIZON_S,
    LunchBreak,
    Problem,
    Vehicle,
    must_penalty_s,
    objective_s,
)
from routing.store.benchmark_files import read_realistic
from routing.use_cases.search_together import plan_together
from routing.use_cases.solve_means import Company

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

PLACES, TEAMS, DAYS, TOWNS = 5000, 30, 5, 12
HOUR, DAY = 3600, 86_400
LIMIT_S = float(os.environ.get("RONDE_BENCH_COUNTRY_S", "90"))
COMPARED = bool(os.environ.get("RONDE_BENCH_COMPARED"))
WHOLE_S = 120.0
REAL = Path(__file__).parents[4] / "shared" / "data" / "routing" / "realistic"
CORES = 2


def _country() -> Problem:
    """Draw places around towns of different size, and teams that live among them."""
    random = np.random.default_rng(55)
    towns = random.uniform(0, 7200, (TOWNS, 2))
    share = random.dirichlet(np.ones(TOWNS) * 2)
    near = random.choice(TOWNS, PLACES, p=share)
    where = towns[near] + random.normal(0, 700, (PLACES, 2))
    bases = towns[random.choice(TOWNS, TEAMS, p=share)] + random.normal(0, 400, (TEAMS, 2))
    nodes = np.vstack([bases, where])
    travel = np.hypot(*(nodes[:, None] - nodes[None]).transpose(2, 0, 1))
    points = random.integers(1, 101, PLACES).astype(np.float64)
    value = (60 * points).astype(np.int64)
    travel_s = np.ceil(travel).astype(np.int64)
    must = random.random(PLACES) < 0.01
    vans = tuple(_van(team, day) for team in range(TEAMS) for day in range(DAYS))
    stay = random.choice([1800, 2700, 3600, 5400], PLACES)
    skilled = np.repeat(random.random((PLACES, TEAMS)) < 0.9, DAYS, axis=1)
    return Problem(
        travel_s=travel_s,
        node=np.arange(TEAMS, TEAMS + PLACES),
        points=points,
        penalty_s=np.where(must, must_penalty_s(value, travel_s), value),
        must=must,
        service_s=np.repeat(stay[:, None], len(vans), axis=1),
        skilled=skilled,
        in_sector=np.ones_like(skilled),
        windows=tuple(_open(random) for _ in range(PLACES)),
        due_s=np.full(PLACES, MAX_HORIZON_S),
        vehicles=vans,
    )


def _van(team: int, day: int) -> Vehicle:
    at = day * DAY
    lunch = LunchBreak(at + 12 * HOUR, at + 13 * HOUR + 1800, 2700)
    return Vehicle(team, day, team, team, at + 9 * HOUR, at + 17 * HOUR, lunch)


def _open(random: np.random.Generator) -> tuple[tuple[int, int], ...]:
    days = sorted(random.choice(DAYS, random.integers(2, DAYS + 1), replace=False).tolist())
    return tuple((day * DAY + 9 * HOUR, day * DAY + 18 * HOUR) for day in days)


def _alone(problem: Problem, monkeypatch: pytest.MonkeyPatch, *, places: int) -> int:
    """Plan in this process; up to so many places without zones."""
    with monkeypatch.context() as patch:
        patch.setattr(zones, "PLACES", places)
        return plan(problem, time_limit_s=LIMIT_S).objective_s


def test_five_thousand_places_and_150_rounds_are_planned_within_two_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    load_search()
    problem = _country()
    begun, cpu = time.monotonic(), time.process_time()
    solution = plan_together(problem, Effort(LIMIT_S, 1), Company(CORES))
    took = time.monotonic() - begun
    print(
        f"\n{CORES} processes: {solution.objective_s:,} s, "
        f"{sum(len(tour.visits) for tour in solution.tours)} visits, verified after {took:.1f} s "
        f"(processor of this one {time.process_time() - cpu:.0f} s)"
    )
    assert solution.violations == ()
    assert len(solution.left_out) + sum(len(it.visits) for it in solution.tours) == PLACES
    if COMPARED:
        whole = _alone(problem, monkeypatch, places=10**9)
        zoned = _alone(problem, monkeypatch, places=zones.PLACES)
        gain = zoned / whole - 1
        print(f"one process: {whole:,} s at once, {zoned:,} s in zones first, {gain:+.2%}")
    assert took <= WHOLE_S
    assert objective_s(problem, [[] for _ in problem.vehicles]) > solution.objective_s
    assert psutil.Process().memory_info().rss < 2e9


def test_a_stopped_search_of_a_thousand_places_answers_within_two_seconds(tmp_path: Path) -> None:
    file = REAL / "real_1000.json"
    if not file.is_file():
        pytest.skip(f"no instance {file}")
    load_search()
    problem, stop, asked = read_realistic(file).problem, tmp_path / "stop", []

    def end() -> None:
        asked.append(time.monotonic())
        stop.touch()

    threading.Timer(8.0, end).start()
    solution = plan_together(problem, Effort(300.0, 1), Company(CORES, stop))
    took = time.monotonic() - asked[0]
    print(f"\nstopped: {solution.objective_s:,} s, verified {took:.2f} s after the word")
    assert solution.violations == ()
    assert took <= 2.0
