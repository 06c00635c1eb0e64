"""How good plans are against published and best found values; see `shared/data/routing`."""

import json
import os
import time
from pathlib import Path

import numpy as np
import pytest
import pyvrp
from raw_week import faults_and_cost

from routing.store.benchmark_files import read_pcvrptw, read_toptw
from routing.use_cases.benchmark_plan import benchmark_plan

pytestmark = pytest.mark.bench

DATA = Path(__file__).parents[4] / "shared" / "data" / "routing"
LIMIT_S = float(os.environ.get("RONDE_BENCH_SECONDS", "5"))
# Mean and worst gap allowed in 5 seconds of a free core, from the literature and first trials.
BARS = {"realistic": (0.10, 0.15), "toptw": (0.05, 0.12), "pcvrptw": (0.07, 0.12)}


def _cases(kind: str) -> dict[str, dict[str, object]]:
    if not DATA.is_dir():
        pytest.skip(f"no routing instances in {DATA}")
    known = json.loads((DATA / "best_known.json").read_text())
    return {name: case for name, case in known.items() if case["kind"] == kind}


def _solved(case: dict[str, object]) -> dict[str, object]:
    begun = time.monotonic()
    plan = benchmark_plan(DATA / case["file"], routes=case.get("m", 1), time_limit_s=LIMIT_S)
    assert time.monotonic() - begun <= LIMIT_S * 1.15 + 3
    return plan


def _score(file: Path, routes: list[list[int]]) -> float:
    problem = read_toptw(file, len(routes) or 1)
    for route in routes:
        assert _on_time(file, route)
    visited = [place for route in routes for place in route]
    assert len(set(visited)) == len(visited)
    return float(problem.points[np.array(visited) - 1].sum())


def _on_time(file: Path, route: list[int]) -> bool:
    """Drive a route by the file's own numbers."""
    rows = [line.split() for line in file.read_text().splitlines()[2:] if line.strip()]
    place = {int(row[0]): [float(x) for x in (*row[1:4], *row[-2:])] for row in rows}
    scale = 100 if file.name.startswith("pr") else 10
    here, clock = place[0], 0.0
    for number in [*route, 0]:
        there = place[number]
        away = np.hypot(here[0] - there[0], here[1] - there[1])
        clock = max(clock + here[2] + np.floor(away * scale + 1e-9) / scale, there[3])
        if clock > there[4] + 1e-9:
            return False
        here = there
    return True


def _judge(kind: str, gaps: dict[str, float]) -> None:
    mean, worst = float(np.mean(list(gaps.values()))), max(gaps.values())
    listed = ", ".join(f"{name} {gap:.1%}" for name, gap in gaps.items())
    print(f"\n{kind} at {LIMIT_S:g} s: mean gap {mean:.2%}, worst {worst:.2%} ({listed})")
    assert mean <= BARS[kind][0]
    assert worst <= BARS[kind][1]


def test_weeks_of_inspections_are_planned_close_to_the_best_found() -> None:
    gaps = {}
    for name, case in _cases("realistic").items():
        faults, cost = faults_and_cost(DATA / case["file"], _solved(case))
        assert faults == []
        gaps[name] = cost / case["best"] - 1
    _judge("realistic", gaps)


def test_orienteering_comes_close_to_the_proven_optimum() -> None:
    gaps = {}
    for name, case in _cases("toptw").items():
        score = _score(DATA / case["file"], _solved(case)["routes"])
        gaps[name] = 1 - score / case["best"]
    _judge("toptw", gaps)


def test_prize_collecting_comes_close_to_the_published_best() -> None:
    gaps = {}
    for name, case in _cases("pcvrptw").items():
        data = read_pcvrptw(DATA / case["file"])
        routes = _solved(case)["routes"]
        plan = pyvrp.Solution(
            data, [pyvrp.Route(data, [number - 1 for number in route], 0) for route in routes]
        )
        assert plan.is_feasible()
        gaps[name] = (plan.distance() + plan.uncollected_prizes()) / case["best"] - 1
    _judge("pcvrptw", gaps)
