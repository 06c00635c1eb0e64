"""What was known of a place before a moment: one function for training and for scoring.

Everything is read from facts with `known_ms` strictly before the moment asked for. Who will make
the next visit, and anything about the people housed, is not a feature. What past visits found is
held against what their own inspectors usually find in the group `residual`, and nowhere else.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from scoring.domain import columns, evidence, facts
from scoring.domain.evidence import Evidence, around_of, evidence_of
from scoring.domain.history import RONDE, FloatArray, IntArray, Vocabulary
from scoring.domain.label_policy import DANGER, LabelPolicy
from scoring.domain.neighbourhood import RESOLUTIONS
from scoring.domain.source import (
    AROUND_HALF_LIFE,
    COMPLAINT_HALF_LIVES,
    CONTACT_HALF_LIVES,
    OWN_HALF_LIVES,
    STRICT_HALF_LIFE,
    FeatureSource,
)

VERSION: Final = 5
SIGNAL: Final = columns.SIGNAL


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

    def of(self, names: tuple[str, ...]) -> FloatArray:
        """Take the features a model knows, in its order; one that is not there is unknown."""
        if names == self.names:
            return self.values
        at = {name: index for index, name in enumerate(self.names)}
        padded = np.column_stack([self.values, np.full(self.values.shape[0], np.nan)])
        return padded[:, [at.get(name, -1) for name in names]]


def vocabulary_of(features: Sequence[str]) -> Vocabulary:
    """Tell the words that features of our own record are made of: their series from outside."""
    series = [it.removeprefix(SIGNAL) for it in features if it.startswith(SIGNAL)]
    return replace(RONDE, signals=tuple(series))


def schema_hash(vocabulary: Vocabulary, label: LabelPolicy = DANGER) -> str:
    """Name the set of features, and the outcome they foretell, by a hash.

    A model only scores by the features it was trained on, and for the outcome it was trained for.
    """
    parts = {
        "version": VERSION,
        "half_lives": [
            [str(days) for days in half_lives]
            for half_lives in (
                OWN_HALF_LIVES,
                CONTACT_HALF_LIVES,
                COMPLAINT_HALF_LIVES,
                (AROUND_HALF_LIFE, STRICT_HALF_LIFE),
            )
        ],
        "priors": [
            columns.OWN_PRIOR_VISITS,
            columns.AROUND_PRIOR_CRITICAL,
            evidence.AROUND_PRIOR_VISITS,
            evidence.POINTS_PRIOR_VISITS,
            evidence.UNVERIFIED_BOUND,
        ],
        "points": facts.POINTS_OF_SEVERITY,
        "overdue_days": columns.OVERDUE_DAYS,
        "same_complaint_days": facts.SAME_COMPLAINT_DAYS,
        "cells": RESOLUTIONS,
        "categories": vocabulary.categories,
        "kinds": vocabulary.kinds,
        "signals": vocabulary.signals,
        "label": [label.kinds, label.critical, label.items, label.least_severity],
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def features(source: FeatureSource, place: IntArray, as_of_ms: IntArray) -> FeatureTable:
    """Compute the features of places, each as of its own moment.

    Parameters
    ----------
    place : shape (rows,), rows of `source.facts.places`
    as_of_ms : shape (rows,), only facts known strictly before are used
    """
    own = source.own.read(place, as_of_ms)
    around = around_of(source, place, as_of_ms, own)
    weighed = evidence_of(source, place, as_of_ms, own=own, around=around)
    near = columns.around_columns(around, weighed)
    by_group: dict[str, columns.Columns] = {
        "history": columns.history_columns(source, place, as_of_ms, own=own, evidence=weighed),
        "residual": columns.residual_columns(source, place, as_of_ms, own=own, evidence=weighed)
        | columns.around_residual_columns(around, weighed),
        "complaints": columns.complaint_columns(source, place, as_of_ms, weighed),
        "follow_up": columns.follow_up_columns(source, place, as_of_ms),
        "attributes": columns.attribute_columns(source, place, as_of_ms) | near["attributes"],
        "operator": near["operator"],
        "neighbourhood": near["neighbourhood"] | columns.position_columns(source, place),
        "period": columns.period_columns(as_of_ms, weighed),
        "signals": columns.signal_columns(source, place, as_of_ms),
    }
    named = {
        name: (group, values) for group, held in by_group.items() for name, values in held.items()
    }
    return FeatureTable(
        names=tuple(named),
        groups=tuple(group for group, _ in named.values()),
        values=np.column_stack([values for _, values in named.values()]),
        evidence=weighed,
    )
