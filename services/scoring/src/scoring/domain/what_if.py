"""What if we visited more, fewer or other places: a policy played again over weeks that are past.

Every week the places are ranked by what was known when it began, and the highest are visited; the
time since the last visit is that of the play. What such a visit would have found is what the next
real visit within half a year found: the first visit of the play before it counts, places that
nobody went to say nothing, and those that somebody went to stand for them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from scoring.domain.facts import Facts, facts_of
from scoring.domain.history import MS_PER_DAY, RONDE, FloatArray, History, IntArray
from scoring.domain.label_policy import DANGER, LabelPolicy
from scoring.domain.labels import Labelled, labelled_visits
from scoring.domain.metrics import Interval, interval, place_weights
from scoring.domain.priority import Exposure, PriorityPolicy, prioritise
from scoring.domain.rule import RuleWeights
from scoring.domain.scorer import score_places, scorer_of
from scoring.domain.source import FeatureSource, prepare

Report = Callable[[float, str], None]

LOOK_AHEAD_DAYS: Final = 180
_DAYS_PER_WEEK: Final = 7
_SEED: Final = 1
_CRITICAL: Final = 4
_SERIOUS: Final = 3
_LIGHT: Final = 1
_EPOCH: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Scenario:
    """So many visits a week, chosen by a policy."""

    name: str
    visits_per_week: int
    policy: PriorityPolicy


@dataclass(frozen=True, slots=True)
class Play:
    """What is played: weeks by when each begins, scenarios, and what else priorities need."""

    starts_ms: tuple[int, ...]
    scenarios: tuple[Scenario, ...]
    weights: RuleWeights
    longest_interval_days: int
    label: LabelPolicy = DANGER


@dataclass(frozen=True, slots=True)
class Played:
    """What a scenario came to.

    `found` are the visits that find something critical, `told` the visits whose outcome is known,
    `coverage` the share of places that were visited, `days_since_visit` their mean at the end.
    """

    name: str
    visits_per_week: int
    visits: int
    told: int
    hit_rate: Interval | None
    found: Interval | None
    coverage: Interval
    days_since_visit: Interval


@dataclass(frozen=True, slots=True)
class _Week:
    """What was known of all places when a week began."""

    day: float
    probability: FloatArray
    average_rate: float
    worst: IntArray
    last_day: FloatArray


@dataclass(frozen=True, slots=True)
class _Stage:
    """What all scenarios share; `operators` are names, by place."""

    facts: Facts
    operators: tuple[str, ...]
    weeks: tuple[_Week, ...]
    outcomes: Labelled
    longest_interval_days: int


def play(report: Report, history: History, asked: Play) -> list[Played]:
    """Play every scenario over the same weeks."""
    facts = facts_of(history, RONDE, asked.label)
    source = prepare(facts)
    weeks = []
    for number, start in enumerate(asked.starts_ms):
        report(0.5 * number / len(asked.starts_ms), "reading what was known each week")
        weeks.append(_known(source, start, asked.weights))
    stage = _Stage(
        facts=facts,
        operators=tuple(history.accommodations["operator"].to_list()),
        weeks=tuple(weeks),
        outcomes=labelled_visits(facts, np.iinfo(np.int64).max),
        longest_interval_days=asked.longest_interval_days,
    )
    played = []
    for number, scenario in enumerate(asked.scenarios):
        report(0.5 + 0.5 * number / len(asked.scenarios), f"playing {scenario.name}")
        played.append(_played(stage, scenario))
    return played


def _known(source: FeatureSource, start_ms: int, weights: RuleWeights) -> _Week:
    place = np.arange(source.facts.places.ids.size)
    # The rule: a model of today has learned what these weeks found.
    scores = score_places(source, place, start_ms, scorer_of(source, start_ms, weights, None))
    moments = np.full(place.size, start_ms, dtype=np.int64)
    last = source.trail.last(place, moments)
    worst = np.select(
        [last[:, 1] > 0, last[:, 2] > 0, last[:, 0] > 0], [_CRITICAL, _SERIOUS, _LIGHT], 0
    )
    return _Week(
        day=start_ms / MS_PER_DAY,
        probability=scores.probability,
        average_rate=scores.average_rate,
        worst=worst.astype(np.int64),
        last_day=source.trail.maximum(place, moments)[:, 0],
    )


def _played(stage: _Stage, scenario: Scenario) -> Played:
    weeks = stage.weeks
    last_day = weeks[0].last_day.copy()
    visits: list[tuple[int, float]] = []
    for week in weeks:
        points = _points(stage, week, last_day, scenario.policy)
        chosen = np.argsort(-points, kind="stable")[: scenario.visits_per_week]
        last_day[chosen] = week.day
        visits += [(place, week.day) for place in chosen.tolist()]
    weight = _weights(np.arange(last_day.size))
    told = _told(visits, stage.outcomes)
    hits = _hits(told, weight)
    visited = np.bincount([place for place, _ in visits], minlength=last_day.size) > 0
    end = weeks[-1].day + _DAYS_PER_WEEK
    # A place that nobody ever saw counts as seen the longest interval before the play.
    longest = end - weeks[0].day + stage.longest_interval_days
    days = np.where(np.isnan(last_day), longest, end - last_day)
    places = weight.sum(axis=1)
    return Played(
        name=scenario.name,
        visits_per_week=scenario.visits_per_week,
        visits=len(visits),
        told=len(told),
        hit_rate=None if hits is None else _figure(hits),
        found=None if hits is None else _figure(hits * len(visits)),
        coverage=_figure(weight @ visited / places),
        days_since_visit=_figure(weight @ days / places),
    )


def _hits(told: Sequence[tuple[int, bool]], weight: FloatArray) -> FloatArray | None:
    """Give the share of visits that find something, under each drawing of places."""
    if not told:
        return None
    place = np.array([it for it, _ in told])
    positive = np.array([it for _, it in told], dtype=np.float64)
    drawn = weight[:, place]
    whole = drawn.sum(axis=1)
    hits: FloatArray = np.divide(
        drawn @ positive, whole, out=np.full(whole.size, np.nan), where=whole > 0
    )
    return hits


def _points(stage: _Stage, week: _Week, last_day: FloatArray, policy: PriorityPolicy) -> FloatArray:
    today = date.fromordinal(_EPOCH + int(week.day))
    overdue = week.day - last_day - stage.longest_interval_days
    points = [
        prioritise(
            float(week.probability[place]),
            _exposure(stage, week, place, overdue=float(overdue[place])),
            policy,
            today,
        ).points
        for place in range(last_day.size)
    ]
    return np.array(points, dtype=np.float64)


def _exposure(stage: _Stage, week: _Week, place: int, *, overdue: float) -> Exposure:
    places, kinds = stage.facts.places, (*stage.facts.vocabulary.kinds, "")
    rooms, capacity = float(places.rooms[place]), float(places.capacity[place])
    return Exposure(
        accommodation_id=str(places.ids[place]),
        territory=str(places.territory[place]),
        operator=stage.operators[place],
        kind=kinds[int(places.kind[place])],
        rooms=0 if np.isnan(rooms) else int(rooms),
        capacity=None if np.isnan(capacity) else int(capacity),
        days_overdue=0 if np.isnan(overdue) else int(overdue),
        visited=not np.isnan(overdue),
        worst_severity=int(week.worst[place]),
        average_rate=week.average_rate,
    )


def _told(visits: Sequence[tuple[int, float]], outcomes: Labelled) -> list[tuple[int, bool]]:
    """Find what visits of the play would have found; each real visit answers once."""
    days = outcomes.as_of_ms / MS_PER_DAY
    order = np.lexsort((days, outcomes.place))
    place, day, positive = outcomes.place[order], days[order], outcomes.positive[order]
    told, answered = [], set()
    for wanted, on in visits:
        first, last = np.searchsorted(place, [wanted, wanted + 1])
        row = int(first + np.searchsorted(day[first:last], on))
        if row < last and day[row] - on <= LOOK_AHEAD_DAYS and row not in answered:
            answered.add(row)
            told.append((wanted, bool(positive[row])))
    return told


def _weights(place: IntArray) -> FloatArray:
    """Draw places; the first row is all of them as they are."""
    drawn = place_weights(place, _SEED)
    return np.vstack([np.ones((1, drawn.shape[1])), drawn])


def _figure(draws: FloatArray) -> Interval:
    return interval(float(draws[0]), draws[1:])
