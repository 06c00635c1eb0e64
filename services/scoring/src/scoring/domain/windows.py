"""Stretches of time a method is tested on, with enough before them to learn from."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.history import MS_PER_DAY, BoolArray
from scoring.domain.labels import Labelled

WINDOWS: Final = 4
LEAST_WINDOWS: Final = 3
# What an inspection found is written down some days later: nothing of a week before is learned.
GAP_DAYS: Final = 7
_LEAST_IN_WINDOW: Final = 10
_LONGEST_DAYS: Final = 90.0
_SHARE_TESTED: Final = 0.5


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time, its end excluded, in milliseconds since 1970."""

    start_ms: int
    end_ms: int

    def holds(self, labelled: Labelled) -> BoolArray:
        """Tell which visits of the cohort took place in it."""
        inside = (labelled.as_of_ms >= self.start_ms) & (labelled.as_of_ms < self.end_ms)
        return inside & labelled.cohort

    @property
    def learned_before_ms(self) -> int:
        """Give the moment before which what is learned must have been known."""
        return self.start_ms - GAP_DAYS * MS_PER_DAY


def choose_windows(labelled: Labelled, cutoff_ms: int) -> tuple[Window, ...]:
    """Cut the last stretches before the cut-off, enough visits being left to learn from.

    Half of the time covered, at most four times 90 days, is tested. Windows without ten positive
    and ten negative visits say too little and are dropped.
    """
    if labelled.as_of_ms.size == 0:
        return ()
    span = cutoff_ms - int(labelled.as_of_ms.min())
    length = int(min(_LONGEST_DAYS * MS_PER_DAY, span * _SHARE_TESTED / WINDOWS))
    starts = [cutoff_ms - length * number for number in range(WINDOWS, 0, -1)]
    windows = [Window(start, start + length) for start in starts]
    return tuple(window for window in windows if _says_enough(labelled, window))


def _says_enough(labelled: Labelled, window: Window) -> bool:
    inside = labelled.positive[window.holds(labelled)]
    positives = int(np.sum(inside))
    return min(positives, inside.size - positives) >= _LEAST_IN_WINDOW
