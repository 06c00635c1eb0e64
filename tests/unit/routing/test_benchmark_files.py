"""Published instances are read as their authors meant them."""

import json
from pathlib import Path

import numpy as np
import pytest
import pyvrp
from raw_week import faults_and_cost
from typer.testing import CliRunner

from routing.cli import plan_commands
from routing.store.benchmark_files import (
    InstanceError,
    kind_of,
    prizes_as_problem,
    read_pcvrptw,
    read_realistic,
    read_toptw,
)
from routing.use_cases.benchmark_plan import benchmark_plan

HOUR = 3600
# Place 2 opens late; place 3 lies beyond the time there is.
ORIENTEERING = """1 1 3 1
0 200
0 0.00 0.00 0.00 0.00 0 0 0 100
1 10.00 0.00 5.00 10.00 1 1 1 0 20
2 20.06 0.00 5.00 20.00 1 1 1 40 41
3 90.00 0.00 5.00 99.00 1 1 1 0 100
"""
PRIZES = """NAME : tiny
TYPE : PCVRPTW
DIMENSION : 3
VEHICLES : 2
CAPACITY : 10
SERVICE_TIME : 1
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 3 4
3 300 400
DEMAND_SECTION
1 0
2 5
3 5
TIME_WINDOW_SECTION
1 0 100
2 0 100
3 0 100
PRIZE_SECTION
1 0
2 50
3 50
DEPOT_SECTION
1
-1
EOF
"""


def _week(folder: Path) -> Path:
    """Write a case of three places and two days; the second day has no lunch."""
    lunch = {"earliest_s": 42_000, "latest_s": 48_000, "duration_s": 2700}
    case = {
        "weights": {"travel_s_per_point": 60, "must_penalty_s": 200_000},
        "visits": [
            {
                "id": f"H{number}",
                "node": number + 1,
                "score": score,
                "service_s": 7200,
                "windows": [
                    {"day": day, "open_s": 9 * HOUR, "close_s": 17 * HOUR} for day in range(2)
                ],
                "skills": skills,
                "must": must,
                "deadline_day": deadline,
            }
            for number, (score, skills, must, deadline) in enumerate(
                [(80, [], False, 0), (1, ["child"], True, None), (1, [], False, None)]
            )
        ],
        "inspectors": [
            {
                "id": "I0",
                "start": 0,
                "end": 0,
                "skills": ["child"],
                "max_travel_s": 9000,
                "shifts": [
                    {"day": 0, "start_s": 9 * HOUR, "end_s": 17 * HOUR, "break": lunch},
                    {"day": 1, "start_s": 9 * HOUR, "end_s": 12 * HOUR, "break": None},
                ],
            }
        ],
    }
    path = folder / "week.json"
    path.write_text(json.dumps(case))
    travel = np.array([[0, 600, 900, 2000], [600, 0, 300, 2000], [900, 300, 0, 2000], [2000] * 4])
    np.savez(folder / "week.npz", travel_s=travel.astype(np.uint16))
    return path


def test_orienteering_distances_are_cut_and_a_visit_only_starts_in_its_window(
    tmp_path: Path,
) -> None:
    file = tmp_path / "r1.txt"
    file.write_text(ORIENTEERING)
    problem = read_toptw(file, routes=2)
    assert problem.travel_s[0].tolist() == [0, 100, 200, 900]
    assert problem.windows == (((0, 250),), ((400, 460),), ((0, 1050),))
    assert len(problem.vehicles) == 2
    (tmp_path / "pr1.txt").write_text(ORIENTEERING)
    assert read_toptw(tmp_path / "pr1.txt", routes=1).travel_s[0, 2] == 2006
    assert benchmark_plan(file, time_limit_s=0.5) == {"routes": [[1, 2]]}


def test_a_week_is_planned_by_its_own_rules(tmp_path: Path) -> None:
    path = _week(tmp_path)
    assert len(read_realistic(path).problem.vehicles) == 2
    plan = benchmark_plan(path, time_limit_s=0.5)
    assert faults_and_cost(path, plan) == ([], 600 + 300 + 900 + 60)
    assert plan["unvisited"] == [{"id": "H2", "reason": "NO_TIME_LEFT"}]
    assert plan["routes"][0]["break"] is not None


def test_a_week_may_limit_work_and_prefer_hours(tmp_path: Path) -> None:
    path = _week(tmp_path)
    case = json.loads(path.read_text())
    case["inspectors"][0]["max_work_s"] = 16_199
    case["weights"] |= {"uneven_s_per_s": 0.5, "late_s_per_s": 0.25}
    case["visits"][0]["windows"][1]["preferred_until_s"] = 10 * HOUR
    path.write_text(json.dumps(case))
    problem = read_realistic(path).problem
    assert problem.late_after_s[0][1] == 34 * HOUR
    assert problem.late_permille == 250
    assert problem.workload.share_s.tolist() == [11 * HOUR - 2700]
    assert problem.workload.uneven_permille == 500
    # Two visits and their way are 16,200 s: the must-visit alone is made.
    plan = benchmark_plan(path, time_limit_s=0.5)
    assert [visit["id"] for route in plan["routes"] for visit in route["visits"]] == ["H1"]
    assert {"id": "H0", "reason": "WORKLOAD_FULL"} in plan["unvisited"]


def test_a_prize_too_far_is_not_collected(tmp_path: Path) -> None:
    file = tmp_path / "tiny.vrp"
    file.write_text(PRIZES)
    assert benchmark_plan(file, time_limit_s=0.5) == {"routes": [[1]]}
    problem = prizes_as_problem(read_pcvrptw(file))
    assert problem.load.tolist() == [50, 50]
    assert [van.most_load for van in problem.vehicles] == [100, 100]
    other = pyvrp.Model()
    other.add_depot(other.add_location(0, 0))
    other.add_vehicle_type()
    other.add_vehicle_type()
    with pytest.raises(InstanceError, match="one kind of rounds"):
        prizes_as_problem(other.data())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", ""),
        ("a.txt", "1\n2\nnot numbers at all here\n"),
        ("b.txt", "1\n2\n0 1 2 3 4 5\n0\n"),
        ("c.txt", "1\n2\n"),
        ("a.json", "{}"),
        ("a.vrp", "NAME : nothing\n"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_name(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    readers = {".txt": lambda it: read_toptw(it, 1), ".vrp": read_pcvrptw, ".json": read_realistic}
    with pytest.raises(InstanceError, match=name):
        readers.get(file.suffix, kind_of)(file)


def test_the_command_writes_the_plan_or_says_what_is_wrong(tmp_path: Path) -> None:
    file, out = tmp_path / "r1.txt", tmp_path / "plan.json"
    file.write_text(ORIENTEERING)
    run = CliRunner()
    arguments = ["benchmark", "--out", str(out), "--time-limit", "0.5", "--instance"]
    assert run.invoke(plan_commands, [*arguments, str(file)]).exit_code == 0
    assert json.loads(out.read_text()) == {"routes": [[1, 2]]}
    told = run.invoke(plan_commands, [*arguments, str(file), "--json"])
    assert json.loads(told.stdout) == {"out": str(out), "answer": {"routes": [[1, 2]]}}
    wrong = tmp_path / "a.csv"
    wrong.write_text("")
    answer = run.invoke(plan_commands, [*arguments, str(wrong)])
    assert answer.exit_code == 1
    assert "TOPTW" in answer.output
