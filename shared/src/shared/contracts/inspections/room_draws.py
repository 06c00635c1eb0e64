"""Draws of rooms: which rooms a visit sees, by a rule that anybody can repeat."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Label, Output


class DrawReason(StrEnum):
    """Why a room stands where it does in a draw."""

    open_finding = "open_finding"
    never_seen = "never_seen"
    at_random = "at_random"


class DrawnRoom(Output):
    """A room in the order of the draw."""

    number: int
    room: str | None = Field(description="Null for a room the record cannot name.")
    ordinal: int | None = Field(
        description="Counts, in the order of the doors, the rooms the record cannot name."
    )
    to_see: bool = Field(description="False for those that may stand in for another one.")
    why: DrawReason
    last_seen_on: date | None


class RoomDraw(Output):
    """The rooms drawn for a visit.

    Rooms with something wrong come first, the worst before the others, then those never seen,
    then the rest; within a step by SHA-256 of `seed:room`, where `room` is the label, or `#` and
    the ordinal.
    """

    visit_id: UUID
    accommodation_id: UUID
    method: str = Field(description="Name of the rule.")
    seed: str
    rooms_total: int
    size: int = Field(description="Rooms to see.")
    size_source: Label
    chance_of_a_bad_one: float = Field(
        description="Probability that a random sample of this size holds a bad room where one in "
        "five is bad (hypergeometric)."
    )
    drawn_at: datetime
    rooms: list[DrawnRoom]
