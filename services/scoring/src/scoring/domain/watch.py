"""Watch what scores are made of and what they are worth, week by week; alarms propose, never act.

A quiet year alarms with a chance of a twentieth at most. That is shared equally among its looks,
the kinds of alarm and the features of a kind: added up, the shares are no more than the whole
(Bonferroni), however much looks have in common.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from scoring.domain import drift
from scoring.domain.drift import Change, Outcomes, Profile
from scoring.domain.history import FloatArray
from scoring.domain.words import Words

FALSE_ALARMS_A_YEAR: Final = 0.05
LOOKS_A_YEAR: Final = 52
# Outcomes of a quarter are compared with those of the year before it.
RECENT_DAYS: Final = 91
BEFORE_DAYS: Final = 364
SCORE: Final = "score"

Kind = Literal[
    "feature_shift", "missing_values", "score_shift", "base_rate", "calibration", "discrimination"
]
State = Literal["quiet", "alarm", "not_enough_data"]

# A smaller change is none of anybody's concern, however sure it is.
LEAST_CHANGE: Final[dict[Kind, float]] = {
    "feature_shift": 0.25,
    "missing_values": 0.05,
    "score_shift": 0.25,
    "base_rate": 0.2,
    "calibration": 0.2,
    "discrimination": 0.05,
}
# What is known of a place itself. What is known of others around it moves with these; counts that
# only grow, the season and the average of all are not watched.
WATCHED: Final[dict[str, Words]] = {
    "last_points": Words("points de la dernière visite", "points of the last visit"),
    "last_critical": Words(
        "anomalies critiques de la dernière visite", "critical findings of the last visit"
    ),
    "days_since_visit": Words("jours depuis la dernière visite", "days since the last visit"),
    "points_730d": Words("points des dernières années", "points of the last years"),
    "critical_730d": Words("visites critiques des dernières années", "critical visits of late"),
    "complaints_verified_180d": Words("signalements vérifiés", "verified complaints"),
    "complaints_unverified_180d": Words("signalements non vérifiés", "unverified complaints"),
    "contacts_180d": Words("passages hors routine", "visits out of routine"),
    "no_access_180d": Words("visites sans accès", "visits without access"),
    "open_findings": Words("constats non revus", "findings not looked at again"),
    "kind": Words("type d’hébergement", "kind of accommodation"),
    "rooms": Words("nombre de chambres", "number of rooms"),
    "capacity": Words("capacité", "capacity"),
}


_OF_OUTCOMES: Final[dict[Kind, Callable[[Outcomes, Outcomes], Change | None]]] = {
    "base_rate": drift.base_rate_change,
    "calibration": drift.slope_change,
    "discrimination": drift.discrimination_change,
}


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked at in a week.

    `features` and `score` have shape (places,), NaN is missing; `baseline` are their profiles when
    what serves now was first looked at, within a year; outcomes are of predictions it made.
    """

    features: Mapping[str, FloatArray]
    score: FloatArray
    baseline: Mapping[str, Profile]
    before: Outcomes
    recent: Outcomes


@dataclass(frozen=True, slots=True)
class Indicator:
    """What is watched, of how many places or visits, and how it changed; None if nobody can tell.

    `now` and `before` are: of shifts the population stability index, of missing values their share,
    of the base rate the positives per positive believed, of calibration its slope, of
    discrimination the AUC.
    """

    kind: Kind
    subject: str | None
    seen: int
    change: Change | None

    @property
    def state(self) -> State:
        """Tell whether it is an alarm: too great to be chance, and great enough to matter."""
        if self.change is None:
            return "not_enough_data"
        sure = self.change.chance < chance_limit(self.kind)
        matters = abs(self.change.now - self.change.before) > LEAST_CHANGE[self.kind]
        return "alarm" if sure and matters else "quiet"


def chance_limit(kind: Kind) -> float:
    """Give the share of a year's false alarms that one look at one indicator may spend."""
    subjects = len(WATCHED) if kind in {"feature_shift", "missing_values"} else 1
    return FALSE_ALARMS_A_YEAR / LOOKS_A_YEAR / len(LEAST_CHANGE) / subjects


def profiles(look: Look) -> dict[str, Profile]:
    """Describe what later looks are held against."""
    values = {**look.features, SCORE: look.score}
    return {name: drift.profile_of(it) for name, it in values.items()}


def watch(look: Look) -> list[Indicator]:
    """Hold a week against what was before."""
    found: list[Indicator] = []
    for name, values in look.features.items():
        known, baseline = int(np.isfinite(values).sum()), look.baseline.get(name)
        shift = None if baseline is None else drift.spread_change(baseline, values)
        missing = None if baseline is None else drift.missing_change(baseline, values)
        found.append(Indicator("feature_shift", name, known, shift))
        found.append(Indicator("missing_values", name, values.size, missing))
    baseline = look.baseline.get(SCORE)
    shift = None if baseline is None else drift.spread_change(baseline, look.score)
    found.append(Indicator("score_shift", None, look.score.size, shift))
    return found + [
        Indicator(kind, None, look.recent.place.size, changed(look.before, look.recent))
        for kind, changed in _OF_OUTCOMES.items()
    ]
