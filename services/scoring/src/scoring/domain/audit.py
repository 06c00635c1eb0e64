"""Draw places at random for audit, so that what the ranking misses can be estimated at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

# Ends, in days, of the classes of time since the last visit.
_CLASSES: Final = ((180, "under_180_days"), (365, "under_365_days"))
NEVER: Final = "never_visited"
_LONGER: Final = "longer"


@dataclass(frozen=True, slots=True)
class Drawable:
    """A place in use that may be drawn; `days_since_visit` is None before its first visit."""

    accommodation_id: str
    territory: str
    days_since_visit: int | None


@dataclass(frozen=True, slots=True)
class Pick:
    """A place that was drawn, out of which stratum, and how likely it was to be."""

    accommodation_id: str
    stratum: str
    propensity: float


def stratum_of(place: Drawable) -> str:
    """Name where a place is, and how long ago it was seen."""
    return f"{place.territory} {_since(place.days_since_visit)}"


def _since(days: int | None) -> str:
    if days is None:
        return NEVER
    return next((name for end, name in _CLASSES if days < end), _LONGER)


def draw(places: Sequence[Drawable], expected: float, seed: int) -> list[Pick]:
    """Draw places, each as likely as any other, spread over the strata as the places are.

    Systematic sampling: places are put in random order within their strata, then one is taken at
    every `step` from a random start. A place is drawn with probability `expected / places`, and of
    each stratum as many as its share within one. `expected` may be broken: a half is one place in
    two draws.

    Source: Särndal, Swensson and Wretman, Model Assisted Survey Sampling, 1992, section 3.4.
    """
    if not places:
        return []
    random = np.random.default_rng(seed)
    propensity = min(expected / len(places), 1.0)
    # Names settle the order that chance begins from: the same places give the same draw.
    named = sorted(places, key=lambda it: it.accommodation_id)
    shuffled = [named[row] for row in random.permutation(len(named)).tolist()]
    ordered = sorted(shuffled, key=stratum_of)
    step = 1.0 / propensity
    taken = np.arange(random.uniform(0.0, step), len(ordered), step).astype(np.int64)
    return [
        Pick(ordered[row].accommodation_id, stratum_of(ordered[row]), propensity)
        for row in taken.tolist()
    ]
