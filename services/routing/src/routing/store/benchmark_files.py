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
