"""Send figures with their intervals."""

import math
from collections.abc import Mapping

from scoring.domain.metrics import Interval as Figure
from shared.contracts.scoring import Interval


def interval_messages(figures: Mapping[str, Figure]) -> dict[str, Interval]:
    """Send figures with their intervals, those that could be measured."""
    return {
        name: Interval(value=it.value, low=it.low, high=it.high)
        for name, it in figures.items()
        if math.isfinite(it.value)
    }
