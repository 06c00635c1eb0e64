"""Which rooms a visit sees: drawn on arrival, by a rule anybody can repeat.

Rooms stand in an order: those with something wrong first, the worst before the others, then those
never seen, then the rest. Within a step the order is that of SHA-256 of `seed:room`, in
hexadecimal. The first rooms are drawn, the others stand in for them, in this order.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

METHOD = "room-draw-1"
FEWEST_ROOMS = 3
ROOMS_PER_ROOT = 1.5
# What the source of the size is judged by: one room in five is bad.
BAD_SHARE = 0.2


class DrawReason(StrEnum):
    """Why a room stands where it does."""

    open_finding = "open_finding"
    never_seen = "never_seen"
    at_random = "at_random"


@dataclass(frozen=True, slots=True)
class RoomPast:
    """What the record knows of a room: when it was seen, and the worst that stands there now.

    `worst` is a severity, 0 when nothing is known to be wrong.
    """

    last_seen_on: date | None = None
    worst: int = 0
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """A room that may be drawn.

    `label` is None for a room the record cannot name: `ordinal` then counts the rooms that it
    cannot name, in the order of their doors.
    """

    label: str | None
    ordinal: int | None
    past: RoomPast

    @property
    def key(self) -> str:
        """Name the room in the draw."""
        return f"#{self.ordinal}" if self.label is None else self.label

    @property
    def why(self) -> DrawReason:
        """Why the room stands where it does."""
        if self.past.worst:
            return DrawReason.open_finding
        return DrawReason.never_seen if self.past.last_seen_on is None else DrawReason.at_random


def rooms_to_see(rooms: int) -> int:
    """Give the number of rooms to sample: a few at least, growing as the square root."""
    return min(rooms, max(FEWEST_ROOMS, math.ceil(math.sqrt(rooms) * ROOMS_PER_ROOT)))


def chance_of_a_bad_one(rooms: int, seen: int, bad_share: float = BAD_SHARE) -> float:
    """Give the probability that a random sample holds at least one bad room.

    The hypergeometric distribution, `bad_share` of the rooms (rounded up) being bad.
    """
    bad = math.ceil(rooms * bad_share)
    return 1.0 - math.comb(rooms - bad, seen) / math.comb(rooms, seen) if rooms else 0.0


def rooms_of(total: int, declared: Sequence[str], pasts: Mapping[str, RoomPast]) -> list[Room]:
    """List the rooms that may be drawn of a place that has `total`.

    Where the register declares no rooms, those the record has met are known by their labels.
    """
    labels = list(dict.fromkeys(declared or pasts))
    named = [Room(label, None, pasts.get(label, RoomPast())) for label in labels]
    unnamed = range(1, total - len(labels) + 1)
    return named + [Room(None, ordinal, RoomPast()) for ordinal in unnamed]


def ordered(rooms: Iterable[Room], seed: str) -> list[Room]:
    """Put rooms in the order of the draw."""
    steps = list(DrawReason)
    return sorted(
        rooms,
        key=lambda room: (
            steps.index(room.why),
            not room.past.critical,
            -room.past.worst,
            hashlib.sha256(f"{seed}:{room.key}".encode()).hexdigest(),
        ),
    )


def draw_size(rooms: Sequence[Room]) -> int:
    """Give how many rooms are drawn: the sample, and every room where a danger stands."""
    dangers = sum(room.past.critical for room in rooms)
    return max(rooms_to_see(len(rooms)), dangers)
