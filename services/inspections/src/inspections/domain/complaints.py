"""What becomes of complaints: their states, their doubles, and how long their author is known."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from rapidfuzz import fuzz, utils

RECEIVED, TRIAGED, CLOSED = "received", "triaged", "closed"
VERIFIED, UNFOUNDED = "verified", "unfounded"
# A complaint as severe as this tells of a danger.
SEVERE = 4
CODE = re.compile(r"[a-z][a-z0-9_]{1,59}")
# Trouble told of again within so many days is likely the same; ours, to be calibrated.
DOUBLE_DAYS = 30
SAME_ITEM, SAME_CATEGORY, SAME_ROOM = 0.5, 0.25, 0.2
LIKELY = 0.4
# Of two texts, in percent; below it they share no more than the words everybody uses.
ALIKE = 60.0


@dataclass(frozen=True, slots=True)
class Told:
    """What a complaint tells, for comparing."""

    id: UUID
    category: str | None
    item: str | None
    room: str | None
    text: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Double:
    """A complaint that may be of the same trouble, and how likely, 0 to 1."""

    id: UUID
    likeness: float


def is_danger(severity: int, verdict: str | None) -> bool:
    """Tell whether somebody must answer for what a complaint tells, as far as it is judged."""
    return severity >= SEVERE and verdict != UNFOUNDED


def what_it_is(*told: str | None) -> str:
    """Name what a complaint is about by the first of its words that is a code, not free text."""
    codes = (it for it in told if it is not None and CODE.fullmatch(it))
    return next(codes, "complaint")


def likely_doubles(one: Told, others: Iterable[Told]) -> list[Double]:
    """Find the complaints of the same place that tell of the same trouble, likeliest first."""
    found = [Double(it.id, likeness(one, it)) for it in others if it.id != one.id]
    return sorted(
        (it for it in found if it.likeness >= LIKELY), key=lambda it: (-it.likeness, str(it.id))
    )


def likeness(one: Told, other: Told) -> float:
    """Tell how likely two complaints of a place are of the same trouble, 0 to 1."""
    if abs(one.occurred_at - other.occurred_at) > timedelta(days=DOUBLE_DAYS):
        return 0.0
    if _differ(one.item, other.item) or _differ(one.room, other.room):
        return 0.0
    same = (
        SAME_ITEM * _equal(one.item, other.item)
        + SAME_CATEGORY * _equal(one.category, other.category)
        + SAME_ROOM * _equal(one.room, other.room)
    )
    alike = fuzz.token_set_ratio(one.text, other.text, processor=utils.default_process)
    return round(min(1.0, same + max(0.0, alike - ALIKE) / (100 - ALIKE) * LIKELY), 2)


def known_until(
    received_on: date, closed_on: date | None, *, open_days: int, closed_days: int
) -> date:
    """Give the day on which the author's contact is purged.

    So many days after the complaint was closed, and at the latest so many after it came.
    """
    latest = received_on + timedelta(days=open_days)
    if closed_on is None:
        return latest
    return min(latest, closed_on + timedelta(days=closed_days))


def _equal(one: str | None, other: str | None) -> bool:
    return one is not None and one == other


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other
