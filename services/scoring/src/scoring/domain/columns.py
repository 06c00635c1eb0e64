"""The columns of features, by the eight groups they are told under, and signals from outside."""

from typing import Final

import numpy as np

from scoring.domain.evidence import AROUND_PRIOR_VISITS, Around, Evidence, adjusted_ratio
from scoring.domain.history import MS_PER_DAY, FloatArray, IntArray
from scoring.domain.source import (
    AMOUNTS,
    AROUND,
    COMPLAINT_HALF_LIVES,
    CONTACT_HALF_LIVES,
    CRITICAL,
    EXPECTED,
    EXPECTED_POINTS,
    MINOR,
    OWN_HALF_LIVES,
    POINTS,
    SERIOUS,
    VISITS,
    FeatureSource,
)

Columns = dict[str, FloatArray]

GROUPS: Final = (
    "history",
    "residual",
    "complaints",
    "follow_up",
    "attributes",
    "operator",
    "neighbourhood",
    "period",
    "signals",
)
OWN_PRIOR_VISITS: Final = 3.0
AROUND_PRIOR_CRITICAL: Final = 3.0
# A repair is late a month after the visit that found it wrong, unless somebody came to look.
OVERDUE_DAYS: Final = 30.0
DAYS_PER_YEAR: Final = 365.25
SIGNAL: Final = "signal_"
_AROUND_GROUP: Final = {"kind": "attributes", "operator": "operator"}
_OWN_LABELS: Final = ("180d", "730d")


def _half(label: str) -> int:
    return OWN_HALF_LIVES.index(float(label.removesuffix("d")))


def history_columns(
    source: FeatureSource,
    place: IntArray,
    as_of_ms: IntArray,
    *,
    own: FloatArray,
    evidence: Evidence,
) -> Columns:
    """Tell what visits of the place itself found, per severity and category, and how long ago."""
    columns: Columns = {"visits": own[:, 0, VISITS]}
    for label in _OWN_LABELS:
        for amount in (CRITICAL, POINTS, SERIOUS, MINOR):
            columns[f"{AMOUNTS[amount]}_{label}"] = own[:, _half(label), amount]
    prior = OWN_PRIOR_VISITS * evidence.average_rate
    for name, half in (("ever", 0), ("730d", _half("730d"))):
        sums = own[:, half]
        rate = (sums[:, CRITICAL] + prior) / (sums[:, VISITS] + OWN_PRIOR_VISITS)
        columns[f"smoothed_rate_{name}"] = rate
    last = source.trail.last(place, as_of_ms)
    before = source.trail.last(place, as_of_ms, skip=1)
    since = as_of_ms[:, None] / MS_PER_DAY - source.trail.maximum(place, as_of_ms)
    columns |= {
        "last_points": last[:, 0],
        "last_critical": last[:, 1],
        "last_serious": last[:, 2],
        "before_last_points": before[:, 0],
        "days_since_visit": since[:, 0],
        "days_since_critical": since[:, 1],
        "days_since_serious": since[:, 2],
    }
    sums = source.categories.read(place, as_of_ms)[:, 0, :]
    names = source.facts.vocabulary.categories
    return columns | {f"category_{name}": sums[:, i] for i, name in enumerate(names)}


def residual_columns(
    source: FeatureSource,
    place: IntArray,
    as_of_ms: IntArray,
    *,
    own: FloatArray,
    evidence: Evidence,
) -> Columns:
    """Hold what was found against what the inspectors who came usually find."""
    prior = OWN_PRIOR_VISITS * evidence.average_rate
    weight = OWN_PRIOR_VISITS * evidence.average_points
    columns: Columns = {"adjusted_ratio": adjusted_ratio(evidence, evidence.ratio[:, 0])}
    recent = own[:, _half("365d")]
    columns["adjusted_ratio_365d"] = (recent[:, POINTS] + weight) / (
        recent[:, EXPECTED_POINTS] + weight
    )
    for name, half in (("ever", 0), ("730d", _half("730d"))):
        sums = own[:, half]
        columns[f"observed_over_expected_{name}"] = (sums[:, CRITICAL] + prior) / (
            sums[:, EXPECTED] + prior
        )
    long = own[:, _half("730d")]
    columns["residual_points_730d"] = long[:, POINTS] - long[:, EXPECTED_POINTS]
    last = source.trail.last(place, as_of_ms)
    before = source.trail.last(place, as_of_ms, skip=1)
    return columns | {
        "last_residual": last[:, 3],
        "last_residual_points": last[:, 4],
        "before_last_residual": before[:, 3],
        "before_last_residual_points": before[:, 4],
    }


def around_residual_columns(around: Around, evidence: Evidence) -> Columns:
    """Hold what was found around against what the inspectors there usually find."""
    columns: Columns = {}
    for index, name in enumerate(AROUND):
        sums, recent = around.long[:, index], around.recent[:, index]
        columns[f"{name}_observed_over_expected"] = (sums[:, CRITICAL] + AROUND_PRIOR_CRITICAL) / (
            sums[:, EXPECTED] + AROUND_PRIOR_CRITICAL
        )
        columns[f"{name}_points_ratio"] = evidence.ratio[:, index]
        prior = OWN_PRIOR_VISITS * evidence.average_rate
        columns[f"{name}_strictness"] = (recent[:, EXPECTED] + prior) / (
            recent[:, VISITS] + OWN_PRIOR_VISITS
        )
    return columns


