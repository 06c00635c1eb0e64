"""A week as it is watched: put together from the history and from what was believed before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.drift import Outcomes, Profile
from scoring.domain.facts import Facts
from scoring.domain.fairness import Group, fairness, high_from, size_of
from scoring.domain.features import features
from scoring.domain.history import MS_PER_DAY, BoolArray, FloatArray, IntArray, TextArray
from scoring.domain.inspector_calibration import InspectorCalibration, TeamVisits, calibrate
from scoring.domain.labels import Labelled, labelled_visits
from scoring.domain.source import prepare
from scoring.domain.watch import (
    BEFORE_DAYS,
    RECENT_DAYS,
    WATCHED,
    Indicator,
    Look,
    profiles,
    watch,
)
from scoring.domain.windows import GAP_DAYS

WATCHED_DAYS: Final = GAP_DAYS + RECENT_DAYS + BEFORE_DAYS


@dataclass(frozen=True, slots=True)
class Belief:
    """What was believed of a place before a visit, and whether what serves now believed it."""

    probability: float
    visits_known: int
    served: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What scoring told: newest scores by place, of what serves; beliefs by inspection."""

    scores: Mapping[str, float]
    beliefs: Mapping[str, Belief]
    baseline: Mapping[str, Profile]


@dataclass(frozen=True, slots=True)
class WatchedWeek:
    """All that a report says of a week."""

    places: int
    indicators: list[Indicator]
    fairness: list[Group]
    inspectors: list[InspectorCalibration]
    profiles: dict[str, Profile]


@dataclass(frozen=True, slots=True)
class _Matured:
    """Visits whose outcome is known, with what was believed; `days_ago` counts from the look."""

    labelled: Labelled
    days_ago: FloatArray
    probability: FloatArray
    never: BoolArray
    served: BoolArray

    def outcomes(self, rows: BoolArray) -> Outcomes:
        kept = rows & self.served
        return Outcomes(
            self.labelled.place[kept], self.probability[kept], self.labelled.positive[kept]
        )


def watch_week(
    facts: Facts,
    operators: TextArray,
    as_of_ms: int,
    *,
    told: Told,
    random: np.random.Generator,
) -> WatchedWeek:
    """Watch what is known as of a moment; `operators` has shape (places,), empty is unknown.

    Visits of the last week are left out: what some of them found is not written down yet.
    """
    place = facts.places_of(list(told.scores))
    score = np.array(list(told.scores.values()), dtype=np.float64)
    table = features(
        prepare(facts, only_ms=as_of_ms), place, np.full(place.size, as_of_ms, dtype=np.int64)
    )
    matured = _matured(facts, as_of_ms, told.beliefs)
    recent = matured.days_ago <= GAP_DAYS + RECENT_DAYS
    look = Look(
        features={name: table.column(name) for name in WATCHED},
        score=score,
        baseline=told.baseline,
        before=matured.outcomes(~recent),
        recent=matured.outcomes(recent),
    )
    return WatchedWeek(
        places=place.size,
        indicators=watch(look),
        fairness=_fairness(facts, operators, matured, high_from(score)),
        inspectors=calibrate(_team_visits(facts, matured), random),
        profiles=profiles(look),
    )


def _matured(facts: Facts, as_of_ms: int, beliefs: Mapping[str, Belief]) -> _Matured:
    labelled = labelled_visits(facts, as_of_ms)
    days_ago = as_of_ms / MS_PER_DAY - facts.visits.day[labelled.visit]
    believed = [beliefs.get(str(id)) for id in facts.visits.ids[labelled.visit].tolist()]
    there = np.array([it is not None for it in believed], dtype=np.bool_)
    rows = there & (days_ago > GAP_DAYS) & (days_ago <= WATCHED_DAYS)
    kept = [it for it, keep in zip(believed, rows.tolist(), strict=True) if keep and it is not None]
    return _Matured(
        labelled=labelled.where(rows),
        days_ago=days_ago[rows],
        probability=np.array([it.probability for it in kept], dtype=np.float64),
        never=np.array([it.visits_known == 0 for it in kept], dtype=np.bool_),
        served=np.array([it.served for it in kept], dtype=np.bool_),
    )


def _fairness(facts: Facts, operators: TextArray, matured: _Matured, high: float) -> list[Group]:
    place = matured.labelled.place
    sizes = [size_of(rooms) for rooms in facts.places.rooms[place].tolist()]
    return fairness(
        {
            "territory": facts.places.territory[place],
            "operator": operators[place],
            "size": np.array(sizes, dtype=object),
            "visited": np.where(matured.never, "never", "before").astype(object),
        },
        matured.probability >= high,
        matured.labelled.positive,
    )


def _team_visits(facts: Facts, matured: _Matured) -> TeamVisits:
    visits = facts.visits
    row = np.full(visits.place.size, -1, dtype=np.int64)
    row[matured.labelled.visit] = np.arange(matured.labelled.visit.size)
    own: IntArray = row[visits.team_visit]
    there = own >= 0
    return TeamVisits(
        inspector=visits.team_inspector[there],
        probability=matured.probability[own[there]],
        positive=matured.labelled.positive[own[there]],
    )
