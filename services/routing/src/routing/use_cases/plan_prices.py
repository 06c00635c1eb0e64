"""What it costs to leave a visit out, or to move one that people were told of.

Three classes, each above all of the one below that its time could bring: what is decided, pinned
visits and appointments; must-visits; the others. Within a class the visit worth more is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routing.domain.problem import (
    MOST_PENALTY_S,
    MUST_PENALTY_S,
    BoolArray,
    IntArray,
    Lock,
    decided_penalty_s,
    must_penalty_s,
)
from routing.use_cases.plan_horizon import Horizon
from routing.use_cases.plan_stints import Stint
from shared.contracts.routing.plans import PlanCandidate, PlanRequest

# What an announced visit is worth beside its points, in seconds of driving: people were told.
ANNOUNCED_S = 900
# What it costs to move one to another day, or to another team than the one named.
MOVED_S = 600


@dataclass(frozen=True, slots=True)
class Prices:
    """Seconds of driving that each candidate is worth, shape (n,), and an appointment."""

    penalty_s: IntArray
    must: BoolArray
    decided_s: int


def price_visits(
    chosen: Sequence[PlanCandidate],
    locks: Sequence[Lock],
    seconds_per_point: float,
    travel_s: IntArray,
) -> Prices:
    """Price each candidate left out."""
    points = np.array([it.priority_points for it in chosen], dtype=np.float64)
    told = np.array([it.announced or it.announced_for is not None for it in chosen], dtype=np.int64)
    value_s = np.rint(points * seconds_per_point).astype(np.int64) + ANNOUNCED_S * told
    must = np.array([it.must_visit for it in chosen], dtype=np.bool_)
    owed_s = np.minimum(must_penalty_s(value_s, travel_s) + value_s, MOST_PENALTY_S)
    decided_s = decided_penalty_s(int(owed_s.max(initial=MUST_PENALTY_S)), int(must.sum()))
    penalty_s = np.where(must, owed_s, value_s)
    locked = [it.candidate for it in locks]
    penalty_s[locked], must[locked] = decided_s, True
    return Prices(penalty_s, must, decided_s)


def moving_prices(
    chosen: Sequence[PlanCandidate], stints: Sequence[Stint], request: PlanRequest
) -> IntArray | None:
    """Price each announced visit in the rounds of another day, or of another team than named."""
    if all(place.announced_for is None for place in chosen):
        return None
    horizon = Horizon.of(request)
    moved = np.zeros((len(chosen), len(stints)), dtype=np.int64)
    for number, place in enumerate(chosen):
        told = place.announced_for
        if told is None:
            continue
        day = horizon.day_within(told.starts_at)
        moved[number] = [
            MOVED_S * (stint.day != day or told.team_id not in {None, request.teams[stint.team].id})
            for stint in stints
        ]
    return moved
