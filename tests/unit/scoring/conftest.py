"""Histories invented from a seed, with or without something to learn in them."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from scoring.domain.features import prepare
from scoring.domain.history import (
    ACCOMMODATION_SCHEMA,
    FINDING_SCHEMA,
    RONDE,
    VISIT_SCHEMA,
    History,
    facts_of,
    milliseconds,
)

START = datetime(2022, 1, 3, 9, tzinfo=UTC)
END = datetime(2026, 1, 1, tzinfo=UTC)
CUTOFF = milliseconds(END)
KINDS = ("routine", "routine", "routine", "routine", "complaint", "reinspection")
OUTCOMES = ("done",) * 9 + ("refused", "nobody_there")


def invent(places=40, visits=400, *, seed=1, signal=0.0):
    """Invent a history; `signal` is how much the places' lasting danger differs (log-odds)."""
    random = np.random.default_rng(seed)
    danger = random.normal(size=places) * signal
    strict = random.normal(size=8) * 0.7
    days = np.sort(random.uniform(0, (END - START).days - 10, visits))
    rows, findings = [], []
    for number, day in enumerate(days.tolist()):
        place = int(random.integers(places))
        team = random.choice(8, size=int(random.integers(0, 3)), replace=False).tolist()
        occurred = START + timedelta(days=day)
        outcome = OUTCOMES[int(random.integers(len(OUTCOMES)))]
        rows.append(
            (
                f"visit-{number:05}",
                f"place-{place:03}",
                KINDS[int(random.integers(len(KINDS)))],
                outcome,
                outcome == "done",
                occurred,
                occurred + timedelta(days=float(random.choice([0, 0.5, 3, 40]))),
                [f"inspector-{member}" for member in team],
            )
        )
        if outcome == "done":
            odds = -1.2 + danger[place] + sum(strict[member] for member in team)
            critical = random.random() < 1 / (1 + np.exp(-odds))
            findings += _findings(random, f"visit-{number:05}", critical=bool(critical))
    return History(
        accommodations(places, random),
        pl.DataFrame(rows, schema=VISIT_SCHEMA, orient="row"),
        pl.DataFrame(findings, schema=FINDING_SCHEMA, orient="row"),
    )


def _findings(random, visit, *, critical):
    found = [
        (visit, f"item_{i}", RONDE.categories[int(random.integers(10))], int(random.integers(1, 4)))
        for i in range(int(random.integers(0, 4)))
    ]
    rows = [(*row, False) for row in found]
    return [*rows, (visit, "gas", "fire_safety", 4, True)] if critical else rows


def accommodations(places, random):
    return pl.DataFrame(
        [
            (
                f"place-{place:03}",
                ("hotel", "residence", "castle")[int(random.integers(3))],
                ("", "Alpha", "Beta", "Gamma")[int(random.integers(4))],
                2.35 + float(random.normal()) * 0.02 if place % 7 else None,
                48.85 + float(random.normal()) * 0.02 if place % 7 else None,
                float(random.integers(5, 80)),
                float(random.integers(10, 200)) if place % 3 else None,
                START - timedelta(days=int(random.integers(1, 4000))) if place % 5 else None,
            )
            for place in range(places)
        ],
        schema=ACCOMMODATION_SCHEMA,
        orient="row",
    )


@pytest.fixture(scope="session")
def invented():
    """Give the function that invents a history."""
    return invent


@pytest.fixture(scope="session")
def source(invented):
    """Prepare an invented history without signal."""
    return prepare(facts_of(invented()))


@pytest.fixture(scope="session")
def cutoff():
    """Give the end of invented time, in milliseconds since 1970."""
    return CUTOFF
