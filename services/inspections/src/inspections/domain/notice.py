"""What a notice to an operator may say: his anomalies, what they break, and no more.

A room is somebody's home: its number stands in a notice only where the repair needs it.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from inspections.domain.anomaly import UNDONE, AnomalyState, Responsibility
from inspections.domain.calendar import local_day
from inspections.domain.checklist import Scope

# Categories whose repair somebody must come into the room for.
REPAIRED_IN_THE_ROOM = frozenset(
    {"pests", "damp_mould", "heating_water", "electrical", "fire_safety", "structure"}
)
COLUMNS = (
    "name",
    "text_fr",
    "text_en",
    "items",
    "in_force_from",
    "in_force_until",
    "annulled_on",
    "source",
)


class LawError(ValueError):
    """A list of law that cannot be used; the message names the line."""


@dataclass(frozen=True, slots=True)
class Noted:
    """An anomaly as a notice could name it."""

    anomaly_id: UUID
    item: str
    category: str
    scope: Scope
    room: str | None
    severity: int
    critical: bool
    responsibility: Responsibility
    state: AnomalyState
    first_seen_at: datetime
    last_seen_at: datetime
    due_at: datetime
    is_repeat: bool

    @property
    def printable(self) -> bool:
        """Tell whether it may be notified: the operator's, undone, and not between people."""
        return (
            self.responsibility == Responsibility.operator
            and self.state in UNDONE
            and self.scope != Scope.relation
        )

    @property
    def shown_room(self) -> str | None:
        """The room, where the repair needs it."""
        return self.room if self.category in REPAIRED_IN_THE_ROOM else None


@dataclass(frozen=True, slots=True)
class Rule:
    """A text that items break, of the law or of a charter.

    What a court annulled is taken never to have been: a notice written since cites it no more.
    """

    name: str
    text_fr: str
    text_en: str
    items: frozenset[str]
    in_force_from: date
    in_force_until: date | None = None
    annulled_on: date | None = None

    def binds(self, item: str, seen_on: date, written_on: date) -> bool:
        """Tell whether a notice written one day may cite it for an item seen another."""
        return (
            item in self.items
            and self.in_force_from <= seen_on
            and (self.in_force_until is None or seen_on < self.in_force_until)
            and (self.annulled_on is None or written_on < self.annulled_on)
        )


@dataclass(frozen=True, slots=True)
class Paragraph:
    """What a notice says of one item: where, how bad, since when, by when, against what.

    `other_rooms` counts rooms whose number is not for the operator's letter box.
    """

    item: str
    category: str
    rooms: tuple[str, ...]
    other_rooms: int
    severity: int
    critical: bool
    is_repeat: bool
    first_seen_on: date
    last_seen_on: date
    due_at: datetime
    rules: tuple[Rule, ...]
    anomaly_ids: tuple[UUID, ...]


def paragraphs(
    noted: Iterable[Noted], rules: Sequence[Rule], written_on: date
) -> tuple[Paragraph, ...]:
    """Write what may be notified, one paragraph an item, dangers and the worst first."""
    by_item: dict[str, list[Noted]] = {}
    for it in noted:
        if it.printable:
            by_item.setdefault(it.item, []).append(it)
    found = [_paragraph(its, rules, written_on) for its in by_item.values()]
    return tuple(sorted(found, key=lambda it: (not it.critical, -it.severity, it.item)))


def _paragraph(its: Sequence[Noted], rules: Sequence[Rule], written_on: date) -> Paragraph:
    first = its[0]
    seen_on = local_day(max(it.last_seen_at for it in its))
    shown = sorted(it.shown_room for it in its if it.shown_room is not None)
    return Paragraph(
        item=first.item,
        category=first.category,
        rooms=tuple(shown),
        other_rooms=sum(it.room is not None for it in its) - len(shown),
        severity=max(it.severity for it in its),
        critical=any(it.critical for it in its),
        is_repeat=any(it.is_repeat for it in its),
        first_seen_on=local_day(min(it.first_seen_at for it in its)),
        last_seen_on=seen_on,
        due_at=min(it.due_at for it in its),
        rules=tuple(rule for rule in rules if rule.binds(first.item, seen_on, written_on)),
        anomaly_ids=tuple(it.anomaly_id for it in its),
    )


def parse_law(text: str) -> tuple[Rule, ...]:
    """Read rules of the law from comma-separated text whose header is `COLUMNS`.

    Raises
    ------
    LawError : when a column is missing or a day is none, naming the line
    """
    reader = csv.DictReader(io.StringIO(text))
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise LawError(f"line 1: the columns must be {', '.join(COLUMNS)}")
    rules = []
    for row in reader:
        try:
            rules.append(
                Rule(
                    name=row["name"],
                    text_fr=row["text_fr"],
                    text_en=row["text_en"],
                    items=frozenset(row["items"].split()),
                    in_force_from=date.fromisoformat(row["in_force_from"]),
                    in_force_until=_day(row["in_force_until"]),
                    annulled_on=_day(row["annulled_on"]),
                )
            )
        except ValueError as error:
            raise LawError(f"line {reader.line_num}: {error}") from error
    return tuple(rules)


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
