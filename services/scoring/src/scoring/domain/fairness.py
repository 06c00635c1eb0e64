"""Whether groups of places fare alike: dangers that stand low, and good places that stand high."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.audit_estimate import share
from scoring.domain.history import BoolArray, FloatArray, TextArray
from scoring.domain.metrics import Interval

LEAST_POSITIVES: Final = 10
# The quarter of all places that is likeliest to be visited stands high.
STANDS_HIGH: Final = 0.25
# Rooms of a small, a middling and a large place.
_SIZES: Final = ((1, "1-9"), (10, "10-29"), (30, "30-99"), (100, "100+"))


@dataclass(frozen=True, slots=True)
class Group:
    """How the visited places of a group were ranked; shares are None under ten positives.

    `wrongly_low` is the share of visits that found something critical at a place that stood low,
    `wrongly_high` the share of those that found nothing critical at a place that stood high.
    """

    dimension: str
    group: str
    visits: int
    positives: int
    wrongly_low: Interval | None
    wrongly_high: Interval | None


def high_from(scores: FloatArray) -> float:
    """Give the probability from which a place stands high among all; nothing without any place."""
    return float(np.quantile(scores, 1.0 - STANDS_HIGH)) if scores.size else 1.0


def size_of(rooms: float) -> str:
    """Name the size of a place; empty where its rooms are not known."""
    return max(((least, name) for least, name in _SIZES if rooms >= least), default=(0, ""))[1]


def fairness(groups: Mapping[str, TextArray], high: BoolArray, positive: BoolArray) -> list[Group]:
    """Compare the groups of each dimension, such as territories; shape (visits,) throughout.

    A visit whose group is not known, an empty text, is in none.
    """
    return [
        _group(dimension, name, high[member == name], positive[member == name])
        for dimension, member in groups.items()
        for name in sorted(set(member.tolist()) - {""})
    ]


def _group(dimension: str, name: str, high: BoolArray, positive: BoolArray) -> Group:
    positives = int(positive.sum())
    enough = positives >= LEAST_POSITIVES
    return Group(
        dimension=dimension,
        group=name,
        visits=positive.size,
        positives=positives,
        wrongly_low=_share(~high[positive]) if enough else None,
        wrongly_high=_share(high[~positive]) if enough else None,
    )


def _share(yes: BoolArray) -> Interval | None:
    return share(yes, np.ones(yes.size))
