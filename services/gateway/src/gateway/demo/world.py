"""What is true of the invented places and never told: how bad they are, and what spreads.

All effects are on the log of the rate of findings. They are made so that a score has something to
find: places differ and drift, operators and quarters matter, pests spread between near places; and
how much is wrong is not how dangerous it is, so that counting findings does not tell everything.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from uuid import NAMESPACE_URL, UUID, uuid5

from gateway.demo.nearest import NearestPoint
from gateway.demo.places import Place
from gateway.demo.size import Size
from gateway.demo.terrain import SECTORS

NAMESPACE = uuid5(NAMESPACE_URL, "https://ronde.example/demo")
INSPECTORS = tuple(uuid5(NAMESPACE, f"inspector {number}") for number in range(1, 14))
PESTS = ("pest_bedbugs", "pest_cockroaches", "pest_rodents")

_OWN, _OPERATOR, _QUARTER, _YEARLY_DRIFT = 0.4, 0.15, 0.25, 0.1
_BAD_OPERATORS, _BAD_OPERATOR = 6, 0.3
_DANGER_OF_LEVEL, _DANGER_OF_OPERATOR, _DANGER_OF_BAD_OPERATOR = 0.4, 0.5, 1.4
_DANGER_OF_QUARTER, _DANGER_OF_SIZE, _MEDIAN_ROOMS = 0.3, 0.6, 30
_DANGER_POWER = 1.5
_QUARTER_M = 2_000
_STRICTNESS = 0.3
_SEEDS_PER_PLACE_AND_MONTH, _SPREAD, _END = 0.0025, 0.05, 0.3
_SPREAD_M = 600


@dataclass(frozen=True, slots=True)
class Nature:
    """How much is wrong in a place, how dangerous that is, and how things change; 0 is average.

    `repairs` is the share of what was found that is repaired before the next visit.
    """

    level: float
    danger: float
    yearly_drift: float
    repairs: float


@dataclass(frozen=True, slots=True)
class World:
    """All that is true and hidden."""

    natures: dict[str, Nature]
    outbreaks: dict[str, dict[str, frozenset[int]]]
    strictness: dict[UUID, float]
    home_sector: dict[UUID, str]


def make_world(places: Sequence[Place], size: Size) -> World:
    """Draw the hidden truth of these places."""
    rng = Random(f"world {size.seed}")  # noqa: S311 - an invented world, not a secret
    strictness = {inspector: rng.gauss(0, _STRICTNESS) for inspector in INSPECTORS}
    homes = {inspector: SECTORS[n % len(SECTORS)] for n, inspector in enumerate(INSPECTORS)}
    return World(_natures(places, rng), _outbreaks(places, size, rng), strictness, homes)


def _natures(places: Sequence[Place], rng: Random) -> dict[str, Nature]:
    """Draw each place's nature; the average rate over all places stays what it was."""
    operators = sorted({place.operator for place in places})
    bad = set(rng.sample(operators, min(_BAD_OPERATORS, len(operators))))
    rates = {o: rng.gauss(0, _OPERATOR) + _BAD_OPERATOR * (o in bad) for o in operators}
    perils = {
        o: rng.gauss(0, _DANGER_OF_OPERATOR) + _DANGER_OF_BAD_OPERATOR * (o in bad)
        for o in operators
    }
    quarters: dict[tuple[int, int], tuple[float, float]] = {}
    levels, dangers = [], []
    for place in places:
        quarter = int(place.x_m // _QUARTER_M), int(place.y_m // _QUARTER_M)
        drawn = rng.gauss(0, _QUARTER), rng.gauss(0, _DANGER_OF_QUARTER)
        around, peril = quarters.setdefault(quarter, drawn)
        level = rng.gauss(0, _OWN) + rates[place.operator] + around
        size = _DANGER_OF_SIZE * math.log(place.rooms / _MEDIAN_ROOMS)
        levels.append(level)
        dangers.append(_DANGER_OF_LEVEL * level + perils[place.operator] + peril + size)
    return {
        place.external_id: Nature(
            level, danger, rng.gauss(0, _YEARLY_DRIFT), min(0.9, max(0.1, rng.gauss(0.6, 0.2)))
        )
        for place, level, danger in zip(
            places, _centred(levels, 1), _centred(dangers, _DANGER_POWER), strict=True
        )
    }


def _centred(logs: list[float], power: float) -> list[float]:
    """Shift effects on a log scale so that the mean of their factors, to that power, is 1."""
    centre = math.log(sum(math.exp(power * value) for value in logs) / len(logs)) / power
    return [value - centre for value in logs]


def _outbreaks(
    places: Sequence[Place], size: Size, rng: Random
) -> dict[str, dict[str, frozenset[int]]]:
    """Let pests start somewhere, spread to near places and end; by place, pest and month."""
    points = [(place.x_m, place.y_m) for place in places]
    index = NearestPoint(points, range(len(places)), _SPREAD_M)
    near = [[n for n in index.around(point, _SPREAD_M) if points[n] != point] for point in points]
    months: dict[str, dict[str, set[int]]] = {
        place.external_id: {pest: set() for pest in PESTS} for place in places
    }
    for pest in PESTS:
        infested: set[int] = set()
        for month in range(size.years * 12 + 1):
            infested = _next_month(infested, near, rng)
            for place in infested:
                months[places[place].external_id][pest].add(month)
    return {
        place: {pest: frozenset(when) for pest, when in by_pest.items()}
        for place, by_pest in months.items()
    }


def _next_month(infested: set[int], near: list[list[int]], rng: Random) -> set[int]:
    staying = {place for place in sorted(infested) if rng.random() >= _END}
    caught = {
        other for place in sorted(infested) for other in near[place] if rng.random() < _SPREAD
    }
    started = {place for place in range(len(near)) if rng.random() < _SEEDS_PER_PLACE_AND_MONTH}
    return staying | caught | started
