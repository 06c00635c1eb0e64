"""Published routing instances as problems: orienteering files and week-long inspection cases."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyvrp

from routing.domain.problem import (
    MAX_HORIZON_S,
    FloatArray,
    IntArray,
    LunchBreak,
    Problem,
    Vehicle,
    merge_windows,
)
from routing.domain.workload import NO_CAP_S, Workload

DAY_S = 86_400
# Profit is all that counts in orienteering; travel only breaks ties.
TICKS_PER_POINT = 100_000
Kind = Literal["toptw", "pcvrptw", "realistic"]


class InstanceError(ValueError):
    """The file is not one of the formats read here; the message says what was looked for."""


@dataclass(frozen=True, slots=True)
class RealisticCase:
    """A week of inspections: the problem, and what its numbers are called in the file."""

    problem: Problem
    visit_ids: tuple[str, ...]
    inspector_ids: tuple[str, ...]


def kind_of(path: Path) -> Kind:
    """Tell the format of an instance by its file name.

    Raises
    ------
    InstanceError : when it is none of the three.
    """
    kinds: dict[str, Kind] = {".txt": "toptw", ".vrp": "pcvrptw", ".json": "realistic"}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        raise InstanceError(f"{path.name}: give a TOPTW .txt, a PCVRPTW .vrp or a realistic .json")
    return kind


def read_toptw(path: Path, routes: int) -> Problem:
    """Read an orienteering instance for a number of routes; places keep their numbers less one.

    Distances are rounded down, to two decimals in Cordeau's files (`pr...`) and to one in
    Solomon's. A visit has to **start** inside its window.

    Raises
    ------
    InstanceError : when the file does not hold the numbers of the format.
    """
    try:
        rows = [line.split() for line in path.read_text().splitlines()[2:] if line.strip()]
        table = [[float(value) for value in (*row[1:5], *row[-2:])] for row in rows]
    except (ValueError, IndexError) as error:
        raise InstanceError(f"{path.name} is not a TOPTW file: {error}") from error
    if not table or not all(len(row) == len(table[0]) for row in table):
        raise InstanceError(f"{path.name} is not a TOPTW file: its rows differ in length")
    points = np.array(table)
    scale = 100 if path.name.startswith("pr") else 10
    x, y, service, profit, opens, closes = points.T
    away = np.hypot(x[:, None] - x, y[:, None] - y)
    travel = np.floor(away * scale + 1e-9).astype(np.int64)
    stay = _ticks(service, scale)[1:]
    end = int(_ticks(closes, scale)[0])
    vans = tuple(Vehicle(team, 0, 0, 0, 0, end) for team in range(routes))
    shape = (len(stay), routes)
    return Problem(
        travel_s=travel,
        node=np.arange(1, len(points)),
        points=profit[1:],
        penalty_s=(profit[1:] * TICKS_PER_POINT).astype(np.int64),
        must=np.zeros(len(stay), dtype=np.bool_),
        service_s=np.repeat(stay[:, None], routes, axis=1),
        skilled=np.ones(shape, dtype=np.bool_),
        in_sector=np.ones(shape, dtype=np.bool_),
        windows=tuple(
            ((int(a), int(b) + int(s)),)
            for a, b, s in zip(
                _ticks(opens, scale)[1:], _ticks(closes, scale)[1:], stay, strict=True
            )
        ),
        due_s=np.full(len(stay), MAX_HORIZON_S),
        vehicles=vans,
        seconds_per_point=float(TICKS_PER_POINT),
    )


def read_realistic(path: Path) -> RealisticCase:
    """Read a week of inspections and the travel times beside it (`.npz`).

    Raises
    ------
    InstanceError : when a part of the format is missing.
    """
    try:
        case = json.loads(path.read_text())
        travel = np.load(path.with_suffix(".npz"))["travel_s"].astype(np.int64)
        return _realistic(case, travel)
    except (KeyError, TypeError, OSError, json.JSONDecodeError) as error:
        raise InstanceError(f"{path.name} is not a realistic case: {error}") from error


def read_pcvrptw(path: Path) -> pyvrp.ProblemData:
    """Read a prize-collecting instance with capacities, in tenths.

    Raises
    ------
    InstanceError : when PyVRP cannot read it.
    """
    try:
        return pyvrp.read(path, round_func="dimacs")
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise InstanceError(f"{path.name} is not a PCVRPTW file: {error}") from error


def prizes_as_problem(data: pyvrp.ProblemData) -> Problem:
    """Say a prize-collecting instance, whose rounds are all alike, as places and teams of one day.

    Raises
    ------
    InstanceError : when it has several depots or kinds of rounds.
    """
    if data.num_vehicle_types != 1 or data.num_depots != 1:
        raise InstanceError("an instance with one depot and one kind of rounds is read here")
    clients, fleet = list(data.clients()), data.vehicle_type(0)
    prize = np.array([client.prize for client in clients], dtype=np.int64)
    stay = np.array([[client.service_duration] for client in clients], dtype=np.int64)
    shape = (len(clients), fleet.num_available)
    end = min(fleet.tw_late, MAX_HORIZON_S)
    return Problem(
        travel_s=np.array(data.distance_matrix(0), dtype=np.int64),
        node=np.arange(1, len(clients) + 1),
        points=prize.astype(np.float64),
        penalty_s=prize,
        must=np.zeros(len(clients), dtype=np.bool_),
        service_s=np.repeat(stay, fleet.num_available, axis=1),
        skilled=np.ones(shape, dtype=np.bool_),
        in_sector=np.ones(shape, dtype=np.bool_),
        windows=tuple(((it.tw_early, it.tw_late + it.service_duration),) for it in clients),
        due_s=np.full(len(clients), MAX_HORIZON_S),
        vehicles=tuple(
            Vehicle(number, 0, 0, 0, fleet.tw_early, end, most_load=fleet.capacity[0])
            for number in range(fleet.num_available)
        ),
        seconds_per_point=1.0,
        load=np.array([client.delivery[0] for client in clients], dtype=np.int64),
    )


def _realistic(case: Mapping[str, Any], travel: IntArray) -> RealisticCase:
    visits, inspectors = case["visits"], case["inspectors"]
    shifts = [(number, shift) for number, it in enumerate(inspectors) for shift in it["shifts"]]
    weights = case["weights"]
    points = np.array([visit["score"] for visit in visits], dtype=np.float64)
    must = np.array([visit["must"] for visit in visits], dtype=np.bool_)
    value = np.rint(points * weights["travel_s_per_point"]).astype(np.int64)
    skills = [set(inspectors[number]["skills"]) for number, _ in shifts]
    stay = np.array([visit["service_s"] for visit in visits], dtype=np.int64)
    problem = Problem(
        travel_s=travel,
        node=np.array([visit["node"] for visit in visits], dtype=np.int64),
        points=points,
        penalty_s=np.where(must, weights["must_penalty_s"], value),
        must=must,
        service_s=np.repeat(stay[:, None], len(shifts), axis=1),
        skilled=np.array(
            [[set(visit["skills"]) <= mine for mine in skills] for visit in visits], dtype=np.bool_
        ).reshape(len(visits), len(shifts)),
        in_sector=np.ones((len(visits), len(shifts)), dtype=np.bool_),
        windows=tuple(_case_windows(visit["windows"]) for visit in visits),
        late_after_s=_case_late_after_s(visits),
        late_permille=round(1000 * weights.get("late_s_per_s", 0)),
        workload=_case_workload(inspectors, weights),
        due_s=np.array([_case_due_s(visit["deadline_day"]) for visit in visits], dtype=np.int64),
        vehicles=tuple(_case_vehicle(number, inspectors[number], it) for number, it in shifts),
        seconds_per_point=float(weights["travel_s_per_point"]),
    )
    return RealisticCase(
        problem, tuple(visit["id"] for visit in visits), tuple(it["id"] for it in inspectors)
    )


def _case_windows(windows: Sequence[Mapping[str, int]]) -> tuple[tuple[int, int], ...]:
    return merge_windows(
        [(it["day"] * DAY_S + it["open_s"], it["day"] * DAY_S + it["close_s"]) for it in windows]
    )


def _case_late_after_s(visits: Sequence[Mapping[str, Any]]) -> tuple[tuple[int, ...], ...] | None:
    """Say from when visits are late, in a case whose windows have a `preferred_until_s`."""
    if not any("preferred_until_s" in it for visit in visits for it in visit["windows"]):
        return None
    return tuple(
        tuple(
            next(
                it["day"] * DAY_S + it.get("preferred_until_s", MAX_HORIZON_S)
                for it in visit["windows"]
                if it["day"] * DAY_S + it["open_s"] == open_s
            )
            for open_s, _ in _case_windows(visit["windows"])
        )
        for visit in visits
    )


def _case_workload(
    inspectors: Sequence[Mapping[str, Any]], weights: Mapping[str, Any]
) -> Workload | None:
    """Read limits (`max_work_s`) and the price of uneven work (`uneven_s_per_s`), if any."""
    limits = [it.get("max_work_s", NO_CAP_S) for it in inspectors]
    permille = round(1000 * weights.get("uneven_s_per_s", 0))
    if permille == 0 and min(limits, default=NO_CAP_S) == NO_CAP_S:
        return None
    return Workload(
        np.array(limits, dtype=np.int64),
        np.zeros(len(limits), dtype=np.int64),
        np.array([sum(map(_length_s, it["shifts"])) for it in inspectors], dtype=np.int64),
        permille,
    )


def _length_s(shift: Mapping[str, Any]) -> int:
    pause = shift["break"]
    length: int = shift["end_s"] - shift["start_s"] - (pause["duration_s"] if pause else 0)
    return length


def _case_due_s(deadline_day: int | None) -> int:
    return MAX_HORIZON_S if deadline_day is None else (deadline_day + 1) * DAY_S


def _case_vehicle(number: int, inspector: Mapping[str, Any], shift: Mapping[str, Any]) -> Vehicle:
    midnight, pause = shift["day"] * DAY_S, shift["break"]
    lunch = None
    if pause is not None:
        lunch = LunchBreak(
            midnight + pause["earliest_s"], midnight + pause["latest_s"], pause["duration_s"]
        )
    return Vehicle(
        number,
        shift["day"],
        inspector["start"],
        inspector["end"],
        midnight + shift["start_s"],
        midnight + shift["end_s"],
        lunch,
        inspector["max_travel_s"],
    )


def _ticks(values: FloatArray, scale: int) -> IntArray:
    ticks: IntArray = np.rint(values * scale).astype(np.int64)
    return ticks
