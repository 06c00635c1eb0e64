"""Whether visits take longer against their plan than they did before."""

import math
from dataclasses import dataclass

# Fewer say nothing of a change.
ENOUGH_VISITS = 10
TWO_SIDED_95 = 1.96


@dataclass(frozen=True, slots=True)
class LogRatios:
    """Of `ln(actual / planned)` of some visits: how many, their mean and their variance."""

    visits: int
    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class Drift:
    """A ratio of two geometric means, with its 95 % interval."""

    ratio: float
    low: float
    high: float

    @property
    def is_certain(self) -> bool:
        """Whether the interval leaves out that nothing changed."""
        return not self.low <= 1 <= self.high


def drift_between(before: LogRatios, since: LogRatios) -> Drift | None:
    """Compare two periods by the difference of their means; None where either has few visits."""
    if min(before.visits, since.visits) < ENOUGH_VISITS:
        return None
    change = since.mean - before.mean
    error = math.sqrt(before.variance / before.visits + since.variance / since.visits)
    return Drift(*(math.exp(change + it * TWO_SIDED_95 * error) for it in (0, -1, 1)))
