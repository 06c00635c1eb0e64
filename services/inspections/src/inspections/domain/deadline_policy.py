"""Named policies of how long putting an anomaly right may take, in French time."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from inspections.domain.calendar import LOCAL, local_day, public_holidays

CASES = ("danger", "4", "3", "2", "1")
# Days end a second before midnight: no clock change of Europe falls there.
END_OF_DAY = time(23, 59, 59)
SATURDAY = 6
LONGEST = 730


class DeadlinePolicyError(ValueError):
    """A policy that cannot be used; the message names it and what to change."""


class Unit(StrEnum):
    """What an allowance counts.

    Hours run on the clock whatever the season; days and working days end with the local day.
    """

    hours = "hours"
    days = "days"
    working_days = "working_days"


@dataclass(frozen=True, slots=True)
class Allowance:
    """So many of a unit; `to_working_day` moves an end on a closed day to the next open one."""

    amount: int
    unit: Unit
    to_working_day: bool = False

    def ends_at(self, begins_at: datetime, territory: str) -> datetime:
        """Give the moment, UTC, at which an allowance that begins at an aware moment ends."""
        if self.unit == Unit.hours:
            return begins_at.astimezone(UTC) + timedelta(hours=self.amount)
        day = self._last_day(local_day(begins_at), territory)
        return datetime.combine(day, END_OF_DAY, LOCAL).astimezone(UTC)

    def _last_day(self, begins_on: date, territory: str) -> date:
        if self.unit == Unit.working_days:
            days = working_days_after(begins_on, territory)
            return next(day for number, day in enumerate(days, 1) if number == self.amount)
        last = begins_on + timedelta(days=self.amount)
        if self.to_working_day:
            return next(working_days_after(last - timedelta(days=1), territory))
        return last


@dataclass(frozen=True, slots=True)
class DeadlinePolicy:
    """Allowances by case: a danger, else the severity from 4 to 1."""

    name: str
    label_fr: str
    label_en: str
    source: str
    allowances: Mapping[str, Allowance]

    def due_at(
        self, found_at: datetime, severity: int, *, critical: bool, territory: str
    ) -> datetime:
        """Give the moment, UTC, by which what was found must be put right."""
        case = "danger" if critical else str(severity)
        return self.allowances[case].ends_at(found_at, territory)


def working_days_after(day: date, territory: str) -> Iterator[date]:
    """Give the working days after `day`: Monday to Friday, the territory's holidays left out."""
    while True:
        day += timedelta(days=1)
        if day.isoweekday() < SATURDAY and day not in public_holidays(day.year, territory):
            yield day


def parse_policies(text: str) -> dict[str, DeadlinePolicy]:
    """Read policies from JSON: a list of objects with name, labels, source and allowances.

    Raises
    ------
    DeadlinePolicyError : when a policy lacks a case or an allowance cannot be, naming it
    """
    policies = [_policy(it) for it in json.loads(text)]
    found = {it.name: it for it in policies}
    if len(found) != len(policies):
        raise DeadlinePolicyError("two policies have the same name; rename one")
    return found


def _policy(it: Mapping[str, object]) -> DeadlinePolicy:
    name, allowances = str(it.get("name", "")), it.get("allowances")
    if not isinstance(allowances, dict) or set(allowances) != set(CASES):
        raise DeadlinePolicyError(f"policy {name!r} must say how long for {', '.join(CASES)}")
    return DeadlinePolicy(
        name=name,
        label_fr=str(it["label_fr"]),
        label_en=str(it["label_en"]),
        source=str(it["source"]),
        allowances={case: _allowance(name, case, allowances[case]) for case in CASES},
    )


def _allowance(name: str, case: str, it: Mapping[str, object]) -> Allowance:
    amount, unit = it.get("amount"), it.get("unit")
    if not isinstance(amount, int) or not 0 < amount <= LONGEST or unit not in set(Unit):
        raise DeadlinePolicyError(
            f"policy {name!r}, {case}: give an amount from 1 to {LONGEST} of {', '.join(Unit)}"
        )
    return Allowance(amount, Unit(str(unit)), bool(it.get("to_working_day", False)))
