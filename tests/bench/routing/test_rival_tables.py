"""Plans against best known values and other solvers, at equal wall time and cores.

`RONDE_BENCH_SECONDS` (5) and `RONDE_BENCH_SEEDS` (3, for rivals 1) say how long and how often;
`RONDE_BENCH_ONLY` is a part of the names of the instances to take.
"""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import pyvrp
from rival_solvers import RIVALS, read_problem

from routing.domain.problem import Problem, Routes, objective_s
from routing.store.benchmark_files import read_pcvrptw
from routing.use_cases import search_together
from routing.use_cases.benchmark_plan import benchmark_plan
from routing.use_cases.search_together import Helpers

pytestmark = pytest.mark.bench

DATA = Path(__file__).parents[4] / "shared" / "data" / "routing"
LIMIT_S = float(os.environ.get("RONDE_BENCH_SECONDS", "5"))
SEEDS = int(os.environ.get("RONDE_BENCH_SEEDS", "0"))
ONLY = os.environ.get("RONDE_BENCH_ONLY", "")
CORES = 2
TARGET = "rival_solvers:solve_alone"
FEW = ("real_60", "real_300", "real_1000", "pr09_m1", "rc103_m1")
Case = dict[str, object]


def _cases() -> dict[str, Case]:
    if not DATA.is_dir():
        pytest.skip(f"no routing instances in {DATA}")
    known = json.loads((DATA / "best_known.json").read_text())
    return {name: case for name, case in known.items() if ONLY in name}


def _ours(case: Case, seed: int) -> float:
    """Plan as the interface does; give the value in the terms of `best_known.json`."""
    file, m = DATA / str(case["file"]), int(case.get("m", 1))
    plan = benchmark_plan(file, routes=m, time_limit_s=LIMIT_S, seed=seed, processes=CORES)
    if case["kind"] == "realistic":
        return float(plan["objective"])
    if case["kind"] == "toptw":
        points = read_problem(file, m).points
        return float(points[[place - 1 for route in plan["routes"] for place in route]].sum())
    data = read_pcvrptw(file)
    clients = [[number - 1 for number in route] for route in plan["routes"]]
    solved = pyvrp.Solution(data, [pyvrp.Route(data, route, 0) for route in clients])
    assert solved.is_feasible()
    return float(solved.distance() + solved.uncollected_prizes())


def _gap(case: Case, value: float) -> float:
    best = float(case["best"])
    return 1 - value / best if case["kind"] == "toptw" else value / best - 1


def test_gaps_to_the_best_known_values() -> None:
    kinds: dict[str, list[float]] = {}
    print(f"\n{LIMIT_S:g} s of wall time, {CORES} cores, {SEEDS or 3} seeds: gap, mean and worst")
    for name, case in _cases().items():
        gaps = [_gap(case, _ours(case, seed)) for seed in range(1, (SEEDS or 3) + 1)]
        kinds.setdefault(str(case["kind"]), []).extend(gaps)
        better = "  better than best known" if min(gaps) < 0 else ""
        print(f"  {name:<12} {np.mean(gaps):>7.2%} {max(gaps):>7.2%}{better}", flush=True)
    for kind, gaps in kinds.items():
        print(f"{kind:<14} {np.mean(gaps):>7.2%} {max(gaps):>7.2%}")
        assert np.mean(gaps) < 0.2


def _rival(name: str, case: Case, seed: int) -> Routes:
    """Run a rival: one that has one thread as often as there are cores, the best of those."""
    file, m = DATA / str(case["file"]), int(case.get("m", 1))
    problem = read_problem(file, m)
    helpers = Helpers()
    for number in range(CORES if name == "pyvrp" else 1):
        helpers.ask(TARGET, name, (file, m), LIMIT_S, 100 * seed + number)
    found = [routes for routes in helpers.found() if routes is not None]
    return min(found, key=lambda routes: objective_s(problem, routes), default=[])


def _value(case: Case, problem: Problem, routes: Routes) -> float:
    if case["kind"] == "toptw":
        return float(problem.points[[place for route in routes for place in route]].sum())
    routes = routes or [[] for _ in problem.vehicles]
    return float(objective_s(problem, routes))


def test_plans_are_no_worse_than_those_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_together, "PATIENCE_S", 60.0 + LIMIT_S)
    ratios: dict[str, list[float]] = {}
    print(
        f"\n{LIMIT_S:g} s, {CORES} cores: ours over theirs (points: theirs over ours); below 1 wins"
    )
    cases = _cases()
    chosen = [name for name in cases if ONLY or name in FEW]
    for name in chosen:
        case = cases[name]
        if case["kind"] == "pcvrptw":
            continue
        problem = read_problem(DATA / str(case["file"]), int(case.get("m", 1)))
        for seed in range(1, (SEEDS or 1) + 1):
            ours, told = _ours(case, seed), []
            for rival in RIVALS:
                theirs = _value(case, problem, _rival(rival, case, seed))
                better = (theirs, ours) if case["kind"] == "toptw" else (ours, theirs)
                ratios.setdefault(rival, []).append(max(better[0], 1) / max(better[1], 1))
                told.append(f"{rival} {ratios[rival][-1]:.3f}")
            print(f"  {name:<10} seed {seed}: {ours:>10,.0f}  {'  '.join(told)}", flush=True)
    for rival, values in ratios.items():
        mean, worst = float(np.exp(np.mean(np.log(values)))), max(values)
        print(f"{rival:<10} geometric mean {mean:.3f}, worst {worst:.3f}")
        assert mean <= 1.0
