"""What looks wrong with a form that was sent: reasons to look at it, never to refuse it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

Answers = Mapping[tuple[str, str | None], object]

# Fewer answers may well be alike, or all good; defaults to be calibrated.
ENOUGH = 10
# Nobody sees a room in less, nor stays longer.
SHORTEST_OF_A_ROOM = timedelta(minutes=1)
LONGEST = timedelta(hours=12)


class FlagCode(StrEnum):
    """What looks wrong."""

    all_good = "all_good"
    copy_of_last = "copy_of_last"
    impossible_times = "impossible_times"
    two_places_at_once = "two_places_at_once"
    out_of_range = "out_of_range"
    doubled_photo = "doubled_photo"


@dataclass(frozen=True, slots=True)
class Flag:
    """A reason to look at a form, in words."""

    code: FlagCode
    detail: str


@dataclass(frozen=True, slots=True)
class Submission:
    """A form as it was sent, beside what is known: the last one's answers, the register's rooms.

    `elsewhere` says that one of its team was at another place meanwhile.
    """

    answers: Answers
    last_answers: Answers | None
    started_at: datetime | None
    ended_at: datetime | None
    rooms_seen: int
    rooms_known: int
    elsewhere: bool


def flags_of(it: Submission) -> tuple[Flag, ...]:
    """Tell what looks wrong with a form."""
    return tuple(_flags(it))


def _flags(it: Submission) -> Iterable[Flag]:
    values = list(it.answers.values())
    if len(values) >= ENOUGH and all(value == 0 for value in values):
        yield Flag(FlagCode.all_good, f"all {len(values)} answers are 0: nothing at all was wrong")
    elif len(values) >= ENOUGH and it.answers == it.last_answers:
        yield Flag(FlagCode.copy_of_last, "every answer is the one of the inspection before")
    yield from _of_times(it)
    if it.elsewhere:
        yield Flag(FlagCode.two_places_at_once, "one of the team was at another place meanwhile")
    rooms = {room for _, room in it.answers if room is not None}
    seen = max(it.rooms_seen, len(rooms))
    if seen > it.rooms_known:
        yield Flag(FlagCode.out_of_range, f"{seen} rooms seen of the {it.rooms_known} it has")


def _of_times(it: Submission) -> Iterable[Flag]:
    if it.started_at is None or it.ended_at is None:
        return
    took = it.ended_at - it.started_at
    minutes = int(took.total_seconds()) // 60
    if took > LONGEST:
        yield Flag(FlagCode.impossible_times, f"it took {minutes // 60} hours")
    elif took < SHORTEST_OF_A_ROOM * max(it.rooms_seen, 1):
        yield Flag(
            FlagCode.impossible_times, f"it took {minutes} minutes for {it.rooms_seen} rooms"
        )
