"""The history prepared for reading: running sums, built once and read as of any moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from scoring.domain.expectation import Averages, Expected, averages_of, expected_of
from scoring.domain.facts import Facts, Signal
from scoring.domain.history import BoolArray, FloatArray, IntArray
from scoring.domain.ledger import FOREVER, Amounts, Ledger, Trail, ledger_of, trail_of
from scoring.domain.neighbourhood import cells_of
from scoring.domain.totals import Latest, Totals, grouped, kept_until, latest_of, totals_of

OWN_HALF_LIVES: Final = (FOREVER, 180.0, 365.0, 730.0, 1500.0)
CONTACT_HALF_LIVES: Final = (180.0, 730.0)
COMPLAINT_HALF_LIVES: Final = (180.0, 730.0)
AROUND_HALF_LIFE: Final = 730.0
# Inspectors change districts: how strict those around were is remembered half a year.
STRICT_HALF_LIFE: Final = 180.0
AROUND: Final = ("kind", "operator", "cell_8", "cell_7")
AMOUNTS: Final = ("visits", "critical", "points", "serious", "minor", "expected", "expected_points")
VISITS, CRITICAL, POINTS, SERIOUS, MINOR, EXPECTED, EXPECTED_POINTS = range(7)


@dataclass(frozen=True, slots=True)
class FeatureSource:
    """Ledgers and trails of one history.

    With `only_ms` they can be read at that one moment alone, which takes a tenth of the memory.
    """

    facts: Facts
    averages: Averages
    expected: Expected
    own: Ledger | Totals
    categories: Ledger | Totals
    contacts: Ledger | Totals
    verified: Ledger | Totals
    unverified: Ledger | Totals
    trail: Trail | Latest
    contact_trail: Trail | Latest
    memberships: tuple[IntArray, ...]
    around: tuple[Ledger | Totals, ...]
    signals: tuple[Trail | Latest, ...]


@dataclass(frozen=True, slots=True)
class _Builder:
    facts: Facts
    only_ms: int | None

    def visits(
        self, keys: IntArray, amounts: Amounts, half_lives: tuple[float, ...]
    ) -> Ledger | Totals:
        visits = self.facts.visits
        return self._sums((keys, visits.known_ms, visits.day), amounts, half_lives)

    def complaints(self, *, verified: bool) -> Ledger | Totals:
        told = self.facts.complaints
        kept = told.counted & (told.verified == verified)
        keys = np.where(kept, told.place, -1)
        return self._sums((keys, told.known_ms, told.day), [told.points], COMPLAINT_HALF_LIVES)

    def _sums(
        self,
        entries: tuple[IntArray, IntArray, FloatArray],
        amounts: Amounts,
        half_lives: tuple[float, ...],
    ) -> Ledger | Totals:
        keys, known_ms, day = entries
        if self.only_ms is None:
            return ledger_of(keys, known_ms, day=day, amounts=amounts, half_lives=half_lives)
        kept = kept_until(keys, known_ms, self.only_ms)
        size = self.facts.places.ids.size
        return totals_of(kept, day=day, amounts=amounts, half_lives=half_lives, size=size)

    def around(
        self, member: IntArray, own: Ledger | Totals, done: IntArray, found: Amounts
    ) -> Ledger | Totals:
        half_lives = (AROUND_HALF_LIFE, STRICT_HALF_LIFE)
        # A place never changes its group, so at one moment its sums are all that is to be added.
        if isinstance(own, Totals):
            return grouped(own, member, half_lives)
        return self.visits(_member_keys(member, done), found, half_lives)

    def trail(
        self, keys: IntArray, values: Sequence[FloatArray], flags: Sequence[BoolArray]
    ) -> Trail | Latest:
        known_ms, day = self.facts.visits.known_ms, self.facts.visits.day
        if self.only_ms is None:
            return trail_of(keys, known_ms, values=values, day=day, flags=flags)
        kept = kept_until(keys, known_ms, self.only_ms)
        size = self.facts.places.ids.size
        return latest_of(kept, values=values, day=day, flags=flags, size=size)

    def signal(self, signal: Signal) -> Trail | Latest:
        values, day = [signal.value], signal.value
        if self.only_ms is None:
            return trail_of(signal.key, signal.known_ms, values=values, day=day, flags=())
        kept = kept_until(signal.key, signal.known_ms, self.only_ms)
        size = int(signal.key.max(initial=-1)) + 1
        return latest_of(kept, values=values, day=day, flags=(), size=size)


def prepare(facts: Facts, only_ms: int | None = None) -> FeatureSource:
    """Sort the history into running sums; with `only_ms`, add it up as of that moment."""
    visits, places = facts.visits, facts.places
    averages = averages_of(facts)
    usual = averages.read(visits.known_ms)
    if only_ms is not None:
        averages = averages.until(only_ms)
    expected = expected_of(facts, usual)
    build = _Builder(facts, only_ms)
    done = np.where(visits.done, visits.place, -1).astype(np.int64)
    found = _found(facts, expected)
    memberships = (places.kind, places.operator, *cells_of(places.lon, places.lat))
    own = build.visits(done, found, OWN_HALF_LIVES)
    around = tuple(build.around(member, own, done, found) for member in memberships)
    # Of millions of visits these are hundreds of megabytes.
    del found
    return FeatureSource(
        facts=facts,
        averages=averages,
        expected=expected,
        own=own,
        categories=build.visits(done, list(visits.categories.T), (AROUND_HALF_LIFE,)),
        contacts=build.visits(visits.place, _contacts(facts), CONTACT_HALF_LIVES),
        verified=build.complaints(verified=True),
        unverified=build.complaints(verified=False),
        trail=_found_trail(build, done, expected),
        contact_trail=_contact_trail(build),
        memberships=memberships,
        around=around,
        signals=tuple(build.signal(signal) for signal in facts.signals),
    )


def _found(facts: Facts, expected: Expected) -> tuple[FloatArray, ...]:
    """Give what each visit adds to a sum, in the order of `AMOUNTS`."""
    visits = facts.visits
    return (
        np.ones(visits.place.size),
        visits.critical,
        visits.points,
        visits.serious,
        visits.minor,
        expected.rate,
        expected.points,
    )


def _contacts(facts: Facts) -> tuple[BoolArray, ...]:
    visits = facts.visits
    any_other = ~visits.routine
    return any_other, visits.reinspection, visits.complaint, visits.no_access


def _member_keys(member: IntArray, done: IntArray) -> IntArray:
    return np.where(done >= 0, member[np.maximum(done, 0)], -1).astype(np.int64)


def _found_trail(build: _Builder, done: IntArray, expected: Expected) -> Trail | Latest:
    visits = build.facts.visits
    values = (
        visits.points,
        visits.criticals,
        visits.serious,
        visits.critical - expected.rate,
        visits.points - expected.points,
    )
    severe = visits.criticals + visits.serious > 0
    flags = (np.ones(done.size, dtype=np.bool_), visits.criticals > 0, severe)
    return build.trail(done, values, flags)


def _contact_trail(build: _Builder) -> Trail | Latest:
    visits = build.facts.visits
    flags = (~visits.routine, visits.reinspection, visits.complaint)
    return build.trail(visits.place, (), flags)
