"""Histories invented from a seed, with or without something to learn in them."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from scoring.domain.facts import facts_of
from scoring.domain.history import (
    ACCOMMODATION_SCHEMA,
    COMPLAINT_SCHEMA,
    FINDING_SCHEMA,
    MS_PER_DAY,
    RONDE,
    VISIT_SCHEMA,
    History,
    milliseconds,
)
from scoring.domain.source import AROUND, prepare

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
                True,
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
        complaints(places, visits // 4, random),
    )


def complaints(places, number, random):
    rows = []
    for day in random.uniform(0, (END - START).days - 10, number).tolist():
        occurred = START + timedelta(days=day)
        rows.append(
            (
                f"place-{int(random.integers(places)):03}",
                ("family", "authority", "anonymous")[int(random.integers(3))],
                bool(random.random() < 0.4),
                int(random.integers(1, 5)),
                occurred,
                occurred + timedelta(days=float(random.choice([0, 2, 30]))),
            )
        )
    return pl.DataFrame(rows, schema=COMPLAINT_SCHEMA, orient="row")


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
                ("75", "93")[place % 2],
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


class Naive:
    """Computes features the slow and obvious way, from lists of rows."""

    def __init__(self, source, place, as_of):
        self.source, self.facts, self.visits = source, source.facts, source.facts.visits
        self.place, self.as_of = place, as_of
        visits = self.visits
        self.known = [i for i in range(visits.place.size) if visits.known_ms[i] < as_of]
        self.done = [i for i in self.known if visits.done[i]]
        self.mine = [i for i in self.known if visits.place[i] == place]
        self.own = [i for i in self.done if visits.place[i] == place]
        routine = [i for i in self.done if visits.labelled[i]]
        self.average = self.mean_of(visits.critical, routine, 20 * 0.15)
        self.average_points = self.mean_of(visits.points, routine, 20 * 3.0)

    def halved(self, day, days):
        return 0.5 ** ((self.as_of / MS_PER_DAY - day) / days)

    def sum_of(self, values, rows, days):
        return sum(self.halved(self.visits.day[i], days) * values[i] for i in rows)

    def count_of(self, rows, days):
        return sum(self.halved(self.visits.day[i], days) for i in rows)

    def mean_of(self, values, rows, prior):
        return (self.sum_of(values, rows, 365) + prior) / (self.count_of(rows, 365) + 20)

    def since(self, rows):
        return self.as_of / MS_PER_DAY - max((self.visits.day[i] for i in rows), default=np.nan)

    def others(self, member):
        group = member[self.place]
        where = self.visits.place
        return [
            i
            for i in self.done
            if group >= 0 and member[where[i]] == group != -1 and where[i] != self.place
        ]

    def history(self):
        visits, own = self.visits, self.own
        smoothed = (sum(visits.critical[i] for i in own) + 3 * self.average) / (len(own) + 3)
        return {
            "visits": len(own),
            "points_180d": self.sum_of(visits.points, own, 180),
            "minor_730d": self.sum_of(visits.minor, own, 730),
            "serious_180d": self.sum_of(visits.serious, own, 180),
            "critical_730d": self.sum_of(visits.critical, own, 730),
            "smoothed_rate_ever": smoothed,
            "last_points": visits.points[own[-1]] if own else np.nan,
            "last_critical": visits.criticals[own[-1]] if own else np.nan,
            "before_last_points": visits.points[own[-2]] if len(own) > 1 else np.nan,
            "days_since_visit": self.since(own),
            "days_since_critical": self.since([i for i in own if visits.critical[i]]),
            "category_pests": self.sum_of(visits.categories[:, 6], own, 730),
            "average_rate": self.average,
        }

    def residual(self):
        visits, own, expected = self.visits, self.own, self.source.expected
        recent = self.sum_of(visits.points, own, 365) + 3 * self.average_points
        usual = self.sum_of(expected.points, own, 365) + 3 * self.average_points
        residual = visits.critical - expected.rate
        return {
            "adjusted_ratio_365d": recent / usual,
            "residual_points_730d": self.sum_of(visits.points - expected.points, own, 730),
            "last_residual": residual[own[-1]] if own else np.nan,
            "before_last_residual": residual[own[-2]] if len(own) > 1 else np.nan,
        }

    def follow_up(self):
        visits, mine = self.visits, self.mine
        looked = [i for i in mine if visits.reinspection[i]]
        came = [i for i in mine if visits.complaint[i]]
        last = max((visits.day[i] for i in self.own), default=np.inf)
        settled = any(visits.day[i] > last for i in looked)
        found = 0.0
        if self.own and not settled:
            found = visits.criticals[self.own[-1]] + visits.serious[self.own[-1]]
        return {
            "contacts_180d": self.count_of([i for i in mine if not visits.routine[i]], 180),
            "reinspections_730d": self.count_of(looked, 730),
            "complaint_visits_730d": self.count_of(came, 730),
            "no_access_730d": self.count_of([i for i in mine if visits.no_access[i]], 730),
            "open_findings": found,
            "overdue_findings": found if self.as_of / MS_PER_DAY - last > 30 else 0.0,
            "days_since_complaint_visit": self.since(came),
        }

    def complaints(self):
        told = self.facts.complaints
        rows = [
            i
            for i in range(told.place.size)
            if told.place[i] == self.place and told.known_ms[i] < self.as_of and told.counted[i]
        ]
        points = dict.fromkeys((True, False), 0.0)
        for i in rows:
            points[bool(told.verified[i])] += self.halved(told.day[i], 180) * told.points[i]
        return {
            "complaints_verified_180d": points[True],
            "complaints_unverified_180d": min(points[False], 5.0),
        }

    def around(self):
        visits, expected, result = self.visits, self.source.expected, {}
        for name, member in zip(AROUND, self.source.memberships, strict=True):
            others = self.others(member)
            critical = self.sum_of(visits.critical, others, 730)
            weight = self.count_of(others, 730)
            strict = self.sum_of(expected.rate, others, 180) + 3 * self.average
            result |= {
                f"{name}_visits": weight,
                f"{name}_rate": (critical + 20 * self.average) / (weight + 20),
                f"{name}_observed_over_expected": (critical + 3)
                / (self.sum_of(expected.rate, others, 730) + 3),
                f"{name}_strictness": strict / (self.count_of(others, 180) + 3),
            }
        return result

    def all(self):
        parts = (self.history(), self.residual(), self.follow_up(), self.complaints())
        return {name: value for part in (*parts, self.around()) for name, value in part.items()}


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


@pytest.fixture(scope="session")
def naive():
    """Give the slow and obvious way to compute features of a place as of a moment."""

    def compute(source, place, as_of):
        return Naive(source, place, as_of).all()

    return compute
