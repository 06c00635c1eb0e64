"""How what inspectors find compares with what was believed: for the quality of labels alone.

Nobody is named: inspectors get numbers in an order that is drawn anew for each report.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.history import BoolArray, FloatArray, IntArray
from scoring.domain.metrics import Interval

# Among fewer everybody would know who is meant.
LEAST_INSPECTORS: Final = 5
LEAST_EXPECTED: Final = 10.0
# Ninety per cent of a normal law.
_Z: Final = 1.645


@dataclass(frozen=True, slots=True)
class TeamVisits:
    """What was believed and found, one row per visit and inspector who was there."""

    inspector: IntArray
    probability: FloatArray
    positive: BoolArray


@dataclass(frozen=True, slots=True)
class InspectorCalibration:
    """Visits of an inspector, and critical ones per one believed; None where under ten were."""

    number: int
    visits: int
    ratio: Interval | None


def calibrate(visits: TeamVisits, random: np.random.Generator) -> list[InspectorCalibration]:
    """Tell of each inspector, numbered in an order that is drawn; of nobody under five."""
    inspectors = np.unique(visits.inspector)
    if inspectors.size < LEAST_INSPECTORS:
        return []
    drawn = random.permutation(inspectors).tolist()
    return [_of(number, visits, visits.inspector == it) for number, it in enumerate(drawn, 1)]


def _of(number: int, visits: TeamVisits, own: BoolArray) -> InspectorCalibration:
    expected = float(visits.probability[own].sum())
    found = float(visits.positive[own].sum())
    ratio = _ratio(found, expected) if expected >= LEAST_EXPECTED else None
    return InspectorCalibration(number, int(own.sum()), ratio)


def _ratio(found: float, expected: float) -> Interval:
    """Put Byar's interval around found per expected (Breslow, Day: IARC 82, 1987, section 2.3)."""
    low, high = found, found + 1.0
    least = low * (1.0 - 1.0 / (9.0 * low) - _Z / (3.0 * math.sqrt(low))) ** 3 if low else 0.0
    most = high * (1.0 - 1.0 / (9.0 * high) + _Z / (3.0 * math.sqrt(high))) ** 3
    return Interval(found / expected, max(least, 0.0) / expected, most / expected)
