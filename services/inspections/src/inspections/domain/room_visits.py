"""What became of the rooms of a visit: seen, or not and why, and what stood in for what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum


class RoomOutcome(StrEnum):
    """What became of a room. A household that refuses or is away is within its rights."""

    seen = "seen"
    household_refused = "household_refused"
    household_absent = "household_absent"
    out_of_use = "out_of_use"
    not_reached = "not_reached"


class RoomError(ValueError):
    """A room that cannot have been visited so; `position` counts from 0 in the rooms."""

    def __init__(self, position: int, field: str, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True)
class RoomVisit:
    """A room of a visit.

    `drawn` is its number in the draw, from 1; `instead_of` that of the room it stands in for,
    with the reason.
    """

    room: str
    outcome: RoomOutcome = RoomOutcome.seen
    drawn: int | None = None
    instead_of: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Draw:
    """The rooms drawn for a visit: labels in the order of the draw, None where it named none.

    The first `size` are to be seen; the others may stand in for them.
    """

    order: Sequence[str | None]
    size: int


def settle_rooms(visited: Sequence[RoomVisit], draw: Draw | None) -> list[RoomVisit]:
    """Check the rooms of a visit against its draw, and number those known by their label.

    Without a draw any room may be seen.

    Raises
    ------
    RoomError : a room given twice, one that was not to be seen and has no reason, a wrong number
    """
    _refuse_repeats(visited)
    if draw is None:
        return [_without_draw(n, it) for n, it in enumerate(visited)]
    numbers = {label: number for number, label in enumerate(draw.order, 1) if label is not None}
    return [_against(n, it, draw, numbers) for n, it in enumerate(visited)]


def _refuse_repeats(visited: Sequence[RoomVisit]) -> None:
    for field in ("room", "drawn"):
        first: dict[object, int] = {}
        for n, it in enumerate(visited):
            value = getattr(it, field)
            if value is not None and first.setdefault(value, n) != n:
                raise RoomError(n, field, f"is that of room {first[value]} of the list too")


def _without_draw(n: int, it: RoomVisit) -> RoomVisit:
    for field in ("drawn", "instead_of"):
        if getattr(it, field) is not None:
            raise RoomError(n, field, "no rooms were drawn for this visit; leave it out")
    return it


def _against(n: int, it: RoomVisit, draw: Draw, numbers: Mapping[str, int]) -> RoomVisit:
    _check_numbers(n, it, draw)
    number = it.drawn or numbers.get(it.room)
    if it.reason is None and it.instead_of is not None:
        raise RoomError(n, "reason", "say why this room stands in for another one")
    surprising = number is None or number > draw.size
    if it.reason is None and surprising and it.outcome == RoomOutcome.seen:
        raise RoomError(n, "reason", "this room was not to be seen; say why it was")
    return replace(it, drawn=number)


def _check_numbers(n: int, it: RoomVisit, draw: Draw) -> None:
    for field in ("drawn", "instead_of"):
        number = getattr(it, field)
        if number is not None and not 1 <= number <= len(draw.order):
            raise RoomError(n, field, f"must be a number of the draw, 1 to {len(draw.order)}")
    if it.drawn is None:
        return
    label = draw.order[it.drawn - 1]
    if label is not None and label != it.room:
        raise RoomError(n, "drawn", f"room {it.drawn} of the draw is {label!r}, not {it.room!r}")
