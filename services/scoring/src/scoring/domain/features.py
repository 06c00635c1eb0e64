"""What was known of a place before a moment: one function for training and for scoring.

Everything is read from facts with `known_ms` strictly before the moment asked for. Who will make
the next visit, and anything about the people housed, is not a feature.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.expectation import Averages, Expected, averages_of, expected_of
from scoring.domain.history import MS_PER_DAY, Facts, FloatArray, IntArray, Vocabulary
from scoring.domain.ledger import FOREVER, Ledger, Trail, ledger_of, trail_of
from scoring.domain.neighbourhood import cells_of

VERSION: Final = 2
OWN_HALF_LIVES: Final = (FOREVER, 180.0, 730.0, 1500.0)
CONTACT_HALF_LIVES: Final = (180.0, 730.0)
AROUND_HALF_LIFE: Final = 730.0
CELLS_KM: Final = (1.0, 3.0)
DAYS_PER_YEAR: Final = 365.25
# A group of places is believed once it has about twenty visits (three critical ones) behind it.
AROUND_PRIOR_VISITS: Final = 20.0
AROUND_PRIOR_CRITICAL: Final = 3.0
OWN_PRIOR_VISITS: Final = 3.0
# Weight of the prior in the adjusted ratio: the points of two average visits.
TOE_PRIOR_VISITS: Final = 2.0

AROUND: Final = ("kind", "operator", "cell_1km", "cell_3km")
_AMOUNTS: Final = ("visits", "critical", "points", "serious", "expected", "expected_points")
_VISITS, _CRITICAL, _POINTS, _SERIOUS, _EXPECTED, _EXPECTED_POINTS = range(6)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the rule weighs, one row per place and moment asked for.

    `ratio` are observed over expected points of places of the same kind, of the same operator
    and in the same cells, the place itself left out, shrunk towards 1; shape (rows, 4), in the
    order of `AROUND`.
    """

    visits: FloatArray
    observed_points: FloatArray
    expected_points: FloatArray
    observed_critical: FloatArray
    expected_critical: FloatArray
    ratio: FloatArray
    average_rate: FloatArray
    average_points: FloatArray


