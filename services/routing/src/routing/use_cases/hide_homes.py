"""What a plan tells of teams that start or end at a home: nothing of the ways from and to it."""

import math

from shared.contracts.routing.plan_figures import TeamWork, Totals
from shared.contracts.routing.plans import Round, Team

ROUNDED_S, ROUNDED_M = 900, 5_000
"""Sums that hold ways to a home are told to the quarter of an hour, and to five kilometres."""


def without_home(round_: Round, team: Team) -> Round:
    """Tell a round from its first stop to its last, when it begins or ends at a home."""
    if not team.at_home:
        return round_
    homes = (team.start, team.end)
    told = [
        it.model_copy(update={"position": None}) if it.position in homes else it
        for it in round_.engagements
    ]
    moments = [(it.starts_at, it.ends_at) for it in round_.stops]
    moments += [(it.starts_at, it.ends_at) for it in round_.engagements]
    stops = [
        it.model_copy(
            update={
                "arrives_at": it.starts_at,
                "travel_s": 0,
                "travel_m": 0,
                "legs": [],
                "wait_s": 0,
            }
        )
        if it is round_.stops[0]
        else it
        for it in round_.stops
    ]
    return round_.model_copy(
        update={
            "leaves_at": min(it[0] for it in moments),
            "returns_at": max(it[1] for it in moments),
            "stops": stops,
            "legs_back": [],
            "engagements": told,
            "travel_s": sum(it.travel_s for it in stops),
        }
    )


def rounded_totals(totals: Totals) -> Totals:
    """Tell the sums of a plan in which somebody starts or ends at a home."""
    return totals.model_copy(
        update={
            "travel_s": rounded_s(totals.travel_s),
            "driven_m": math.ceil((totals.driven_m or 0) / ROUNDED_M) * ROUNDED_M,
            "objective_s": float(rounded_s(totals.objective_s)),
            "bound_s": None if totals.bound_s is None else float(rounded_s(totals.bound_s)),
            "uneven_s": rounded_s(totals.uneven_s),
            "expected_critical_per_hour": None,
            "work": [_rounded_work(it) for it in totals.work],
        }
    )


def _rounded_work(work: TeamWork) -> TeamWork:
    return work.model_copy(update={"work_s": rounded_s(work.work_s)})


def rounded_s(seconds: float) -> int:
    """Round up to the quarter of an hour."""
    return math.ceil(seconds / ROUNDED_S) * ROUNDED_S
