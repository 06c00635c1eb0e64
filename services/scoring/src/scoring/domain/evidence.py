"""What the rule weighs, and what is known of the places around."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.history import FloatArray, IntArray
from scoring.domain.source import (
    AROUND_HALF_LIFE,
    CONTACT_HALF_LIVES,
    CRITICAL,
    EXPECTED,
    EXPECTED_POINTS,
    OWN_HALF_LIVES,
    POINTS,
    STRICT_HALF_LIFE,
    VISITS,
    FeatureSource,
)

# A group of places is believed once it has about twenty visits behind it.
AROUND_PRIOR_VISITS: Final = 20.0
# Weight of the prior in the adjusted ratio: the points of two average visits.
POINTS_PRIOR_VISITS: Final = 2.0
# What one who tells without proof can add is bounded to the points of one critical finding.
UNVERIFIED_BOUND: Final = 5.0
_LONG: Final = OWN_HALF_LIVES.index(1500.0)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the rule weighs, one row per place and moment asked for.

    `ratio` are observed over expected points of places of the same kind, of the same operator
    and in the same cells, the place itself left out, shrunk towards 1; shape (rows, 4), in the
    order of `AROUND`. `verified` and `unverified` are points of complaints, halved every 180 days;
    `contacts` are visits that were no routine, halved every 730.
    """

    visits: FloatArray
    observed_points: FloatArray
    expected_points: FloatArray
    observed_critical: FloatArray
    expected_critical: FloatArray
    ratio: FloatArray
    average_rate: FloatArray
    average_points: FloatArray
    verified: FloatArray
    unverified: FloatArray
    contacts: FloatArray


@dataclass(frozen=True, slots=True)
class Around:
    """Sums over the other places of each group, shape (rows, groups, amounts).

    `recent` fade faster: they tell how strict the inspectors are who come there now.
    """

    long: FloatArray
    recent: FloatArray


def around_of(
    source: FeatureSource, place: IntArray, as_of_ms: IntArray, own: FloatArray
) -> Around:
    """Sum the other places of each group; the place itself is taken out."""
    halves = [OWN_HALF_LIVES.index(it) for it in (AROUND_HALF_LIFE, STRICT_HALF_LIFE)]
    layers = []
    for member, ledger in zip(source.memberships, source.around, strict=True):
        group = member[place]
        others = ledger.read(group, as_of_ms) - own[:, halves, :]
        layers.append(np.where(group[:, None, None] >= 0, np.maximum(others, 0.0), 0.0))
    sums = np.stack(layers, axis=1)
    return Around(sums[:, :, 0], sums[:, :, 1])


def evidence_of(
    source: FeatureSource,
    place: IntArray,
    as_of_ms: IntArray,
    *,
    own: FloatArray,
    around: Around,
) -> Evidence:
    """Collect what the rule weighs."""
    rate, points = source.averages.read(as_of_ms)
    weight = (AROUND_PRIOR_VISITS * points)[:, None]
    ratio = (around.long[:, :, POINTS] + weight) / (around.long[:, :, EXPECTED_POINTS] + weight)
    return Evidence(
        visits=own[:, 0, VISITS],
        observed_points=own[:, _LONG, POINTS],
        expected_points=own[:, _LONG, EXPECTED_POINTS],
        observed_critical=own[:, _LONG, CRITICAL],
        expected_critical=own[:, _LONG, EXPECTED],
        ratio=ratio,
        average_rate=rate,
        average_points=points,
        verified=source.verified.read(place, as_of_ms)[:, 0, 0],
        unverified=np.minimum(source.unverified.read(place, as_of_ms)[:, 0, 0], UNVERIFIED_BOUND),
        contacts=source.contacts.read(place, as_of_ms)[:, CONTACT_HALF_LIVES.index(730.0), 0],
    )


def adjusted_ratio(evidence: Evidence, prior: FloatArray) -> FloatArray:
    """Divide observed points by what the inspectors who came usually find, shrunk to `prior`."""
    weight = POINTS_PRIOR_VISITS * evidence.average_points
    return (evidence.observed_points + weight * prior) / (evidence.expected_points + weight)