@dataclass(frozen=True, slots=True)
class FeatureTable:
    """Features by name, the group each is told under, and what the rule needs.

    `values` has shape (rows, names); NaN is unknown.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    values: FloatArray
    evidence: Evidence

    def column(self, name: str) -> FloatArray:
        """Take one feature by name."""
        return self.values[:, self.names.index(name)]


@dataclass(frozen=True, slots=True)
class FeatureSource:
    """The history prepared for reading: built once, read as of any moment."""

    facts: Facts
    averages: Averages
    expected: Expected
    own: Ledger
    categories: Ledger
    contacts: Ledger
    trail: Trail
    memberships: tuple[IntArray, ...]
    around: tuple[Ledger, ...]


def schema_hash(vocabulary: Vocabulary) -> str:
    """Name the set of features by a hash; a model only scores what it was trained on."""
    parts = {
        "version": VERSION,
        "half_lives": [str(half_life) for half_life in (*OWN_HALF_LIVES, *CONTACT_HALF_LIVES)],
        "cells_km": CELLS_KM,
        "categories": vocabulary.categories,
        "kinds": vocabulary.kinds,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def prepare(facts: Facts) -> FeatureSource:
    """Sort the history into running sums."""
    visits, places = facts.visits, facts.places
    averages = averages_of(facts)
    expected = expected_of(facts, averages)
    done = np.where(visits.done, visits.place, -1).astype(np.int64)
    found = np.column_stack(
        [
            np.ones(done.size),
            visits.critical,
            visits.points,
            visits.serious,
            expected.rate,
            expected.points,
        ]
    )
    contact = np.column_stack([visits.reinspection, visits.complaint, visits.no_access])
    memberships = (
        places.kind,
        places.operator,
        *(cells_of(places.lon, places.lat, size) for size in CELLS_KM),
    )
    return FeatureSource(
        facts=facts,
        averages=averages,
        expected=expected,
        own=_ledger(facts, done, found, OWN_HALF_LIVES),
        categories=_ledger(facts, done, visits.categories, (AROUND_HALF_LIFE,)),
        contacts=_ledger(facts, visits.place, contact.astype(np.float64), CONTACT_HALF_LIVES),
        trail=_trail(facts, done, expected),
        memberships=memberships,
        around=tuple(
            _ledger(facts, _member_keys(member, done), found, (AROUND_HALF_LIFE,))
            for member in memberships
        ),
    )


def features(source: FeatureSource, place: IntArray, as_of_ms: IntArray) -> FeatureTable:
    """Compute the features of places, each as of its own moment.

    Parameters
    ----------
    place : shape (rows,), rows of `source.facts.places`
    as_of_ms : shape (rows,), only facts known strictly before are used
    """
    rate, points = source.averages.read(as_of_ms)
    own = source.own.read(place, as_of_ms)
    around = _around(source, place, as_of_ms, own[:, OWN_HALF_LIVES.index(AROUND_HALF_LIFE)])
    evidence = Evidence(
        visits=own[:, 0, _VISITS],
        observed_points=own[:, 3, _POINTS],
        expected_points=own[:, 3, _EXPECTED_POINTS],
        observed_critical=own[:, 3, _CRITICAL],
        expected_critical=own[:, 3, _EXPECTED],
        ratio=_ratios(around, points),
        average_rate=rate,
        average_points=points,
    )
    columns: dict[str, tuple[str, FloatArray]] = {}
    columns |= _own_columns(own, evidence)
    columns |= _last_columns(source, place, as_of_ms)
    columns |= _category_columns(source, place, as_of_ms)
    columns |= _contact_columns(source, place, as_of_ms)
    columns |= _building_columns(source, place, as_of_ms)
    columns |= _around_columns(around, evidence)
    columns |= _period_columns(as_of_ms, evidence)
    return FeatureTable(
        names=tuple(columns),
        groups=tuple(group for group, _ in columns.values()),
        values=np.column_stack([values for _, values in columns.values()]),
        evidence=evidence,
    )


def adjusted_ratio(evidence: Evidence, prior: FloatArray) -> FloatArray:
    """Divide observed points by what the inspectors who came usually find, shrunk to `prior`."""
    weight = TOE_PRIOR_VISITS * evidence.average_points
    return (evidence.observed_points + weight * prior) / (evidence.expected_points + weight)


def _ledger(
    facts: Facts, keys: IntArray, amounts: FloatArray, half_lives: tuple[float, ...]
) -> Ledger:
    visits = facts.visits
    return ledger_of(keys, visits.known_ms, day=visits.day, amounts=amounts, half_lives=half_lives)


def _member_keys(member: IntArray, done: IntArray) -> IntArray:
    return np.where(done >= 0, member[np.maximum(done, 0)], -1).astype(np.int64)


def _trail(facts: Facts, done: IntArray, expected: Expected) -> Trail:
    visits = facts.visits
    flags = (np.ones(done.size), visits.critical, visits.serious + visits.criticals)
    return trail_of(
        done,
        visits.known_ms,
        values=np.column_stack(
            [visits.points, visits.critical - expected.rate, visits.points - expected.points]
        ),
        peaks=np.column_stack([np.where(flag > 0, visits.day, -np.inf) for flag in flags]),
    )


def _around(
    source: FeatureSource, place: IntArray, as_of_ms: IntArray, own: FloatArray
) -> FloatArray:
    """Sum the other places of each group; shape (rows, groups, amounts)."""
    layers = []
    for member, ledger in zip(source.memberships, source.around, strict=True):
        group = member[place]
        others = ledger.read(group, as_of_ms)[:, 0, :] - own
        layers.append(np.where(group[:, None] >= 0, np.maximum(others, 0.0), 0.0))
    return np.stack(layers, axis=1)


def _ratios(around: FloatArray, average_points: FloatArray) -> FloatArray:
    weight = (AROUND_PRIOR_VISITS * average_points)[:, None]
    return (around[:, :, _POINTS] + weight) / (around[:, :, _EXPECTED_POINTS] + weight)


def _own_columns(own: FloatArray, evidence: Evidence) -> dict[str, tuple[str, FloatArray]]:
    names = dict(zip(("ever", "180d", "730d", "1500d"), range(4), strict=True))
    columns: dict[str, tuple[str, FloatArray]] = {"visits": ("history", own[:, 0, _VISITS])}
    for label in ("180d", "730d"):
        for amount in (_CRITICAL, _POINTS, _SERIOUS):
            values = own[:, names[label], amount]
            columns[f"{_AMOUNTS[amount]}_{label}"] = ("history", values)
    for label in ("ever", "730d"):
        sums = own[:, names[label]]
        prior = OWN_PRIOR_VISITS * evidence.average_rate
        smoothed = (sums[:, _CRITICAL] + prior) / (sums[:, _VISITS] + OWN_PRIOR_VISITS)
        ratio = (sums[:, _CRITICAL] + prior) / (sums[:, _EXPECTED] + prior)
        columns[f"smoothed_rate_{label}"] = ("history", smoothed)
        columns[f"observed_over_expected_{label}"] = ("history", ratio)
    prior_ratio = evidence.ratio[:, 0]
    columns["adjusted_ratio"] = ("history", adjusted_ratio(evidence, prior_ratio))
    residual = own[:, 2, _POINTS] - own[:, 2, _EXPECTED_POINTS]
    columns["residual_points_730d"] = ("history", residual)
    return columns


def _last_columns(
    source: FeatureSource, place: IntArray, as_of_ms: IntArray
) -> dict[str, tuple[str, FloatArray]]:
    last = source.trail.last(place, as_of_ms)
    before = source.trail.last(place, as_of_ms, skip=1)
    since = as_of_ms[:, None] / MS_PER_DAY - source.trail.maximum(place, as_of_ms)
    return {
        "last_points": ("last_visits", last[:, 0]),
        "last_residual": ("last_visits", last[:, 1]),
        "last_residual_points": ("last_visits", last[:, 2]),
        "before_last_points": ("last_visits", before[:, 0]),
        "before_last_residual": ("last_visits", before[:, 1]),
        "days_since_visit": ("time", since[:, 0]),
        "days_since_critical": ("time", since[:, 1]),
        "days_since_serious": ("time", since[:, 2]),
    }


def _category_columns(
    source: FeatureSource, place: IntArray, as_of_ms: IntArray
) -> dict[str, tuple[str, FloatArray]]:
    sums = source.categories.read(place, as_of_ms)[:, 0, :]
    names = source.facts.vocabulary.categories
    return {f"category_{name}": ("categories", sums[:, i]) for i, name in enumerate(names)}


def _contact_columns(
    source: FeatureSource, place: IntArray, as_of_ms: IntArray
) -> dict[str, tuple[str, FloatArray]]:
    sums = source.contacts.read(place, as_of_ms)
    return {
        f"{name}_{int(half_life)}d": ("contacts", sums[:, row, column])
        for column, name in enumerate(("reinspections", "complaints", "no_access"))
        for row, half_life in enumerate(CONTACT_HALF_LIVES)
    }


def _building_columns(
    source: FeatureSource, place: IntArray, as_of_ms: IntArray
) -> dict[str, tuple[str, FloatArray]]:
    places = source.facts.places
    rooms, capacity = places.rooms[place], places.capacity[place]
    age = (as_of_ms / MS_PER_DAY - places.opened_day[place]) / DAYS_PER_YEAR
    kind = places.kind[place].astype(np.float64)
    return {
        "kind": ("building", np.where(kind < 0, np.nan, kind)),
        "rooms": ("building", np.log1p(rooms)),
        "capacity": ("building", np.log1p(capacity)),
        "people_per_room": ("building", capacity / np.maximum(rooms, 1.0)),
        "years_open": ("building", age),
    }


def _around_columns(around: FloatArray, evidence: Evidence) -> dict[str, tuple[str, FloatArray]]:
    groups = {"kind": "building", "operator": "operator"}
    columns: dict[str, tuple[str, FloatArray]] = {}
    for index, name in enumerate(AROUND):
        group = groups.get(name, "neighbourhood")
        sums = around[:, index]
        prior = AROUND_PRIOR_VISITS * evidence.average_rate
        rate = (sums[:, _CRITICAL] + prior) / (sums[:, _VISITS] + AROUND_PRIOR_VISITS)
        ratio = (sums[:, _CRITICAL] + AROUND_PRIOR_CRITICAL) / (
            sums[:, _EXPECTED] + AROUND_PRIOR_CRITICAL
        )
        columns[f"{name}_rate"] = (group, rate)
        columns[f"{name}_observed_over_expected"] = (group, ratio)
        columns[f"{name}_points_ratio"] = (group, evidence.ratio[:, index])
        columns[f"{name}_visits"] = (group, sums[:, _VISITS])
    return columns


def _period_columns(as_of_ms: IntArray, evidence: Evidence) -> dict[str, tuple[str, FloatArray]]:
    angle = 2.0 * np.pi * (as_of_ms / MS_PER_DAY) / DAYS_PER_YEAR
    return {
        "season_sin": ("period", np.sin(angle)),
        "season_cos": ("period", np.cos(angle)),
        "average_rate": ("period", evidence.average_rate),
    }