def complaint_columns(
    source: FeatureSource, place: IntArray, as_of_ms: IntArray, evidence: Evidence
) -> Columns:
    """Tell what was complained of: verified by weight, unverified bounded."""
    verified = source.verified.read(place, as_of_ms)[:, :, 0]
    visits = source.contacts.read(place, as_of_ms)
    since = as_of_ms / MS_PER_DAY - source.contact_trail.maximum(place, as_of_ms)[:, 2]
    columns: Columns = {
        f"complaints_verified_{int(days)}d": verified[:, i]
        for i, days in enumerate(COMPLAINT_HALF_LIVES)
    }
    columns["complaints_unverified_180d"] = evidence.unverified
    for i, days in enumerate(CONTACT_HALF_LIVES):
        columns[f"complaint_visits_{int(days)}d"] = visits[:, i, 2]
    return columns | {"days_since_complaint_visit": since}


def follow_up_columns(source: FeatureSource, place: IntArray, as_of_ms: IntArray) -> Columns:
    """Tell of checks of repairs, what is still open, and when we were not let in."""
    sums = source.contacts.read(place, as_of_ms)
    columns: Columns = {}
    for i, days in enumerate(CONTACT_HALF_LIVES):
        for column, name in ((0, "contacts"), (1, "reinspections"), (3, "no_access")):
            columns[f"{name}_{int(days)}d"] = sums[:, i, column]
    last = source.trail.last(place, as_of_ms)
    found_day = source.trail.maximum(place, as_of_ms)[:, 0]
    latest = source.contact_trail.maximum(place, as_of_ms)
    day = as_of_ms / MS_PER_DAY
    looked = np.nan_to_num(latest[:, 1], nan=-np.inf) > np.nan_to_num(found_day, nan=np.inf)
    found = np.nan_to_num(last[:, 1] + last[:, 2])
    unsettled = np.where(looked, 0.0, found)
    return columns | {
        "reinspected_since_visit": looked.astype(np.float64),
        "open_findings": unsettled,
        "overdue_findings": np.where(day - found_day > OVERDUE_DAYS, unsettled, 0.0),
        "days_since_contact": day - latest[:, 0],
    }


def attribute_columns(source: FeatureSource, place: IntArray, as_of_ms: IntArray) -> Columns:
    """Tell what kind of place it is, its size and its age."""
    places = source.facts.places
    rooms, capacity = places.rooms[place], places.capacity[place]
    kind = places.kind[place].astype(np.float64)
    return {
        "kind": np.where(kind < 0, np.nan, kind),
        "rooms": np.log1p(rooms),
        "capacity": np.log1p(capacity),
        "people_per_room": capacity / np.maximum(rooms, 1.0),
        "years_open": (as_of_ms / MS_PER_DAY - places.opened_day[place]) / DAYS_PER_YEAR,
    }


def around_columns(around: Around, evidence: Evidence) -> dict[str, Columns]:
    """Tell what was found at places of the same kind, operator and cells, by group."""
    result: dict[str, Columns] = {}
    prior = AROUND_PRIOR_VISITS * evidence.average_rate
    for index, name in enumerate(AROUND):
        sums = around.long[:, index]
        rate = (sums[:, CRITICAL] + prior) / (sums[:, VISITS] + AROUND_PRIOR_VISITS)
        group = result.setdefault(_AROUND_GROUP.get(name, "neighbourhood"), {})
        group |= {f"{name}_rate": rate, f"{name}_visits": sums[:, VISITS]}
    return result


def position_columns(source: FeatureSource, place: IntArray) -> Columns:
    """Tell where it is; only the forecast of who will come looks at it."""
    places = source.facts.places
    return {"lon": places.lon[place], "lat": places.lat[place]}


def period_columns(as_of_ms: IntArray, evidence: Evidence) -> Columns:
    """Tell the time of the year, and the average of late."""
    angle = 2.0 * np.pi * (as_of_ms / MS_PER_DAY) / DAYS_PER_YEAR
    return {
        "season_sin": np.sin(angle),
        "season_cos": np.cos(angle),
        "average_rate": evidence.average_rate,
    }


def signal_columns(source: FeatureSource, place: IntArray, as_of_ms: IntArray) -> Columns:
    """Give the newest value each place hears of every series from outside."""
    columns: Columns = {}
    facts = source.facts
    for name, signal, trail in zip(
        facts.vocabulary.signals, facts.signals, source.signals, strict=True
    ):
        value = np.full(place.size, np.nan)
        for heard in signal.heard[::-1]:
            newer = trail.last(heard[place], as_of_ms)[:, 0]
            value = np.where(np.isnan(newer), value, newer)
        columns[SIGNAL + name] = value
    return columns
